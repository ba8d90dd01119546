"""Hints, asked for one at a time, predictions, written down before the answer is seen, and how far one has come."""

from __future__ import annotations

import contextlib
import csv
import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from srkit import _home
from srkit._html import render
from srkit.errors import BadFile, BadInput
from srkit.exercises._model import EXERCISES, Exercise
from srkit.ops.atomic import write_atomically

__all__ = ["Note", "hint", "note_check", "predict", "progress", "recall"]

_LEVELS = ("nudge", "concept", "first step")
_SOLUTION = 4
_JOURNAL = "predictions.json"
_HINTS = "hints.csv"
_CHECKS = "checks.csv"


@dataclass(frozen=True)
class Note:
    """A short text with a heading, shown alike in a terminal and in a notebook, where code is folded.

    Attributes:
        heading: one line.
        text: a sentence or two.
        code: what stands below them as it is, or "".
        rows: a table, its first row the head, or ().
    """

    heading: str
    text: str
    code: str = ""
    rows: tuple[tuple[str, ...], ...] = ()

    def __str__(self) -> str:
        lines = ["  ".join(f"{cell:16}" for cell in row).rstrip() for row in self.rows]
        return "\n".join([self.heading, f"  {self.text}", *lines, *self.code.splitlines()])

    __repr__ = __str__

    def _repr_html_(self) -> str:
        template = Path(__file__).with_name("verdict.html")
        return render(template, headline=self.heading, findings=(), notes=[self.text], code=self.code, rows=self.rows)


def hint(name: str, level: int = 1, *, folder: str | Path | None = None) -> Note:
    """Return a hint for an exercise, and note in ``hints.csv`` that it was asked for. The note goes nowhere else.

    Args:
        name: a registered exercise.
        level: 1 for a nudge, 2 for the concept, 3 for the first step, 4 for a solution, which is shown once an answer
            of your own has been checked (``checks.csv`` tells).
        folder: where the file lies; the working folder by default. Where it cannot be written, the hint is given all
            the same.

    Raises:
        BadInput: there is no such level.
        UnknownName: there is no such exercise.
    """
    exercise = EXERCISES.get(name)
    if level not in (1, 2, 3, _SOLUTION):
        raise BadInput(
            f"There are three hints for {name!r}, level 1, 2 or 3, and a solution, level 4; you asked for {level!r}."
        )
    heading = f"{exercise.number} {exercise.answer}"
    if level == _SOLUTION and not any(row["exercise"] == name for row in _rows(Path(folder or ".") / _CHECKS)):
        first = "A solution is shown after an attempt: write an answer, right or wrong, and run the check below it."
        return Note(f"{heading}: not yet", first)
    _log(Path(folder or ".") / _HINTS, "level", name, str(level))
    if level == _SOLUTION:
        return Note(f"{heading}, a solution", "Yours may be another one and as good.", code=_solution(exercise))
    more = f" More: hint({name!r}, level={level + 1})." if level < 3 else ""
    return Note(f"{heading}, hint {level} of 3 ({_LEVELS[level - 1]})", exercise.hints[level - 1] + more)


def _solution(exercise: Exercise) -> str:
    """Return the cell of the lesson's source that answers an exercise, without its marks."""
    (lesson,) = (_home.grader() / "solutions").glob(f"{exercise.lesson:02}_*.py")
    _, _, below = lesson.read_text(encoding="utf-8").partition(f"# %% exercise {exercise.name}\n")
    cell = below.partition("\n# %%")[0].strip()
    return "\n".join(line for line in cell.splitlines() if not line.strip().startswith("### "))


def note_check(name: str, met: int, asked: int, *, folder: str | Path | None = None) -> None:
    """Note in ``checks.csv`` that an answer met so many of the criteria asked."""
    _log(Path(folder or ".") / _CHECKS, "met,asked", name, f"{met},{asked}")


def progress(*, folder: str | Path | None = None) -> Note:
    """Say how far one has come: each exercise with its best check, hints, and the minutes that are left.

    It reads what :func:`check`, :func:`hint` and :func:`predict` noted in the notebooks' folder, and nothing else.

    Args:
        folder: where ``checks.csv``, ``hints.csv`` and ``predictions.json`` lie; the working folder by default.

    Raises:
        BadFile: one of them exists and cannot be read.
    """
    place = Path(folder or ".")
    checks, hints, predictions = _rows(place / _CHECKS), _rows(place / _HINTS), _read(place / _JOURNAL)
    rows, left = [("exercise", "title", "minutes", "criteria met", "hints")], 0
    passed = 0
    for name in sorted(EXERCISES, key=_place):
        exercise = EXERCISES.get(name)
        tried = [(int(row["met"]), int(row["asked"])) for row in checks if row["exercise"] == name]
        met, asked = max(tried, key=lambda one: (one[0] / max(one[1], 1), one[1]), default=(0, 0))
        done = bool(asked) and met == asked
        passed, left = passed + done, left + (0 if done else exercise.minutes)
        asked_for = [row["level"] for row in hints if row["exercise"] == name]
        best = f"{met} of {asked}{' ✓' if done else ''}" if asked else "–"
        rows.append((exercise.number, exercise.title, str(exercise.minutes), best, " ".join(sorted(set(asked_for)))))
    told = f"Predictions written down: {len(predictions)}. Minutes of exercises left: about {left}."
    return Note(f"{passed} of {len(rows) - 1} exercises passed", told, rows=tuple(rows))


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


def _place(name: str) -> tuple[int, ...]:
    return tuple(map(int, EXERCISES.get(name).number.split(".")))


def _log(path: Path, head: str, name: str, values: str) -> None:
    """Append one line: when, which exercise, and what."""
    when = datetime.now().astimezone().isoformat(timespec="seconds")
    with contextlib.suppress(OSError), path.open("a", encoding="utf-8") as journal:
        if journal.tell() == 0:
            journal.write(f"when,exercise,{head}\n")
        journal.write(f"{when},{name},{values}\n")


def _rows(path: Path) -> list[dict[str, str]]:
    """Return the lines of such a file that are whole, with numbers after the exercise."""
    if not path.exists():
        return []
    try:
        found = list(csv.DictReader(path.read_text(encoding="utf-8").splitlines()))
    except (OSError, ValueError) as problem:
        raise BadFile(
            f"{path} holds what you have tried and cannot be read ({problem}). Mend or move it away."
        ) from None
    return [row for row in found if "exercise" in row and all(str(value).isdigit() for value in [*row.values()][2:])]


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
