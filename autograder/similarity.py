"""Answers that are alike: between students, with the shipped solution, and with the library's own code.

Compared are fingerprints, for which names and spacing do not count. What the class has in common is discounted: code
that the lesson gives out, pieces that a third of the class has, and an answer that a quarter of the class has in the
same form, which short exercises have of themselves. What is left is a hint to read two answers side by side, and no
verdict.
"""

from __future__ import annotations

import inspect
import textwrap
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from autograder.prints import Print
from autograder.reader import Reader
from autograder.record import Record
from srkit.exercises import EXERCISES
from tools._lesson import read_lesson

__all__ = ["LIBRARY", "SHIPPED", "Match", "avoided", "matches", "prints_of"]

SHIPPED, LIBRARY = "the shipped solution", "the library"
NEAR = 0.8  # of all pieces that either of two has
FEWEST = 12  # pieces beyond what is common: two answers of one line prove nothing
GIVEN = ("code", "setup")
Prints = Mapping[str, Mapping[str, Print]]  # exercise -> student -> print


@dataclass(frozen=True, kw_only=True)
class Match:
    """Answers that are alike.

    Attributes:
        exercise: to which one.
        names: whose they are.
        share: of the pieces that they have in common, 1 where they are identical but for names.
        codes: their normal forms, in the order of the names; of identical ones the first two.
        common: how many have this answer, where it is so common that it tells nothing; else 0.
    """

    exercise: str
    names: tuple[str, ...]
    share: float
    codes: tuple[str, ...]
    common: int = 0


def prints_of(records: Mapping[str, Record], reader: Reader) -> dict[str, dict[str, Print]]:
    """Return exercise -> student -> fingerprint of everybody who answered.

    Args:
        records: student -> what counts.
        reader: takes the fingerprints, for what students wrote is parsed there only.
    """
    found: dict[str, dict[str, Print]] = {}
    for student, record in sorted(records.items()):
        for exercise, result in record.results.items():
            mine = found.setdefault(exercise, {})
            if result.source.strip() and result.outcome != "no answer":
                mine[student] = reader.fingerprint(result.source, EXERCISES.get(exercise).answer)
    return found


def matches(prints: Prints, lesson: Path, reader: Reader) -> list[Match]:
    """Return what is alike, the most alike first.

    Args:
        prints: of a class.
        lesson: the lesson's source, with the shipped solutions and the code that is given out.
        reader: takes the fingerprints of these.
    """
    cells = read_lesson(lesson)
    solutions = {cell.name: cell.source for cell in cells if cell.kind == "exercise"}
    given = [reader.fingerprint(cell.source) for cell in cells if cell.kind in GIVEN]
    lent = frozenset[str]().union(*(one.pieces for one in given))
    found: list[Match] = []
    for exercise, students in prints.items():
        known = {SHIPPED: reader.fingerprint(solutions[exercise])} if exercise in solutions else {}
        known |= {LIBRARY: reader.fingerprint(code)} if (code := _library(exercise)) else {}
        found += _alike(exercise, students, known, lent)
    return sorted(found, key=lambda one: (one.common, -one.share, one.exercise, one.names))


def avoided(prints: Prints) -> list[tuple[str, str, tuple[str, ...]]]:
    """Return (student, exercise, names) for every answer that calls what its exercise is to be written without."""
    found = []
    for exercise, students in prints.items():
        names = set(EXERCISES.get(exercise).avoid)
        for student, one in students.items():
            if calls := sorted(names & one.called):
                found.append((student, exercise, tuple(calls)))
    return found


def _library(exercise: str) -> str:
    """Return the code of the library's own answer, where it is a function or class."""
    first = EXERCISES.get(exercise).references[0]
    try:
        return textwrap.dedent(inspect.getsource(first)) if getattr(first, "__name__", "<") != "<lambda>" else ""
    except (OSError, TypeError):
        return ""


def _alike(
    exercise: str, students: Mapping[str, Print], known: Mapping[str, Print], lent: frozenset[str]
) -> list[Match]:
    """Return the groups that are identical but for names, then the pairs that are nearly so."""
    counts = Counter(piece for one in students.values() for piece in one.pieces)
    usual = lent | {piece for piece, count in counts.items() if count > max(2, len(students) / 3)}
    everybody = {**students, **known}
    forms: dict[str, list[str]] = {}
    for name, one in everybody.items():
        if one.whole:
            forms.setdefault(one.whole, []).append(name)
    found = [_identical(exercise, names, students, everybody) for names in forms.values() if len(names) > 1]
    firsts = [names[0] for names in forms.values()]
    rare = {name: everybody[name].pieces - usual for name in firsts}
    for name, other in _candidates(rare):
        if name in students or other in students:
            union = len(rare[name] | rare[other])
            share = len(rare[name] & rare[other]) / union if union else 0.0
            if share >= NEAR and min(len(rare[name]), len(rare[other])) >= FEWEST:
                codes = (everybody[name].code, everybody[other].code)
                found.append(Match(exercise=exercise, names=(name, other), share=share, codes=codes))
    return [one for one in found if one is not None]


def _identical(
    exercise: str, names: Sequence[str], students: Mapping[str, Print], everybody: Mapping[str, Print]
) -> Match | None:
    mine = [name for name in names if name in students]
    if not mine:
        return None
    usual = len(mine) if len(mine) >= max(4, len(students) / 4) else 0
    codes = tuple(everybody[name].code for name in names[:2])
    return Match(exercise=exercise, names=tuple(names), share=1.0, codes=codes, common=usual)


def _candidates(rare: Mapping[str, frozenset[str]]) -> list[tuple[str, str]]:
    """Return the pairs that share enough to be looked at, without comparing everybody with everybody."""
    owners: dict[str, list[str]] = {}
    for name, pieces in rare.items():
        for piece in pieces:
            owners.setdefault(piece, []).append(name)
    shared: Counter[tuple[str, str]] = Counter()
    for names in owners.values():
        shared.update((one, two) for place, one in enumerate(names) for two in names[place + 1 :])
    return sorted(pair for pair, count in shared.items() if count >= FEWEST * NEAR)
