"""Wrong answers, each named after the misconception behind it, with the points its author says it must get.

One file per exercise. A mutant is written as a student would write it; the decorator states what it earns and which
slip the check must recognise in it. Where that would be the computation of the slip once more, the slip's own ``wrong``
is the mutant: ``OF_SLIPS`` states what it earns. Exercises of difficulty 3 and more have both, so that the hardest are
recognised in other words, too. :func:`mutants` reads them all; nothing else lists them.
"""

from __future__ import annotations

import importlib
import inspect
import pkgutil
import re
from collections.abc import Callable
from dataclasses import dataclass
from textwrap import dedent
from typing import Any, TypeVar

from srkit.exercises import EXERCISES

__all__ = ["Mutant", "mutant", "mutants"]

Answer = TypeVar("Answer", bound=Callable[..., Any])


@dataclass(frozen=True)
class Mutant:
    """One wrong answer.

    Attributes:
        exercise: which exercise it answers.
        name: the misconception.
        answer: the function or class.
        points: what its author says it earns.
        slip: the slip that must be recognised, or "" where only the numbers can be told.
        written: whether it is written as a student would write it; else it is the slip's own.
    """

    exercise: str
    name: str
    answer: Callable[..., Any]
    points: float
    slip: str
    written: bool = True

    def source(self) -> str:
        """Return the code of a written one as a cell would hold it, under the name the exercise asks for.

        The classes of the same file that it is made from, and the functions that it calls, stand before it.
        """
        text = dedent(inspect.getsource(self.answer))
        lines = text.splitlines()
        code = "\n".join(lines[next(i for i, line in enumerate(lines) if line.startswith(("def ", "class "))) :])
        wanted = EXERCISES.get(self.exercise).answer
        code = re.sub(rf"^(def|class) {re.escape(self.answer.__name__)}\b", rf"\1 {wanted}", code)
        beside = vars(importlib.import_module(self.answer.__module__)).items()
        needed = [
            thing for name, thing in beside if _is_a_piece(thing, self.answer) and re.search(rf"\b{name}\b", text)
        ]
        return "\n\n\n".join([*map(inspect.getsource, needed), code])


def _is_a_piece(thing: object, answer: Callable[..., Any]) -> bool:
    """Tell whether wrong answers of one file are made of this: a class or function there that is none itself."""
    made = inspect.isclass(thing) or inspect.isfunction(thing)
    return made and thing.__module__ == answer.__module__ and not hasattr(thing, "__mutant__")


def mutant(points: float, slip: str = "") -> Callable[[Answer], Answer]:
    """Mark a wrong answer with what it must earn and the slip that must be recognised."""

    def mark(answer: Answer) -> Answer:
        answer.__mutant__ = (points, slip)  # type: ignore[attr-defined]
        return answer

    return mark


def mutants(exercise: str) -> list[Mutant]:
    """Return the mutants of one exercise, the written ones first, as ``autograder/mutants/<exercise>.py`` has them."""
    if exercise not in {module.name for module in pkgutil.iter_modules(__path__)}:
        return []
    module = importlib.import_module(f"{__name__}.{exercise}")
    marked = ((name, thing) for name, thing in vars(module).items() if hasattr(thing, "__mutant__"))
    written = [Mutant(exercise, name.strip("_"), thing, *thing.__mutant__) for name, thing in marked]
    wrong = {key: slip.wrong for key, slip in EXERCISES.get(exercise).slips.items() if slip.wrong}
    earned = getattr(module, "OF_SLIPS", {}).items()
    return written + [Mutant(exercise, name, wrong[name], points, name, written=False) for name, points in earned]
