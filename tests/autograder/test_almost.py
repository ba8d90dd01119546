"""An answer that works in the notebook and that the grader does not see or take: one sentence says so."""

import pytest
import torch

from autograder.answers import find_answer
from autograder.notebooks import read_cells
from srkit.exercises import check, grade
from tests.autograder._grading import SETUP, notebook, solution

ALMOST = {
    "exec('def tv_loss(sr):\\n    return sr.mean()')": "exec() or globals()",
    "def f(sr): return sr\nglobals()['tv_loss'] = f": "exec() or globals()",
    "import sys\nsetattr(sys.modules['__main__'], 'tv_loss', abs)": "exec() or globals()",
    "def tv_l\u043ess(sr): return sr.mean()": "letters that only look like",
    "%%writefile tv.py\ndef tv_loss(sr): return sr.mean()": "cell magic",
    "def tvLoss(sr): return sr.mean()": "defines `tvLoss`",
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
        (lambda value: value.double(), ".to(x.dtype)"),
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
