"""What grading one submission gives: plain data whose bytes are the same whenever the submission is graded again.

The record holds no time, no duration, no process number and no path, so two runs, here or on another worker, can be
compared byte for byte.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Any, Literal, get_args

__all__ = ["OUTCOMES", "CriterionResult", "Outcome", "Record", "Result"]

Outcome = Literal["correct", "partial", "wrong", "error", "timeout", "memory", "died", "no answer", "infrastructure"]
OUTCOMES: tuple[Outcome, ...] = get_args(Outcome)


@dataclass(frozen=True, kw_only=True)
class CriterionResult:
    """What one criterion of an exercise earned and why.

    Attributes:
        name: the criterion.
        text: what is asked, as the student reads it.
        hidden: only tested after submission.
        outcome: any outcome but ``"partial"``.
        points: what was earned; None where the outcome is ``"infrastructure"``.
        max_points: what could be earned.
        message: what went wrong, in words that help; written partly by student code (an exception's text), so it is
            text to be escaped, never markup. Empty when correct.
        slip: the misconception recognised, or "".
        error_magnitude: the largest absolute difference from what was expected, where there is one.
    """

    name: str
    text: str
    hidden: bool
    outcome: Outcome
    points: float | None
    max_points: float
    message: str = ""
    slip: str = ""
    error_magnitude: float | None = None


@dataclass(frozen=True, kw_only=True)
class Result:
    """What one exercise earned.

    Attributes:
        exercise: its registered name.
        outcome: ``"correct"`` (all points), ``"partial"`` (some), else what the first failing criterion met with;
            ``"infrastructure"`` when the grader itself failed on any criterion: no score at all, somebody must look.
        points: what was earned; None for ``"infrastructure"``.
        max_points: what could be earned.
        criteria: in the order of the exercise.
        message: the message of the first criterion that was not met.
        error_magnitude: the largest of the criteria's.
        source: the student's code for this exercise as it was run, or "".
        printed: what the code printed and warned on inputs that are not secret, cut to size. Evidence, never a score;
            text to be escaped.
        images: name -> nested lists of the first wrong (or else first) output that is a picture, beside the expected
            one, for the report: ``{"sr": {"criterion": name, "yours": Picture, "expected": Picture}}``, a Picture being
            ``{"shape": [c, h, w], "bytes": hex}`` of 8-bit pixels.
        doubted: the notebook's saved output says that the check met every criterion, and here one that it tests was
            not: perhaps a fault of the grader. A hint for a person, never a score: outputs can be edited.
    """

    exercise: str
    outcome: Outcome
    points: float | None
    max_points: float
    criteria: tuple[CriterionResult, ...]
    message: str = ""
    error_magnitude: float | None = None
    source: str = ""
    printed: str = ""
    images: Mapping[str, Any] = field(default_factory=dict)
    doubted: bool = False


@dataclass(frozen=True, kw_only=True)
class Record:
    """Everything known about one graded submission.

    Attributes:
        submission: SHA-256 of the submission's bytes.
        seed: the secret seed; the same seed draws the same cases again.
        results: exercise -> result, in the order asked for.
        problem: why the submission as a whole could not be read, or "".
        key: SHA-256 of (submission, definitions of the exercises, environment, seed, limits, grader version).
    """

    submission: str
    seed: int
    results: Mapping[str, Result]
    problem: str = ""
    key: str = ""

    @property
    def points(self) -> float | None:
        """The sum over the exercises; None as long as one of them has the outcome ``"infrastructure"``."""
        earned = [result.points for result in self.results.values()]
        return None if None in earned else float(sum(points for points in earned if points is not None))

    @property
    def max_points(self) -> float:
        """What could be earned."""
        return float(sum(result.max_points for result in self.results.values()))

    @property
    def failure(self) -> str:
        """Why grading itself failed on some exercise, so that it must be tried again, or ""."""
        broken = (one.message for one in self.results.values() if one.outcome == "infrastructure")
        return next(broken, "") or ("grading failed" if self.points is None else "")

    def to_dict(self) -> dict[str, Any]:
        """Return plain data."""
        results = {name: asdict(result) for name, result in self.results.items()}
        fixed = {"submission": self.submission, "seed": self.seed, "problem": self.problem, "key": self.key}
        return {**fixed, "results": results, "points": self.points, "max_points": self.max_points}

    def to_json(self) -> bytes:
        """Return canonical bytes: sorted keys, no spaces, UTF-8, a newline at the end."""
        text = json.dumps(self.to_dict(), sort_keys=True, separators=(",", ":"), ensure_ascii=False, allow_nan=False)
        return (text + "\n").encode()

    @classmethod
    def from_json(cls, data: bytes) -> Record:
        """Undo :meth:`to_json`.

        Raises:
            ValueError: the bytes are no record.
        """
        try:
            plain = json.loads(data)
            results = {name: _result(result) for name, result in plain["results"].items()}
            named = {name: plain[name] for name in ("submission", "seed", "problem", "key")}
            return cls(results=results, **named)
        except (KeyError, TypeError, AttributeError) as problem:
            raise ValueError(f"This is no record of a graded submission: {problem!r}.") from None


def _result(plain: dict[str, Any]) -> Result:
    return Result(**{**plain, "criteria": tuple(CriterionResult(**criterion) for criterion in plain["criteria"])})
