"""Hints, asked for one at a time, and predictions, written down before the answer is seen."""

from __future__ import annotations

import contextlib
import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from srkit._html import render
from srkit.errors import BadFile, BadInput
from srkit.exercises._model import EXERCISES
from srkit.ops.atomic import write_atomically

__all__ = ["Note", "hint", "predict", "recall"]

_LEVELS = ("nudge", "concept", "first step")
_JOURNAL = "predictions.json"
_HINTS = "hints.csv"


@dataclass(frozen=True)
class Note:
    """A short text with a heading, shown alike in a terminal and in a notebook."""

    heading: str
    text: str

    def __str__(self) -> str:
        return f"{self.heading}\n  {self.text}"

    __repr__ = __str__

    def _repr_html_(self) -> str:
        return render(Path(__file__).with_name("verdict.html"), headline=self.heading, findings=(), notes=[self.text])


def hint(name: str, level: int = 1, *, folder: str | Path | None = None) -> Note:
    """Return a hint for an exercise, and note in ``hints.csv`` that it was asked for. The note goes nowhere else.

    Args:
        name: a registered exercise.
        level: 1 for a nudge, 2 for the concept, 3 for the first step.
        folder: where the file lies; the working folder by default. Where it cannot be written, the hint is given all
            the same.

    Raises:
        BadInput: there is no such level.
        UnknownName: there is no such exercise.
    """
    exercise = EXERCISES.get(name)
    if level not in (1, 2, 3):
        raise BadInput(f"There are three hints for {name!r}: level 1, 2 or 3; you asked for {level!r}.")
    _log(Path(folder or ".") / _HINTS, name, level)
    more = f" More: hint({name!r}, level={level + 1})." if level < 3 else ""
    heading = f"{exercise.number} {exercise.answer}, hint {level} of 3 ({_LEVELS[level - 1]})"
    return Note(heading, exercise.hints[level - 1] + more)


def predict(question: str, guess: str | None, *, choices: Sequence[str], folder: str | Path | None = None) -> Note:
    """Write a prediction down, once, before the experiment that decides it is run.

    The first guess counts: it is kept in ``predictions.json`` in ``folder`` and a later, different one is only noted.

    Args:
        question: a short name for the question, for example ``"11-self-ensemble"``.
        guess: one of ``choices``; None or ``"?"`` while there is no guess yet.
        choices: what can be answered.
        folder: where the file lies; the working folder by default.

    Raises:
        BadInput: the guess is not among the choices.
        BadFile: the file exists and cannot be read or written.
    """
    if guess is None or guess == "?":
        return Note("No prediction yet", f"Write one of {', '.join(choices)} in the cell above before you go on.")
    if guess not in choices:
        raise BadInput(f"Your prediction {guess!r} is not among the choices: {', '.join(choices)}.")
    path = Path(folder or ".") / _JOURNAL
    journal = _read(path)
    first = journal.setdefault(question, guess)
    _write(path, journal)
    if first != guess:
        return Note(f"You first predicted {first}", f"Now you say {guess}. The first answer is the one to learn from.")
    return Note(f"Prediction noted: {guess}", f"It is kept in {path.name}; the lesson comes back to it.")


def recall(question: str, outcome: str, *, folder: str | Path | None = None) -> Note:
    """Put what was predicted beside what was measured.

    Args:
        question: the name given to :func:`predict`.
        outcome: what happened, in words or as one of the choices.
        folder: as in :func:`predict`.

    Raises:
        BadFile: the file exists and cannot be read.
    """
    guess = _read(Path(folder or ".") / _JOURNAL).get(question)
    if guess is None:
        return Note(f"Measured: {outcome}", "You made no prediction here. A guess first makes the number stay in mind.")
    surprise = "as you predicted." if guess == outcome else "what would explain the difference?"
    return Note(f"Measured: {outcome}", f"You predicted {guess}: {surprise}")


def _log(path: Path, name: str, level: int) -> None:
    """Append one line: when, which exercise, which hint."""
    when = datetime.now().astimezone().isoformat(timespec="seconds")
    with contextlib.suppress(OSError), path.open("a", encoding="utf-8") as journal:
        if journal.tell() == 0:
            journal.write("when,exercise,level\n")
        journal.write(f"{when},{name},{level}\n")


def _read(path: Path) -> dict[str, str]:
    if not path.exists():
        return {}
    try:
        journal = json.loads(path.read_text(encoding="utf-8"))
        if not isinstance(journal, dict):
            raise ValueError("it holds no table")
    except (OSError, ValueError) as problem:
        raise BadFile(f"{path} holds your predictions and cannot be read ({problem}). Mend or move it away.") from None
    return {str(question): str(guess) for question, guess in journal.items()}


def _write(path: Path, journal: dict[str, str]) -> None:
    write_atomically(path, (json.dumps(journal, indent=1, sort_keys=True) + "\n").encode())
