"""The command ``srkit grade`` in this process, with a grader that reads answers instead of running them."""

from __future__ import annotations

import json
from dataclasses import dataclass, replace
from hashlib import sha256
from pathlib import Path
from typing import Any

from click.testing import CliRunner, Result

from autograder.answers import Unreadable, find_answers
from autograder.cli import main
from autograder.record import Record
from autograder.run import Plan
from autograder.sorting import answers_of
from autograder.work import one_by_one
from srkit.exercises import EXERCISES
from tests.autograder._fake import FakeGrader, _result
from tests.autograder._grading import notebook

RIGHT, WRONG = 1, 0


@dataclass(frozen=True, kw_only=True)
class ReadingGrader(FakeGrader):
    """An answer that returns 1 is right, any other is wrong, and what is not there is no answer."""

    def grade(self, submission: bytes, exercises: Any, tell: Any = None) -> Record:
        digest = sha256(submission).hexdigest()
        try:
            found = find_answers(submission)
        except Unreadable:
            found = {}
        results = {name: _judged(name, found.get(EXERCISES.get(name).answer)) for name in exercises}
        return Record(submission=digest, seed=self.seed, results=results, key=self.key(digest, exercises))


def _judged(name: str, source: str | None) -> Any:
    exercise = EXERCISES.get(name)
    right = source is not None and "return 1" in source
    made = _result(name, exercise.points if right else 0)
    return replace(made, source=source or "", outcome="correct" if right else "wrong" if source else "no answer")


def answers(lesson: int, value: int = RIGHT, *, count: int | None = None, start: int = 0) -> bytes:
    """Return a notebook with answers to a lesson's exercises, all of the same worth."""
    names = answers_of(lesson)[start : None if count is None else start + count]
    return notebook(*(f"def {name}(*given):\n    return {value}" for name in names))


def points(lesson: int) -> float:
    """Return what a lesson can earn."""
    return float(sum(EXERCISES.get(name).points for name in EXERCISES if EXERCISES.get(name).lesson == lesson))


def write(folder: Path, files: dict[str, bytes]) -> Path:
    """Write a class folder."""
    for name, data in files.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(data)
    return folder


def command(monkeypatch: Any, *words: object) -> Result:
    """Run the command with the reading grader."""

    def grader(plan: Plan, lesson: Path) -> ReadingGrader:
        number = int(lesson.stem[:2])
        mine = [EXERCISES.get(name) for name in EXERCISES if EXERCISES.get(name).lesson == number]
        return ReadingGrader(exercises=tuple(one.name for one in sorted(mine, key=lambda one: one.number)))

    monkeypatch.setattr(Plan, "grader", grader)
    monkeypatch.setattr(Plan, "try_box", lambda plan: None)
    monkeypatch.setattr(Plan, "runner", lambda plan, say: one_by_one)
    return CliRunner().invoke(main, [*map(str, words), "--workers", "1"])


def told(course: Path, lesson: int | None = None) -> dict[str, Any]:
    """Return the data of the class's page, or of a lesson's."""
    place = course / "report" if lesson is None else course / "report" / f"lesson_{lesson:02d}"
    return dict(json.loads((place / "class.json").read_text(encoding="utf-8")))
