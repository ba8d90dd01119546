"""Grade one submission: a function from bytes to a record."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from functools import lru_cache, partial
from pathlib import Path

from autograder.answers import Answer
from autograder.box import Box, Job
from autograder.budget import Budget
from autograder.evidence import readable
from autograder.keys import record_key, submission_hash
from autograder.limits import LIMITS, Limits
from autograder.masks import beside, hidden_names
from autograder.outcomes import Met, judged, reached, told
from autograder.reader import reading
from autograder.record import CriterionResult, Record, Result
from srkit.exercises import EXERCISES, Case, Criterion, Exercise

__all__ = ["Tell", "grade_submission", "tell_nobody"]

Tell = Callable[[str], None]


def tell_nobody(place: str) -> None:
    """Take how far grading is, and do nothing with it."""


def grade_submission(
    submission: Path | bytes,
    exercises: Sequence[str],
    *,
    seed: int,
    box: Box,
    limits: Limits = LIMITS,
    tell: Tell = tell_nobody,
) -> Record:
    """Grade the answers to ``exercises`` in a notebook.

    Nothing the student handed in makes this raise: what cannot be read is a record that says so.

    Args:
        submission: the notebook, or where it lies. Links are not followed.
        exercises: registered names.
        seed: the secret that the hidden cases are drawn from; the same seed draws the same cases again.
        box: where the code runs; it gets inputs and gives outputs, and knows nothing of what is expected.
        limits: what the code may use.
        tell: gets the name of the exercise and the number of the case before each case.

    Raises:
        UnknownName: there is no such exercise.
        OSError: the file is not there.
    """
    asked = [EXERCISES.get(name) for name in exercises]
    data = submission if isinstance(submission, bytes) else _read(submission)
    digest = submission_hash(data)
    problem, answers = reading().answers(data, [exercise.answer for exercise in asked])
    run = partial(_Run, box=box, budget=Budget(limits), tell=tell)
    with box.sitting():
        results = {exercise.name: _grade(exercise, answers[exercise.answer], seed, run) for exercise in asked}
    return Record(
        submission=digest,
        seed=seed,
        results=results,
        problem=problem,
        key=record_key(digest, exercises, seed, limits),
    )


def _read(path: Path) -> bytes:
    if path.is_symlink():
        return b""  # what it points at was not handed in
    return path.read_bytes()


def _grade(exercise: Exercise, answer: Answer, seed: int, start: Callable[[Exercise, Answer], _Run]) -> Result:
    if not answer.pieces:
        met = Met("error" if answer.broken else "no answer", answer.problem)
        return _sum_up(exercise, answer, [(criterion, met) for criterion in exercise.criteria])
    run = start(exercise, answer)
    cases = _cases(exercise.name, seed)
    found = [
        (criterion, run.meets([case for case in cases if case.criterion == criterion.name]))
        for criterion in exercise.criteria
    ]
    return _sum_up(exercise, answer, found)


class _Run:
    """One answer on its way through the cases of one exercise."""

    def __init__(self, exercise: Exercise, answer: Answer, box: Box, budget: Budget, tell: Tell) -> None:
        self.exercise, self.answer, self.box, self.budget, self.tell = exercise, answer, box, budget, tell
        self.timeouts = self.cases = 0

    def meets(self, cases: Sequence[Case]) -> Met:
        """Run the cases of one criterion up to the first that is not met."""
        met = Met("correct")
        for case in cases:
            met = self._one(case).after(met)
            if met.outcome != "correct":
                break
        return met

    def _one(self, case: Case) -> Met:
        if self.timeouts >= self.budget.limits.timeouts:
            return Met("timeout", "Not run, because your code did not come to an end before.")
        if used_up := self.budget.used_up:
            return Met("timeout", f"Not run. All your answers together {used_up}, the most.")
        limits = self.budget.next()
        self.cases += 1
        self.tell(f"{self.exercise.name}, case {self.cases}")
        reply = self.box.run(self._job(case), limits)
        self.budget.spend(reply)
        met = told(reply, limits) or judged(self.exercise, case, reply)
        if met.outcome not in ("correct", "infrastructure"):
            met = replace(met, message=f"{met.message}{reached(met, reply, limits)}")
        self.timeouts += met.outcome == "timeout"
        return met

    def _job(self, case: Case) -> Job:
        return Job(
            name=self.exercise.answer,
            pieces=self.answer.pieces,
            beside=beside(self.exercise.name),
            perform=self.exercise.name,
            inputs=case.inputs,
            hidden=hidden_names(self.exercise.name),
        )


@lru_cache(maxsize=64)
def _cases(exercise: str, seed: int) -> Sequence[Case]:
    return tuple(EXERCISES.get(exercise).cases(seed))


def _sum_up(exercise: Exercise, answer: Answer, found: Sequence[tuple[Criterion, Met]]) -> Result:
    criteria = tuple(_criterion(criterion, met) for criterion, met in found)
    earned = [criterion.points for criterion in criteria]
    failed = next((met for _, met in found if met.outcome != "correct"), None)
    broken = next((met for _, met in found if met.outcome == "infrastructure"), None)
    points = None if broken else float(sum(value for value in earned if value is not None))
    outcome = broken.outcome if broken else failed.outcome if failed else "correct"
    if failed and not broken and points:
        outcome = "partial"
    shown = broken or failed
    return Result(
        exercise=exercise.name,
        outcome=outcome,
        points=points,
        max_points=float(exercise.points),
        criteria=criteria,
        message=shown.message if shown else "",
        error_magnitude=max((met.magnitude for _, met in found if met.magnitude is not None), default=None),
        source=readable(answer.source, 1 << 16),
        printed=next((met.printed for criterion, met in found if met.printed and not criterion.hidden), ""),
        images=next(_images(found), {}),
        doubted=answer.claimed and any(_lost(criterion, met) for criterion, met in found),
    )


def _lost(criterion: Criterion, met: Met) -> bool:
    """Tell whether the check under the exercise tests a criterion that was not met here."""
    return not criterion.hidden and met.outcome not in ("correct", "infrastructure")


def _criterion(criterion: Criterion, met: Met) -> CriterionResult:
    points = None if met.outcome == "infrastructure" else float(criterion.points) if met.outcome == "correct" else 0.0
    return CriterionResult(
        name=criterion.name,
        text=criterion.text,
        hidden=criterion.hidden,
        outcome=met.outcome,
        points=points,
        max_points=float(criterion.points),
        message=met.message,
        slip=met.slip,
        error_magnitude=met.magnitude,
    )


def _images(found: Sequence[tuple[Criterion, Met]]) -> Iterator[dict[str, object]]:
    """Yield the pictures to show: wrong ones before right ones, then those of criteria everybody may see.

    Each says which criterion it belongs to, since a picture made of a hidden input could show that input.
    """
    seen = [(criterion, met) for criterion, met in found if met.images]
    for criterion, met in sorted(seen, key=lambda one: (one[1].outcome == "correct", one[0].hidden)):
        yield {name: {**pair, "criterion": criterion.name} for name, pair in met.images.items()}
