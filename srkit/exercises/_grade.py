"""Grade one answer: draw the cases, measure, compare, add up. Pure but for running the answer."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any, Literal

from torch import Tensor

from srkit.exercises._beside import Observation, Value, measure
from srkit.exercises._compare import agree, difference
from srkit.exercises._model import EXERCISES, Case, Criterion, Exercise, Slip
from srkit.exercises._references import expected_outputs

__all__ = ["CHECK_SEED", "STUDY_SEED", "SUBMISSION_SEED", "Finding", "Result", "grade", "judge"]

CHECK_SEED = 0
SUBMISSION_SEED = 1
STUDY_SEED = 2

_HINTS = {  # what Python or PyTorch says -> what it means here
    r"not have been used in the graph|does not require grad and does not have a grad_fn": (
        "No gradient reaches the input, because your answer is cut off from it: nn.Parameter(...), torch.tensor(...), "
        ".detach(), .item() and a detour over NumPy all do that. Return what you computed as it is."
    ),
    r"CUDA enabled|NVIDIA driver|CUDA GPUs|MPS backend|not linked with support for (?:cuda|mps)": (
        "Answers are graded without a GPU. Make tensors where the input is, with device=x.device, and move nothing."
    ),
    r"^ModuleNotFoundError: No module named": (
        "The grader has your notebook and the packages of the course, no other file. Write what you need into a cell."
    ),
}

Outcome = Literal["correct", "wrong", "error", "unusable", "stub"]
Measure = Callable[[Exercise, Any, Mapping[str, Value]], Observation]


@dataclass(frozen=True, kw_only=True)
class Finding:
    """What one criterion earned and why."""

    criterion: str
    text: str
    hidden: bool
    outcome: Outcome
    points: float
    out_of: float
    message: str = ""
    slip: str = ""


@dataclass(frozen=True, kw_only=True)
class Result:
    """What one answer earned.

    Attributes:
        exercise: its registered name.
        seed: the seed its cases were drawn from; the same seed gives the same cases again.
        findings: one per criterion, in the order of the exercise.
    """

    exercise: str
    seed: int
    findings: tuple[Finding, ...]

    @property
    def points(self) -> float:
        """What was earned."""
        return sum(finding.points for finding in self.findings)

    @property
    def out_of(self) -> float:
        """What could be earned."""
        return sum(finding.out_of for finding in self.findings)

    def to_dict(self) -> dict[str, Any]:
        """Return plain data, ready for JSON."""
        return {**asdict(self), "findings": [asdict(finding) for finding in self.findings], "points": self.points}


def grade(name: str, answer: Any, seed: int = SUBMISSION_SEED, *, measure_with: Measure | None = None) -> Result:
    """Grade ``answer`` on every criterion of the exercise ``name``.

    Args:
        name: a registered exercise.
        answer: the student's function or class.
        seed: which cases to draw. Seeds 0 (the check) and 1 (after submission) have recorded references.
        measure_with: runs the answer somewhere else, for example in a sandbox: (exercise, answer, inputs) ->
            :class:`~srkit.exercises.Observation`. By default it runs here.

    Raises:
        UnknownName: there is no such exercise.
    """
    exercise = EXERCISES.get(name)
    return grade_criteria(exercise, answer, seed, exercise.criteria, measure_with or _measure_here)


def grade_criteria(
    exercise: Exercise, answer: Any, seed: int, criteria: Sequence[Criterion], measure_with: Measure
) -> Result:
    """Grade ``answer`` on some criteria only."""
    cases = exercise.cases(seed)
    findings = tuple(
        _grade_one(
            exercise, answer, criterion, [case for case in cases if case.criterion == criterion.name], measure_with
        )
        for criterion in criteria
    )
    return Result(exercise=exercise.name, seed=seed, findings=findings)


def judge(exercise: Exercise, case: Case, observation: Observation) -> tuple[Outcome, str, str]:
    """Compare one observation with the references; return (outcome, message, name of the slip recognised)."""
    if observation.trouble:
        slips = exercise.slips.items() if observation.trouble == "error" else ()
        known = (one for one in slips if one[1].raises and re.search(one[1].raises, observation.message))
        name, slip = next(known, ("", None))
        said = (hint for pattern, hint in _HINTS.items() if re.search(pattern, observation.message))
        hint = slip.message if slip else next(said, "")
        told = f"{hint} ({observation.message})" if hint else observation.message
        return observation.trouble, told, name
    if observation.changed:
        names = " and ".join(f"`{name}`" for name in observation.changed)
        return "wrong", f"Your code changes its input {names} in place; the caller still needs it as it was.", ""
    outputs = observation.outputs or {}
    tolerance = case.tolerance or exercise.tolerance
    alternatives = expected_outputs(exercise, case)
    if any(agree(outputs, expected, tolerance) for expected in alternatives):
        return "correct", "", ""
    plausible = (
        _size(outputs) <= 16 * _size(alternatives[0]) + 4096
    )  # what is larger is nobody's slip, and slow to look at
    for name, slip in exercise.slips.items() if plausible else ():
        if _recognised(exercise, slip, case, outputs, alternatives[0]):
            return "wrong", slip.message, name
    problems = (difference(name, outputs.get(name), value, tolerance) for name, value in alternatives[0].items())
    return "wrong", next(problem for problem in problems if problem is not None), ""


def _grade_one(
    exercise: Exercise, answer: Any, criterion: Criterion, cases: Sequence[Case], measure_with: Measure
) -> Finding:
    outcome: Outcome = "correct"
    message = slip = ""
    for case in cases:
        outcome, message, slip = judge(exercise, case, measure_with(exercise, answer, case.inputs))
        if outcome != "correct":
            break
    return Finding(
        criterion=criterion.name,
        text=criterion.text,
        hidden=criterion.hidden,
        outcome=outcome,
        points=criterion.points if outcome == "correct" else 0.0,
        out_of=criterion.points,
        message=message,
        slip=slip,
    )


def _measure_here(exercise: Exercise, answer: Any, inputs: Mapping[str, Value]) -> Observation:
    return measure(exercise.perform, answer, inputs)


def _size(value: Any) -> int:
    """Return how many numbers and letters there are in a plain value."""
    if isinstance(value, Tensor):
        return value.numel()
    if isinstance(value, Mapping):
        return sum(map(_size, value.values()))
    return len(value) if isinstance(value, str) else sum(map(_size, value)) if isinstance(value, list) else 1


def _recognised(exercise: Exercise, slip: Slip, case: Case, outputs: Mapping[str, Any], expected: Any) -> bool:
    try:
        if slip.sign is not None:
            return bool(slip.sign(case.inputs, outputs, expected))
        if slip.wrong is None:
            return False
        imitation = measure(exercise.perform, slip.wrong, case.inputs)
        return imitation.outputs is not None and agree(outputs, imitation.outputs, case.tolerance or exercise.tolerance)
    except (RuntimeError, TypeError, ValueError, KeyError, IndexError, AttributeError):
        return False  # the outputs are of a kind this slip cannot have produced
