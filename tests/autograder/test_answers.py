"""Finding answers in notebooks that went through many hands."""

import json

import pytest

from autograder.answers import Unreadable, find_answer, find_answers
from autograder.notebooks import read_cells
from srkit.exercises import EXERCISES
from tests.autograder._grading import SETUP, notebook, solution

F_OF_X = "def f(x):\n    return x + 1"


def run(data, name="f"):
    """Run what was found for a name, and nothing else; return what it defines."""
    answer = find_answer(read_cells(data), name)
    assert answer.pieces, answer.problem
    space = {"__name__": "__main__"}
    for label, code in answer.pieces:
        exec(compile(code, label, "exec"), space)
    return space[name]


def test_only_what_the_answer_needs_is_taken():
    data = notebook(
        "import os\nimport math\nraise SystemExit", "A = 2\nB = 1 / 0", "def f(x):\n    return x + A + math.pi"
    )
    source = find_answers(data, ["f"])["f"]
    assert "A = 2" in source
    assert "import math" in source
    assert "os" not in source.replace("cos", "")
    assert "B" not in source
    assert "raise" not in source


def test_cells_may_come_in_any_order_and_be_split():
    data = notebook(
        "def f(x):\n    return g(x) * K",
        "@twice\ndef g(x):\n    return x",
        "K = 3",
        "def twice(h):\n    return lambda x: 2 * h(x)",
    )
    assert run(data)(1) == 6


def test_a_class_may_get_its_methods_in_other_cells():
    data = notebook(
        "class Net:\n    pass",
        "def forward(self, x):\n    return x + 1\n\nNet.forward = forward",
        "def f(x):\n    return Net().forward(x)",
    )
    assert run(data)(1) == 2


def test_the_last_written_definition_counts_and_a_stub_never_does():
    stub = "def f(x):\n    'Add one.'\n    raise NotImplementedError('yours')"
    assert run(notebook("def f(x):\n    return 0", F_OF_X, stub))(1) == 2
    assert run(notebook(stub, stub, F_OF_X))(1) == 2
    assert find_answer(read_cells(notebook(stub)), "f").pieces


def test_what_changes_a_name_below_is_taken_and_what_only_uses_it_is_not():
    uses = [
        "f(1).add_(boom)",
        "net = f(2).eval()",
        "boom.append(f)",
        "boom.update(f(3))",
        "print(t, t.get(1).x)",
        "f(t)",
    ]
    changes = [
        "t = {}",
        "t.setdefault(1, []).append(2)",
        "for n in (3, 4):\n    t[1].append(n)",
        "if t:\n    t[1].pop()",
    ]
    data = notebook(*changes, "def f(x):\n    return t[1]", *uses, "boom = 1 / 0")
    assert run(data)(0) == [2, 3]
    assert "boom" not in find_answers(data, ["f"])["f"]
    assert run(notebook("t[1] = 2", "def f(x):\n    return t", "t = {}"))(0) == {1: 2}, "cells in another order"


def test_an_answer_may_be_bound_by_assignment_import_or_under_a_condition():
    for cell in (
        "f = lambda x: x + 1",
        "g = lambda x: x + 1\nf = g",
        "if True:\n    def f(x):\n        return x + 1",
        "from operator import pos as f",
        "f: object = lambda x: x + 1",
        "a, f = 1, (lambda x: x + 1)",
    ):
        assert run(notebook(cell))(1) in (1, 2)


def test_demonstrations_are_left_out_but_their_helpers_can_be_used():
    cells = json.loads(notebook("def helper(x):\n    return x\n\nboom = 1 / 0", "def f(x):\n    return helper(x) + 1"))
    cells["cells"][0]["metadata"] = {"tags": ["demo"]}
    assert run(json.dumps(cells).encode())(1) == 2


def test_recursion_and_circles_come_to_an_end():
    data = notebook("def f(x):\n    return g(x - 1) if x else 1\n\ndef g(x):\n    return f(x)")
    assert run(data)(3) == 1


def test_magics_shell_lines_and_questions_are_taken_out_and_nothing_else():
    text = 'def f(x):\n    """\n    %kept\n    !kept\n    """\n    !echo\n    return f.__doc__'
    cell = "%matplotlib inline\n!pip install x\nfiles = !ls\nf?\n" + text
    assert "%kept" in run(notebook(cell))(1)
    assert "!kept" in run(notebook(cell))(1)
    assert run(notebook("%%time\n" + F_OF_X))(1) == 2
    assert not find_answers(notebook("%%writefile f.py\n" + F_OF_X), ["f"])


def test_line_numbers_are_those_of_the_cell():
    answer = find_answer(read_cells(notebook("a = 1\n\n\ndef f(x):\n    return x")), "f")
    assert answer.pieces[-1][0] == "cell 1"
    assert answer.pieces[-1][1].startswith("\n\n\ndef f")


def test_a_broken_cell_is_told_where_its_answer_should_be_and_harms_no_other():
    data = notebook("def f(x)\n    return x", "def g(x):\n    return x")
    broken = find_answer(read_cells(data), "f")
    assert broken.broken
    assert "SyntaxError" in broken.problem
    assert "cell 1" in broken.problem
    assert run(data, "g")(1) == 1


def variants():
    plain = json.loads(notebook(SETUP, F_OF_X))
    yield "bom", b"\xef\xbb\xbf" + json.dumps(plain).encode()
    yield "utf-16", json.dumps(plain).encode("utf-16")
    yield "crlf", json.dumps(plain, indent=1).replace("\n", "\r\n").replace("\\n", "\\r\\n").encode()
    yield (
        "lines",
        json.dumps(
            {**plain, "cells": [{**c, "source": c["source"].splitlines(keepends=True)} for c in plain["cells"]]}
        ).encode(),
    )
    yield (
        "no metadata",
        json.dumps({"cells": [{k: c[k] for k in ("cell_type", "source")} for c in plain["cells"]]}).encode(),
    )
    old = [
        {"cell_type": "code", "input": c["source"], "language": "python", "outputs": [], "prompt_number": 1}
        for c in plain["cells"]
    ]
    yield "nbformat 3", json.dumps({"worksheets": [{"cells": old}], "nbformat": 3}).encode()
    yield "duplicate ids", json.dumps({**plain, "cells": [{**c, "id": "same"} for c in plain["cells"]]}).encode()
    colab = {"colab": {"provenance": []}, "kernelspec": {"name": "python3"}, "accelerator": "GPU"}
    yield (
        "colab",
        json.dumps(
            {
                **plain,
                "metadata": colab,
                "cells": [{**c, "metadata": {"id": "aZ9", "colab": {}}} for c in plain["cells"]],
            }
        ).encode(),
    )
    vscode = [{**c, "metadata": {"vscode": {"languageId": "python"}}} for c in plain["cells"]]
    yield "vscode", json.dumps({**plain, "cells": [{"cell_type": "markdown", "source": []}, *vscode]}).encode()
    yield (
        "strange cells",
        json.dumps(
            {
                **plain,
                "cells": [
                    None,
                    3,
                    {"cell_type": "code"},
                    {"cell_type": "code", "source": 7, "metadata": 3},
                    *plain["cells"],
                ],
            }
        ).encode(),
    )
    yield "indented", notebook("    def f(x):\n        return x + 1")


@pytest.mark.parametrize("data", [pytest.param(data, id=name) for name, data in variants()])
def test_the_answer_is_found_whatever_program_saved_the_notebook(data):
    assert run(data)(1) == 2


@pytest.mark.parametrize(
    ("data", "told"),
    [
        (b"", "empty"),
        (b"PK\x03\x04", "archive"),
        (b"<html></html>", "HTML"),
        (b"{", "cut off"),
        (b"[]", "no notebook"),
        (b'{"a": 1}', "no cells"),
        (b"[" * 100_000, "no notebook"),
        (b"\xff" * 50, "no notebook"),
    ],
)
def test_what_is_no_notebook_is_refused_with_the_reason(data, told):
    with pytest.raises(Unreadable, match=told):
        read_cells(data)


def test_every_answer_of_the_lesson_is_found_under_its_name():
    asked = {name: EXERCISES.get(name).answer for name in EXERCISES if EXERCISES.get(name).lesson == 11}
    found = find_answers(notebook(SETUP, *map(solution, asked)))
    assert set(found) == set(asked.values())
    assert "class A2001SR(nn.Module)" in found["A2001SR"]
    assert "from torch import nn" in found["A2001SR"]
