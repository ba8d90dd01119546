"""A grader that needs no sandbox: the submission says in JSON what it earns and what it does to the process.

``{"tv_loss": 3, "sleep": 0.1, "die": "once", "trace": FOLDER}``: points for an exercise, seconds to wait, whether the
process dies under it, and a folder in which each call leaves a file, so that tests can count calls. ``"lose": "once"``:
the process has no sandbox from here on, whatever it is given; ``"always"``: whichever process gets it.
"""

from __future__ import annotations

import json
import os
import signal
import time
import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path

from autograder.box import BoxError
from autograder.engine import Tell, tell_nobody
from autograder.record import CriterionResult, Record, Result
from autograder.work import Grader
from srkit.exercises import EXERCISES

_lost: set[str] = set()  # in this process
EXERCISE_NAMES = ("self_ensemble", "tv_loss")


@dataclass(frozen=True, kw_only=True)
class FakeGrader(Grader):
    exercises: tuple[str, ...] = EXERCISE_NAMES
    seed: int = 7
    versions: tuple[tuple[str, int], ...] = ()  # exercise -> version of its definition

    def key(self, submission: str, exercises: Sequence[str]) -> str:
        versions = [(name, dict(self.versions).get(name, 1)) for name in exercises]
        return sha256(repr((submission, versions, self.seed)).encode()).hexdigest()

    def grade(self, submission: bytes, exercises: Sequence[str], tell: Tell = tell_nobody) -> Record:
        told = json.loads(submission)
        digest = sha256(submission).hexdigest()
        if "trace" in told:
            Path(told["trace"], f"{told['who']}-{'+'.join(exercises)}-{uuid.uuid4().hex}").touch()
        time.sleep(told.get("sleep", 0))
        if told.get("die") == "always" or (
            told.get("die") == "once" and _first(Path(told["trace"]) / f"died-{digest}")
        ):
            os.kill(os.getpid(), signal.SIGKILL)
        if told.get("lose") == "always" or (
            told.get("lose") == "once" and _first(Path(told["trace"]) / f"died-lost-{digest}")
        ):
            _lost.add("sandbox")
        if _lost:
            raise BoxError("The sandbox is gone.")
        if "broken" in told:
            raise RuntimeError(told["broken"])
        results = {name: _result(name, told.get(name, 0)) for name in exercises}
        return Record(submission=digest, seed=self.seed, results=results, key=self.key(digest, exercises))


def _first(mark: Path) -> bool:
    try:
        mark.touch(exist_ok=False)
    except FileExistsError:
        return False
    return True


def _result(name: str, points: float) -> Result:
    exercise = EXERCISES.get(name)
    criteria, left = [], points
    for criterion in exercise.criteria:
        earned = criterion.points if left >= criterion.points else 0.0
        left -= earned
        criteria.append(
            CriterionResult(
                name=criterion.name,
                text=criterion.text,
                hidden=criterion.hidden,
                outcome="correct" if earned else "wrong",
                points=earned,
                max_points=criterion.points,
                message="" if earned else "The value is off by 0.5.",
                slip="" if earned or not exercise.slips else next(iter(exercise.slips)),
                error_magnitude=None if earned else 0.5,
            )
        )
    total = sum(criterion.points or 0.0 for criterion in criteria)
    outcome = "correct" if total == exercise.points else "partial" if total else "wrong"
    return Result(exercise=name, outcome=outcome, points=total, max_points=exercise.points, criteria=tuple(criteria))


def hand_in(folder: Path, count: int, **told: object) -> dict[str, Path]:
    """Write a class of ``count`` different submissions; return student -> file."""
    folder.mkdir(parents=True, exist_ok=True)
    found = {}
    for number in range(count):
        name = f"s{number:04d}"
        path = folder / f"{name}.ipynb"
        path.write_text(json.dumps({"who": name, "tv_loss": number % 5, "self_ensemble": number % 3, **told}))
        found[name] = path
    return found


def called(trace: Path) -> list[str]:
    """Return ``who-exercises`` for every call that left a trace."""
    return sorted(path.name.rpartition("-")[0] for path in trace.iterdir() if not path.name.startswith("died-"))


def content(folder: Path) -> dict[str, bytes]:
    """Return every record and entry of a store, byte for byte."""
    return {
        path.relative_to(folder).as_posix(): path.read_bytes()
        for path in sorted(folder.rglob("*.json"))
        if not path.name.startswith(".")
    }
