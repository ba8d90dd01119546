"""The check under an exercise: a verdict that reads the same as text and as a table."""

from __future__ import annotations

import os
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from srkit._html import render
from srkit.errors import BadInput
from srkit.exercises._grade import (
    CHECK_SEED,
    STUDY_SEED,
    SUBMISSION_SEED,
    Finding,
    Measure,
    Result,
    _measure_here,
    grade_criteria,
)
from srkit.exercises._model import EXERCISES, Exercise
from srkit.exercises._study import note_check

__all__ = ["Points", "Verdict", "check", "score"]


@dataclass(frozen=True)
class Verdict:
    """What the check says. Shown as text in a terminal and as a small table in a notebook."""

    exercise: Exercise
    result: Result
    untested: int = 0
    unseen: bool = False
    alone: bool = False

    @property
    def passed(self) -> bool:
        """Whether every criterion tested here is met."""
        return all(finding.outcome == "correct" for finding in self.result.findings)

    def __bool__(self) -> bool:
        return self.passed

    def __str__(self) -> str:
        lines = [self._headline()]
        for mark, text, message in self._told():
            lines.append(f"  {mark} {text}")
            lines += [f"      {line}" for line in message.splitlines()]
        return "\n".join([*lines, *self._notes()])

    __repr__ = __str__

    def _repr_html_(self) -> str:
        values = {
            "headline": self._headline(),
            "findings": self._told(),
            "notes": self._notes(),
            "code": "",
            "rows": (),
        }
        return render(Path(__file__).with_name("verdict.html"), **values)

    def _told(self) -> list[tuple[str, str, str]]:
        """Return mark, text and message of each criterion; a cause that is met again is told once."""
        told: list[tuple[str, str, str]] = []
        before: set[str] = set()
        for finding in self.result.findings:
            again = finding.message and finding.message in before
            told.append((_mark(finding), finding.text, "The cause is the one above." if again else finding.message))
            before.add(finding.message)
        return told

    def _headline(self) -> str:
        met = sum(finding.outcome == "correct" for finding in self.result.findings)
        return f"{self.exercise.number} {self.exercise.answer}: {met} of {len(self.result.findings)} criteria met"

    def _notes(self) -> list[str]:
        notes = []
        if not self.passed:
            notes.append(f'A hint: srkit.exercises.hint("{self.exercise.name}")')
        notes.append(self.exercise.calls)
        if self.unseen:
            notes.append(
                "The grader will not see this answer: it reads the notebook without running it, and exec() defines "
                f"nothing there. Write `{self.exercise.answer}` as a def or class in a cell."
            )
        if self.untested:
            total = self.untested + len(self.result.findings)
            verb = "is" if self.untested == 1 else "are"
            alone = f'srkit.exercises.check("{self.exercise.name}", {self.exercise.answer}, alone=True)'
            notes.append(
                f"{self.untested} of {total} criteria {verb} only tested after submission. Nobody to submit to? "
                f"{alone} tests all of them, with other numbers."
            )
        elif self.alone:
            notes.append(f'A solution, to compare yours with: srkit.exercises.hint("{self.exercise.name}", level=4)')
        return notes


class Points(float):
    """A score that nbgrader reads as a number and a reader sees as a verdict."""

    verdict: Verdict

    def __new__(cls, verdict: Verdict) -> Points:
        """Take the points from the verdict."""
        points = super().__new__(cls, verdict.result.points)
        points.verdict = verdict
        return points

    def __repr__(self) -> str:
        return f"{float(self):g}"

    def _repr_html_(self) -> str:
        return self.verdict._repr_html_()


def check(name: str, answer: Any, *, alone: bool = False) -> Verdict:
    """Say what ``answer`` already does and what it does not do yet, in about a second.

    In a notebook each check is noted in ``checks.csv`` beside it, for :func:`progress`.

    Args:
        name: a registered exercise.
        answer: the function or class that was written.
        alone: test all criteria, also those that wait for the submission, on other numbers than the check and the
            grader use; for those who study by themselves.

    Raises:
        NotImplementedError: nothing has been written yet; the message says what to do next.
        UnknownName: there is no such exercise.
    """
    exercise = EXERCISES.get(name)
    asked = [criterion for criterion in exercise.criteria if alone or not criterion.hidden]
    result = grade_criteria(exercise, answer, STUDY_SEED if alone else CHECK_SEED, asked, _measure_here)
    if all(finding.outcome == "stub" for finding in result.findings):
        raise _not_written(exercise) from None
    if (shell := sys.modules.get("IPython")) and shell.get_ipython():
        note_check(name, sum(finding.outcome == "correct" for finding in result.findings), len(asked))
    untested = len(exercise.criteria) - len(asked)
    return Verdict(exercise, result, untested=untested, unseen=_made_by_exec(answer), alone=alone)


def _not_written(exercise: Exercise) -> NotImplementedError:
    """Return the error of an exercise that is still to be written; a notebook shows its sentence alone."""
    problem = NotImplementedError(
        f"`{exercise.answer}` is not written yet. Replace the line `raise NotImplementedError…` in the cell above, "
        f'run that cell, then run this one again. Stuck? srkit.exercises.hint("{exercise.name}") gives a first nudge.'
    )
    vars(problem)["_render_traceback_"] = lambda: [str(problem)]  # IPython asks for it
    return problem


def _made_by_exec(answer: Any) -> bool:
    """Tell whether an answer's code stands in a string and in no cell."""
    found = [answer, *(vars(answer).values() if isinstance(answer, type) else ())]
    return any(code.co_filename == "<string>" for one in found if (code := getattr(one, "__code__", None)))


def score(name: str, answer: Any, *, seed: int | None = None, measure_with: Measure | None = None) -> Points:
    """Grade ``answer`` on all criteria; the number that nbgrader writes into its grade book.

    Args:
        name: a registered exercise.
        answer: the function or class handed in.
        seed: which cases to draw; the environment variable ``SRKIT_GRADING_SEED`` comes next, then the recorded ones.
        measure_with: as in :func:`srkit.exercises.grade`.

    Raises:
        BadInput: ``SRKIT_GRADING_SEED`` is not a whole number.
        UnknownName: there is no such exercise.
    """
    exercise = EXERCISES.get(name)
    chosen = _seed_from_environment() if seed is None else seed
    result = grade_criteria(exercise, answer, chosen, exercise.criteria, measure_with or _measure_here)
    return Points(Verdict(exercise, result))


def _seed_from_environment() -> int:
    text = os.environ.get("SRKIT_GRADING_SEED", str(SUBMISSION_SEED))
    try:
        return int(text)
    except ValueError:
        raise BadInput(f"SRKIT_GRADING_SEED is {text!r}; give a whole number, or unset it.") from None


def _mark(finding: Finding) -> str:
    return "✓ met" if finding.outcome == "correct" else "✗ not yet"
