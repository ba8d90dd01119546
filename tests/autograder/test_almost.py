"""An answer that works in the notebook and that the grader does not see or take: one sentence says so."""

import numpy as np
import pytest
import torch

from autograder.answers import find_answer
from autograder.notebooks import read_cells
from srkit.exercises import check, grade
from srkit.exercises._beside import plain
from srkit.exercises._compare import difference
from srkit.exercises._model import Tolerance
from tests.autograder._grading import SETUP, grade_code, notebook, solution
from tools.press import ROOT

ALMOST = {
    "exec('def tv_loss(sr):\\n    return sr.mean()')": "exec() or globals()",
    "def f(sr): return sr\nglobals()['tv_loss'] = f": "exec() or globals()",
    "import sys\nsetattr(sys.modules['__main__'], 'tv_loss', abs)": "exec() or globals()",
    "def tv_l\u043ess(sr): return sr.mean()": "letters that only look like",
    "%%writefile tv.py\ndef tv_loss(sr): return sr.mean()": "cell magic",
    "def tvLoss(sr): return sr.mean()": "defines `tvLoss`",
    "%run my_answers.py": "runs another file",
    "x = 1": "was its cell deleted",
}


@pytest.mark.parametrize("code", ALMOST)
def test_what_was_meant_is_said_where_an_answer_is_not_found(code):
    told = find_answer(read_cells(notebook("import torch", code)), "tv_loss").problem
    assert "There is no `tv_loss`" in told
    assert ALMOST[code] in told


def test_an_answer_that_is_there_has_no_hint():
    assert not find_answer(read_cells(notebook("exec('1')", "def tv_loss(sr): return sr")), "tv_loss").problem


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        (lambda value: torch.nn.Parameter(value.detach()), "No gradient reaches the input"),
        (lambda value: torch.tensor(value.item()), "cuts the graph"),
        (lambda value: value.double(), ".to(torch.float32)"),
    ],
)
def test_a_right_value_in_a_type_that_is_not_taken_is_told_what_to_change(change, sentence):
    space: dict = {}
    exec(SETUP, space)
    exec(solution("tv_loss"), space)
    given = grade("tv_loss", lambda sr: change(space["tv_loss"](sr)))
    assert any(sentence in finding.message for finding in given.findings)


def test_the_check_says_where_the_grader_would_not_see_an_answer():
    space: dict = {}
    exec(compile(SETUP + "\n" + solution("tv_loss"), "<cell 3>", "exec"), space)
    assert "will not see" not in str(check("tv_loss", space["tv_loss"]))
    exec(SETUP + "\n" + solution("tv_loss"), space)
    assert "will not see this answer" in str(check("tv_loss", space["tv_loss"]))


def test_an_answer_in_a_text_cell_is_told_to_be_made_code():
    for kind in ("markdown", "raw"):
        cells = [{"cell_type": kind, "metadata": {}, "source": ["```python\n", "def tv_loss(sr):\n"]}]
        told = find_answer(read_cells(notebook(cells=cells)), "tv_loss").problem
        assert "a text cell holds `tv_loss`. Make it a code cell" in told


UP = "image.repeat_interleave(scale, -2).repeat_interleave(scale, -1)"
DEF = f"def nearest(image, scale):\n    return {UP}"
TAKEN = {  # what docs/INSTRUCTOR.md says is graded as it is
    "a lambda": [f"nearest = lambda image, scale: {UP}"],
    "another name for a function": [f"def up(image, scale):\n    return {UP}", "nearest = up"],
    "an object that can be called": [
        f"class Up:\n    def __call__(self, image, scale):\n        return {UP}",
        "nearest = Up()",
    ],
    "a static method": [
        f"class Up:\n    @staticmethod\n    def go(image, scale):\n        return {UP}",
        "nearest = Up.go",
    ],
    "a partial": [
        f"from functools import partial\ndef up(image, scale, mode):\n    return {UP}",
        "nearest = partial(up, mode=0)",
    ],
    "a decorator of the student's own": [
        "import functools\ndef same(f):\n    @functools.wraps(f)\n    def g(*a):\n        return f(*a)\n    return g",
        f"@same\n{DEF}",
    ],
    "torch.no_grad": [f"@torch.no_grad()\n{DEF}"],
    "torch.compile": [f"@torch.compile\n{DEF}"],
    "torch.jit.script": [f"@torch.jit.script\n{DEF.replace('image, scale', 'image, scale: int')}"],
    "%%time above it": [f"%%time\n{DEF}"],
    "%%capture above it": [f"%%capture\n{DEF}"],
    "within if": [f"if True:\n    def nearest(image, scale):\n        return {UP}"],
    "a helper in a later cell": [DEF.replace(UP, "up(image, scale)"), f"def up(image, scale):\n    return {UP}"],
    "the stub again, below it": [DEF, "def nearest(image, scale):\n    raise NotImplementedError('yours')"],
    "deleted at the end": [DEF, "del nearest"],
    "a result that requires a gradient": [f"{DEF}.requires_grad_()"],
    "wrapped below its definition": [DEF, "nearest = torch.no_grad()(nearest)\nnearest = torch.no_grad()(nearest)"],
    "a class that extends one of its own name": [
        "class Up:\n    def up(self, image, scale):\n        return " + UP,
        "class Up(Up):\n    __call__ = Up.up",
        "nearest = Up()",
    ],
    "its name used again for a result": [DEF, "nearest = nearest(torch.zeros(1, 2, 2), 2).mean()"],
    "its name used again in a loop": [DEF, "for nearest in range(3):\n    print(nearest)"],
    "a list or dict that later statements fill": [
        "axes, last = [0], {'axis': 0}\naxes.pop()",
        DEF.replace(UP, "image.repeat_interleave(scale, *axes).repeat_interleave(scale, **named)"),
        "named = {}\nnamed['dim'] = 0",
        "for axis in (-2,):\n    axes.append(axis)\nnamed.update(dim=last['axis'] - 1)",
    ],
    "a tensor or layer changed in place below": [
        "one, layer = torch.zeros(1), nn.Linear(1, 1, bias=False)",
        "one.fill_(1)\nnn.init.ones_(layer.weight)\nlayer.weight.requires_grad_(False)",
        DEF.replace(UP, f"layer(({UP} * one)[..., None])[..., 0]"),
    ],
    "a variable declared global": [
        "calls = 0",
        DEF.replace("    return", "    global calls\n    calls += 1\n    return"),
    ],
    "%time before a statement": [DEF.replace("return ", "%time up = ") + "\n    up = %time up * 1\n    return up"],
    "shell lines above": [
        f"!pip install -q \\\n    srkit \\\n    torch\npip install more\n%cd /content\nx = !ls \\\n  -l\n{DEF}"
    ],
    "display or get_ipython within": [
        DEF.replace("    return", "    display(image, display_id=True)\n    get_ipython().system('ls')\n    return")
    ],
    "a result that is a Parameter": [DEF.replace(UP, f"nn.Parameter({UP})")],
}
NOT_TAKEN = {  # what it says is not, with the sentence that the student reads
    "an array of NumPy": ([f"{DEF}.numpy()"], "torch.from_numpy(x)"),
    "a list": ([f"{DEF}.tolist()"], "should be a tensor; yours is a list"),
    "a tuple around it": ([DEF.replace(UP, f"({UP},)")], "should be a tensor"),
    "nothing returned": ([DEF.replace("return ", "out = ")], "is a return statement missing?"),
    "another dtype": ([f"{DEF}.double()"], ".to(torch.float32)"),
    "a batch": ([f"{DEF}[None]"], "has the shape (1, 3, 8, 8)"),
    "the meta device": ([f"{DEF}.to('meta')"], "on the meta device"),
    "a GPU": ([DEF.replace(UP, f"{UP}.cuda()")], "graded without a GPU"),
    "async def": ([f"async {DEF}"], "write def, not async def"),
    "yield": ([DEF.replace("return", "yield")], "with return, not yield"),
    "a function not called": ([DEF.replace(UP, "lambda: 1")], "is a call missing?"),
    "imported from a file of the student's": (["from my_answers import nearest"], "Write what you need into a cell"),
    "run from a file of the student's": (["%run my_answers.py"], "runs another file"),
    "%%writefile above it": ([f"%%writefile a.py\n{DEF}"], "begins with a cell magic"),
    "defined again, wrongly": ([DEF, "def nearest(image, scale):\n    return image"], "has the shape"),
    "made by exec": ([f"exec({DEF!r})"], "by exec() or globals()"),
    "keyword-only arguments": ([DEF.replace("image, scale", "image, *, scale")], "positional argument"),
}


@pytest.mark.needs("bubblewrap")
@pytest.mark.parametrize("kind", TAKEN)
def test_a_right_answer_written_in_another_way_has_full_points_in_the_box(kind):
    assert grade_code("nearest", *TAKEN[kind]).points == 3


@pytest.mark.needs("bubblewrap")
@pytest.mark.parametrize("kind", NOT_TAKEN)
def test_what_is_not_taken_is_told_in_a_sentence_that_says_what_to_change(kind):
    cells, sentence = NOT_TAKEN[kind]
    result = grade_code("nearest", *cells).results["nearest"]
    assert result.points == 0
    assert sentence in result.message


@pytest.mark.parametrize(
    ("value", "sentence"),
    [
        (torch.tensor(3.0), "x.item() makes a number"),
        (np.float64(3.0), "x.item() makes a plain number"),
        (True, "True"),
    ],
)
def test_a_number_of_another_type_is_told_what_to_change(value, sentence):
    assert sentence in (difference("cost", plain(value), 3.0, Tolerance(absolute=0.1, relative=0, reason="r")) or "")


def test_every_kind_of_answer_stands_in_the_instructors_table():
    text = (ROOT / "docs" / "INSTRUCTOR.md").read_text(encoding="utf-8")
    table = text[text.index("### Answers written otherwise") :].split("\n## ")[0]
    assert [kind for kind in [*TAKEN, *NOT_TAKEN] if kind not in table] == []
