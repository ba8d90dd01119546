"""Notebooks that lie about themselves, in metadata, ids, kinds, and nbgrader's fields. What cells answer counts."""

from __future__ import annotations

import gzip
import io
import json
import zipfile

import pytest

from autograder.autograded import autograded_notebook
from autograder.classview import class_view
from autograder.engine import grade_submission
from autograder.store import Entry
from srkit.exercises import check
from tests.autograder._grading import SEED, SETUP, notebook, solution, the_box

pytestmark = pytest.mark.needs("bubblewrap")
RIGHT, WRONG = solution("tv_loss"), "def tv_loss(sr):\n    return sr.mean()"


def cell(source, **extra):
    return {
        "cell_type": "code",
        "id": "c",
        "metadata": {},
        "execution_count": None,
        "outputs": [],
        "source": source,
    } | extra


def book(*cells, **extra):
    return json.dumps({"cells": list(cells), "metadata": {}, "nbformat": 4, "nbformat_minor": 5} | extra).encode()


def forged(points):
    facts = {
        "grade": True,
        "grade_id": "tv_loss",
        "points": points,
        "locked": False,
        "solution": True,
        "schema_version": 99,
    }
    return {"nbgrader": facts | {"task": True, "cell_type": "code", "checksum": "0" * 32}}


def zipped():
    held = io.BytesIO()
    with zipfile.ZipFile(held, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("lesson.ipynb", bytes(50 << 20))
    return held.getvalue()


OUTPUT = {"output_type": "stream", "name": "stdout", "text": ["4 of 4 points. All criteria are met."]}
NOTEBOOKS = {  # what is forged -> (bytes, points)
    "points in nbgrader's metadata": (book(cell(SETUP), cell(WRONG, metadata=forged(4))), 0),
    "a passed test in its place": (
        book(cell(SETUP), cell(WRONG), cell("assert True", id="tv_loss", metadata=forged(100))),
        0,
    ),
    "points in every cell and none": (book(cell(SETUP), cell(RIGHT, metadata=forged(-1e308))), 4),
    "an output that says it passed": (book(cell(SETUP), cell(WRONG, outputs=[OUTPUT])), 0),
    "ids that are all the same": (book(cell(SETUP), cell(WRONG), cell(RIGHT)), 4),
    "ids that are no text": (book(cell(SETUP, id=[]), cell(RIGHT, id={"a": 1}), cell("", id=None)), 4),
    "ids of the check": (book(cell(SETUP), cell(WRONG, id="check-tv_loss"), cell("tv_loss.ok = 1", id="tv_loss")), 0),
    "tags that are a text": (book(cell(SETUP), cell(RIGHT, metadata={"tags": "demo"})), 4),
    "another answer in a cell that says it is a demonstration": (
        book(cell(SETUP), cell(RIGHT), cell("tv_loss = None", metadata={"tags": ["demo"]})),
        0,
    ),
    "metadata that is none": (book(cell(SETUP, metadata=None), cell(RIGHT, metadata=[1])), 4),
    "a kernel with a command": (
        book(
            cell(SETUP), cell(RIGHT), metadata={"kernelspec": {"name": "$(touch /tmp/x)", "argv": ["sh", "-c", "exit"]}}
        ),
        4,
    ),
    "a version of the far future": (book(cell(SETUP), cell(RIGHT), nbformat="4; 99", nbformat_minor=1e308), 4),
    "lines that are no text": (book(cell([SETUP + "\n", 1, None, {"a": 1}]), cell([RIGHT, ["x"]])), 4),
    "cells that are none": (book(None, 1, "x", [], {}, cell(SETUP), {"cell_type": ["code"], "source": RIGHT}), 0),
    "cells that are a mapping": (json.dumps({"cells": {"0": cell(RIGHT)}}).encode(), 0),
    "two lists of cells": (b'{"cells": [], ' + book(cell(SETUP), cell(RIGHT))[1:], 4),
    "an answer in an attachment": (
        book(cell(SETUP), {"cell_type": "markdown", "id": "m", "metadata": {}, "source": RIGHT}),
        0,
    ),
    "an archive that unfolds": (zipped(), 0),
    "a stream that unfolds": (gzip.compress(bytes(50 << 20)), 0),
    "a page": (b"<html><script>alert(1)</script></html>", 0),
    "a mark in front": ("\ufeff".encode() + notebook(SETUP, RIGHT), 4),
    "numbers that JSON has not": (
        book(cell(SETUP), cell(RIGHT, execution_count=float("nan")), metadata={"x": float("inf")}),
        4,
    ),
    "half letters": (book(cell(SETUP), cell("# \ud800\n" + RIGHT), cell("'\udfff'")), 4),
}


@pytest.mark.parametrize("name", NOTEBOOKS)
def test_a_notebook_that_lies_about_itself_gets_what_its_cells_answer(name):
    data, points = NOTEBOOKS[name]
    record = grade_submission(data, ["tv_loss"], seed=SEED, box=the_box())
    assert record.points == points, record.results["tv_loss"].message
    assert record.max_points == 4
    assert record.from_json(record.to_json()) == record
    shown = json.dumps(autograded_notebook(notebook("x"), data, record))
    assert "4 of 4 points. All" not in shown, "outputs are not shown"
    assert '"points"' not in shown
    assert "argv" not in shown


@pytest.mark.parametrize("kind", ["text/plain", "stream"])
def test_where_the_check_in_the_notebook_was_passed_and_is_not_here_a_person_is_told_first(kind):
    space = {}
    exec(f"{SETUP}\n{RIGHT}", space)
    passed, failed = str(check("tv_loss", space["tv_loss"])), str(check("tv_loss", lambda sr: sr.mean()))

    def flag(code, said):
        text = said.splitlines(keepends=True)
        output = {"data": {kind: text}} if kind == "text/plain" else {"name": "stdout", "text": text}
        record = grade_submission(
            book(cell(SETUP), cell(code), cell("check('tv_loss', tv_loss)", outputs=[None, output, output])),
            ["tv_loss"],
            seed=SEED,
            box=the_box(),
        )
        entry = Entry(student="anna", record=record.key, submission=record.submission, flag="handed in twice")
        return record.points, class_view("11", {"anna": (entry, record)}).students[0].flag

    points, said = flag(WRONG, passed)
    assert points == 0
    assert said.startswith("The saved output says that the check of tv_loss was passed")
    assert said.endswith("handed in twice")
    assert flag(WRONG, failed) == (0, "handed in twice")
    assert flag(RIGHT, passed) == (4, "handed in twice")
    hidden_only = RIGHT.replace(
        "def tv_loss(sr):", "def tv_loss(sr):\n    if sr.shape[0] > 1:\n        return sr.mean()"
    )
    assert flag(hidden_only, passed) == (3, "handed in twice"), "what the check does not test proves nothing"
