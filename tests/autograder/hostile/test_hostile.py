"""Submissions that try to gain, to harm or to stall. Each says what must come of it; none may leave anything behind.

``submissions/*.txt`` are notebooks as text, cells set apart by ``# %%``, with the outcome they must have in their head.
``CANARY`` stands for a grade book on this machine, ``LISTENING`` for a port at which something listens, ``MARKER`` for
a file name that must be found nowhere outside.
"""

from __future__ import annotations

import os
import re
import socket
import tempfile
from dataclasses import replace
from pathlib import Path

import pytest

from autograder.engine import grade_submission
from tests.autograder._grading import SEED, SETUP, SHORT, notebook, processes, the_box
from tools.press import ROOT

SUBMISSIONS = sorted((Path(__file__).parent / "submissions").glob("*.txt"))
MARKER = f"hostile-marker-{os.getpid()}"

pytestmark = pytest.mark.needs("bubblewrap")


@pytest.fixture(scope="module")
def outside(tmp_path_factory):
    """A grade book on the machine, and a service that listens on it."""
    canary = tmp_path_factory.mktemp("course") / "gradebook.db"
    canary.write_text("grades")
    with socket.create_server(("127.0.0.1", 0)) as server:
        yield canary, server.getsockname()[1]


@pytest.mark.parametrize("path", SUBMISSIONS, ids=lambda path: path.stem)
def test_nothing_is_gained_harmed_or_left_behind(path, outside):
    canary, port = outside
    text = path.read_text(encoding="utf-8")
    head = dict(re.findall(r"^# (tries|outcome|points|message|limits): (.+)$", text.split("# %%")[0], re.M))
    for word, value in (("CANARY", repr(str(canary))), ("LISTENING", str(port)), ("MARKER", MARKER)):
        text = text.replace(word, value)
    limits = replace(SHORT, **{k: int(v) for k, v in re.findall(r"(\w+)=(\d+)", head.get("limits", ""))})
    before = processes(), tree(ROOT)
    data = notebook(SETUP, *text.split("\n# %%\n")[1:])
    record = grade_submission(data, ["tv_loss"], seed=SEED, box=the_box(), limits=limits)
    result = record.results["tv_loss"]
    told = (
        f"{head['tries']}: {result.outcome} with {result.points} points, {result.message!r}, printed {result.printed!r}"
    )
    assert re.fullmatch(head["outcome"], result.outcome), told
    assert str(result.points).removesuffix(".0") in head["points"].split("|"), told
    assert re.search(head.get("message", ""), result.message), told
    assert (result.message + result.printed).replace("\n", "").replace("\t", "").isprintable()
    assert len(record.to_json()) < 20_000
    assert record.from_json(record.to_json()) == record
    assert (processes(), tree(ROOT)) == before
    assert canary.read_text() == "grades"
    assert not marked()


def test_there_are_enough_of_them_and_each_declares_what_must_come_of_it():
    assert len(SUBMISSIONS) >= 150
    for path in SUBMISSIONS:
        head = path.read_text(encoding="utf-8").split("# %%")[0]
        assert re.search(r"^# tries: .+\n# outcome: .+\n# points: .+$", head, re.M), path.name


def test_after_all_of_them_an_honest_answer_still_gets_full_marks():
    text = next(path for path in SUBMISSIONS if path.stem == "another_style").read_text(encoding="utf-8")
    data = notebook(SETUP, *text.split("\n# %%\n")[1:])
    first, second = (grade_submission(data, ["tv_loss"], seed=SEED, box=the_box()) for _ in range(2))
    assert first.points == first.max_points
    assert first.to_json() == second.to_json()


def tree(folder: Path) -> set[tuple[str, int, int]]:
    """Return path, size and time of change of every file of the project."""
    found = set()
    for place, folders, files in os.walk(folder):
        folders[:] = [name for name in folders if not name.startswith(".") and name not in ("__pycache__", "build")]
        for name in files:
            known = (Path(place) / name).lstat()
            found.add((f"{place}/{name}", known.st_size, known.st_mtime_ns))
    return found


def marked() -> list[str]:
    """Return files outside the box that bear the marker."""
    places = {
        "/",
        "/tmp",
        "/dev",
        "/dev/shm",
        "/var/tmp",
        "/etc",
        tempfile.gettempdir(),
        str(Path.home()),
        str(Path.cwd()),
    }
    return [str(path) for place in places for path in Path(place).glob(f"{MARKER}*")]
