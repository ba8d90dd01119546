"""What an exercise is: data, three pure functions, and nothing that runs by itself.

An exercise is asked in two places, under the student's cell and in the grader, from this one definition. The work is
cut so that the student's code can sit on the far side of a wall::

    cases(seed)              grader's side   seed -> plain inputs (tensors, numbers, strings)
    perform(answer, inputs)  student's side  runs the answer, returns plain outputs; holds no expected value
    judge(...)               grader's side   compares those outputs with what the references give

Inputs and outputs are :data:`Value` only, so a grader in another process sends and receives raw arrays.
"""

from __future__ import annotations

import tomllib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any, TypeAlias

import torch
from torch import Tensor

from srkit._registry import Registry
from srkit.errors import BadFile, BadInput
from srkit.exercises._beside import Inputs, Outputs, Perform

__all__ = [
    "EXERCISES", "Case", "Criterion", "Exercise", "Slip", "Tolerance", "add", "define", "drawn", "evenly", "noise",
]  # fmt: skip

Sign: TypeAlias = Callable[[Inputs, Outputs, Outputs], bool]


@dataclass(frozen=True, kw_only=True)
class Tolerance:
    """How far an output may lie from the expected one, and why that far.

    An output agrees where ``|output - expected| <= absolute + relative * |expected|``.
    """

    absolute: float
    relative: float
    reason: str


@dataclass(frozen=True, kw_only=True)
class Criterion:
    """One thing the answer must do, and what it is worth.

    Attributes:
        name: one word, unique within the exercise.
        points: what it earns; all or nothing, partial credit comes from having several criteria.
        text: what is asked, as the student reads it.
        hidden: only tested after submission.
    """

    name: str
    points: float
    text: str
    hidden: bool = False


@dataclass(frozen=True, kw_only=True, eq=False)
class Case:
    """One set of inputs for one criterion.

    Attributes:
        criterion: the criterion it belongs to; a criterion is met when all its cases agree.
        inputs: plain values; ``perform`` gets a copy of them.
        tolerance: overrides the exercise's where this case needs another.
    """

    criterion: str
    inputs: Inputs
    tolerance: Tolerance | None = None


@dataclass(frozen=True)
class Slip:
    """A known misconception: the sentence that helps, and how it is recognised.

    Attributes:
        message: points at the mistake without writing the correction.
        wrong: what a student with this misconception would have written; the slip is recognised when the student's
            outputs equal what this gives on the same inputs.
        sign: alternatively, a test on (inputs, outputs, expected outputs).
        raises: alternatively, a regular expression to be found in the message of the exception that was raised.
    """

    message: str
    wrong: Callable[..., Any] | None = None
    sign: Sign | None = None
    raises: str = ""


@dataclass(frozen=True, kw_only=True, eq=False)
class Exercise:
    """One exercise of a lesson.

    Attributes:
        answer: the name of the function or class the student defines.
        number: where it stands in the course, ``"11.5"``.
        title: one line.
        difficulty: 1 (a line you have seen before) to 5.
        importance: 1 (for pleasure) to 5 (the course builds on it); difficulty and importance tell a student what can
            be skipped.
        minutes: how long most people need.
        criteria: what is asked, with points.
        cases: seed -> cases; pure.
        perform: (answer, inputs) -> outputs; runs beside the student's code, so it stands in a file without answers;
            its name is the exercise's, for example ``tv_loss``.
        references: accepted answers, the library's own first; more than one only where they differ by more than the
            tolerance. Agreement with any of them is agreement. What says that a reference is right is the lesson's
            solution, which is written apart from it.
        tolerance: default tolerance, with its reason.
        slips: known misconceptions, most telling first, each by its name: a few words joined by underscores.
        hints: a nudge, the concept, the first step.
        hides: what of the library gives the answer away, as ``"module:name"``, besides references that stand there; a
            grader takes it out of the student's reach.
        avoid: names of functions that do the whole exercise in one call, and that it is to be written without; () where
            there is none. A call of one costs nothing by itself and is shown to the instructor. Whatever else can be
            imported may be called.
        allowed: names of functions that do the whole exercise in one call, and may: to find it is the exercise.
    """

    answer: str
    number: str
    title: str
    difficulty: int
    importance: int
    minutes: int
    criteria: tuple[Criterion, ...]
    cases: Callable[[int], Sequence[Case]]
    perform: Perform
    references: tuple[Callable[..., Any], ...]
    tolerance: Tolerance
    hints: tuple[str, str, str]
    avoid: tuple[str, ...]
    allowed: tuple[str, ...] = ()
    slips: Mapping[str, Slip] = field(default_factory=dict)
    hides: tuple[str, ...] = ()

    @property
    def name(self) -> str:
        """The registered name, for example ``"tv_loss"``."""
        return self.perform.__name__

    @property
    def lesson(self) -> int:
        """The number of the lesson it belongs to."""
        return int(self.number.partition(".")[0])

    @property
    def calls(self) -> str:
        """What may be called, as the student reads it."""
        if self.avoid:
            mine = f"To be written without calling {' or '.join(self.avoid)}."
        elif self.allowed:
            mine = f"Calling {' or '.join(self.allowed)} is an answer, too."
        else:
            mine = "You may call whatever PyTorch and NumPy have."
        return f"{mine} What srkit has for it is missing when this is graded."

    @property
    def points(self) -> float:
        """What a complete answer earns."""
        return sum(criterion.points for criterion in self.criteria)


EXERCISES: Registry[Exercise] = Registry("exercise")


def add(exercise: Exercise) -> Exercise:
    """File ``exercise`` under its name and return it.

    Raises:
        BadInput: its criteria are not unique, or a public case belongs to no criterion.
        DuplicateName: the name is taken.
    """
    names = [criterion.name for criterion in exercise.criteria]
    tested = {case.criterion for case in exercise.cases(0)}
    if len(set(names)) != len(names) or tested != set(names):
        raise BadInput(
            f"The exercise {exercise.name!r} declares the criteria {names} and its cases test {sorted(tested)}; "
            "each criterion needs its own name and at least one case."
        )
    return EXERCISES.register(exercise.name)(exercise)


def define(
    perform: Perform,
    *,
    cases: Callable[[int], Sequence[Case]],
    references: tuple[Callable[..., Any], ...],
    wrong: Mapping[str, Callable[..., Any]] | None = None,
    signs: Mapping[str, Sign] | None = None,
    raises: Mapping[str, str] | None = None,
) -> Exercise:
    """Put an exercise together from its code and from what is said about it in ``lesson_NN.toml``.

    The file is named like the module of ``perform``, and the table in it like ``perform``. It holds the other fields of
    :class:`Exercise`; ``answer`` may be missing there where it is the same name.

    Args:
        perform: as in :class:`Exercise`.
        cases: as in :class:`Exercise`.
        references: as in :class:`Exercise`.
        wrong: name of a slip -> what a student with this misconception would have written.
        signs: name of a slip -> a test on (inputs, outputs, expected outputs).
        raises: name of a slip -> a regular expression for the message of the exception.

    Raises:
        BadFile: the file cannot be read, or its table lacks a field or has one too many.
        BadInput: a slip has a message and no code, or code and no message.
    """
    path, name = Path(__file__).with_name(f"{perform.__module__.rpartition('.')[2]}.toml"), perform.__name__
    wrong, signs, raises = wrong or {}, signs or {}, raises or {}
    try:
        said = {"answer": name, **_said(path)[name]}
        slips = {
            slip: Slip(message, wrong.get(slip), signs.get(slip), raises.get(slip, ""))
            for slip, message in said.pop("slips").items()
        }
        criteria = tuple(Criterion(name=criterion, **rest) for criterion, rest in said.pop("criteria").items())
        parts: dict[str, Any] = {"criteria": criteria, "slips": slips, "tolerance": Tolerance(**said.pop("tolerance"))}
        lists = {key: tuple(value) for key, value in said.items() if isinstance(value, list)}
        exercise = Exercise(perform=perform, cases=cases, references=references, **parts, **(said | lists))
    except (OSError, ValueError, KeyError, TypeError) as problem:
        why = f"there is no {problem}" if isinstance(problem, KeyError) else problem
        raise BadFile(f"{path}, table [{name}]: {why}. Compare it with the table of another exercise.") from None
    if odd := slips.keys() ^ {*wrong, *signs, *raises}:
        raise BadInput(f"Slips of {name!r} without a message in {path.name} or without code: {', '.join(sorted(odd))}.")
    return exercise


@cache
def _said(path: Path) -> dict[str, dict[str, Any]]:
    return tomllib.loads(path.read_text(encoding="utf-8"))


def noise(*shape: int, seed: int) -> Tensor:
    """Return float32 uniform noise in [0, 1) of the given shape, without touching the global random state."""
    return torch.rand(shape, generator=torch.Generator().manual_seed(seed), dtype=torch.float32)


def evenly(start: float, stop: float, n: int) -> Tensor:
    """Return ``n`` float32 numbers from ``start`` to ``stop``, to the bit the same on every processor.

    ``torch.linspace`` is not; references are found by the bits of the inputs.
    """
    return torch.tensor([start + (stop - start) * i / max(n - 1, 1) for i in range(n)])


def drawn(low: int, high: int, *, seed: int) -> int:
    """Return a whole number from ``low`` to ``high``, each as likely, without touching the global random state."""
    return low + int((high - low + 1) * float(noise(1, seed=seed)))
