"""The process that runs student code holds nothing worth stealing: it is searched from inside, for text."""

import json

import pytest

from autograder.box import Job
from autograder.masks import beside, hidden_names, masked
from autograder.outcomes import judged
from srkit.exercises import EXERCISES
from tests.autograder._grading import SEED, SETUP, earlier, processes, solution, the_box
from tests.autograder._memory import MASKS, PATIENT, SEARCH, look, search_the_memory_of

pytestmark = [pytest.mark.needs("bubblewrap"), pytest.mark.timeout(900)]
ROOMS = ("models", "training", "methods", "widgets", "losses", "degrade", "discriminators", "evaluation", "inference")


def test_a_walk_up_the_stack_ends_within_the_box_and_meets_nothing_of_the_grader():
    code = """
import sys
def answer(x):
    frame, seen = sys._getframe(), []
    while frame:
        seen.append([frame.f_code.co_filename, sorted(map(str, frame.f_locals))])
        frame = frame.f_back
    return seen
"""
    stack = look(code, "frames", 0, hidden_names("tv_loss"))
    files = [file for file, _ in stack]
    assert files[0] == "cell 1"
    assert set(files) == {"cell 1", "<srkit trial>", "<srkit autograder.inside.student>"}
    assert not [name for _, names in stack for name in names if name in ("start", "tree", "reports", "requests")]


@pytest.mark.parametrize(
    "name", ["tv_loss", *(pytest.param(one, marks=pytest.mark.slow) for one in ("a2001sr", "in_windows"))]
)
def test_no_masked_line_no_exercise_no_other_notebook_and_no_seed_is_in_the_memory_of_a_student(name):
    search_the_memory_of(name)  # whole.py: of every set of hidden names


@pytest.mark.parametrize(
    "name", ["tv_loss", *(pytest.param(one, marks=pytest.mark.slow) for one in ("a2001sr", "to_bytes"))]
)
def test_a_solution_that_uses_every_room_of_the_library_around_it_is_right_in_the_box(name):
    use_every_room_in(name)  # whole.py: of every set of hidden names


def use_every_room_in(name):
    """Fail where the shipped solution, with every room of the library imported and used above it, is not right."""
    exercise = EXERCISES.get(name)
    case = exercise.cases(SEED)[0]
    rooms = "".join(f"import srkit.{room}\n" for room in ROOMS)
    used = "assert srkit.models.create('bicubic', scale=2)(torch.zeros(1, 3, 8, 8)).shape == (1, 3, 16, 16)\n"
    imports = "import numpy as np\nimport math\nimport os"
    job = Job(
        name=exercise.answer,
        pieces=[("cell 1", "\n".join((SETUP, imports, rooms, used, earlier(name), solution(name))))],
        beside=beside(name),
        perform=name,
        inputs=case.inputs,
        hidden=hidden_names(name),
    )
    reply = the_box().run(job, PATIENT)
    assert reply.end == "answered", reply
    assert judged(exercise, case, reply).outcome == "correct", reply.observation["message"]


def test_neither_the_case_before_nor_its_files_are_there_for_the_next_case_of_a_submission():
    shifted = [bytes((byte + 1) % 256 for byte in word) for word in (b"a case of before 0815", b"a case of now 0815")]
    first = "import os\ndef answer(x):\n    open('/tmp/note', 'w').close()\n    return len(x)"
    second = (
        f"{SEARCH}\ndef answer(x):\n    keep = ['a case of now ' + str(815).zfill(4)]\n"
        "    return [search(x)[0], os.listdir('/tmp'), os.listdir('/.srkit/course')]"
    )
    with the_box().sitting():
        keeper = processes()
        assert look(first, "first", "a case of before " + "0815", hidden_names("tv_loss")) == 21
        found, files, trees = look(second, "second", shifted, hidden_names("tv_loss"))
        assert processes() > keeper, "one keeper for both"
        assert look("def answer(x):\n    return x", "third", 1, hidden_names("self_ensemble")) == 1
    assert processes() == keeper
    assert found == [1]
    assert "note" not in files
    assert trees == ["srkit"]


def test_a_network_of_the_library_can_be_used_in_an_answer_whose_own_is_masked():
    code = "import srkit.models\ndef answer(x):\n    return list(srkit.models.create('bicubic', scale=2)(x).shape)"
    import torch

    assert look(code, "a2001sr", torch.zeros(1, 3, 8, 8), hidden_names("a2001sr")) == [1, 3, 16, 16]


def test_a_mask_keeps_the_signature_and_only_use_fails():
    import inspect

    for hidden in MASKS:
        for path, text in masked(hidden).items():
            compile(text, path, "exec")
    (text,) = masked(hidden_names("tv_loss")).values()
    space = {"__name__": "copy"}
    exec(compile(text.replace("@register_loss('TV')", ""), "copy", "exec"), space)
    from srkit.losses.smoothness import tv

    assert str(inspect.signature(space["tv"])) == str(inspect.signature(tv)).replace("torch.Tensor", "Tensor")
    assert json.dumps(text)
