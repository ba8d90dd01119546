"""Which of a student's files count for which lesson: decided by what they answer, never by time or name alone.

A notebook is *at home* in the lessons whose exercises it mostly has places for; it may answer exercises of others too.
For one lesson, of the files of one student:

1. what answers nothing of the lesson that another file does not is not used;
2. files that answer different exercises are put together;
3. two files that answer the same exercise differently are a question to a person. Both are graded, and as long as they
   earn different points nothing counts but a person's choice.

Whatever is not used is listed with the reason.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache

from autograder.answers import Survey
from autograder.intake import HandIn, Refused
from autograder.reader import Reader
from srkit.exercises import EXERCISES

__all__ = ["Choice", "Sorted", "answers_of", "lesson_of", "sort_files"]


@dataclass(frozen=True, kw_only=True)
class Choice:
    """What is graded of one student for one lesson.

    Attributes:
        used: the files that count, the first of them the one with most answers.
        data: the notebook to grade, where it is put together from several; b"" where it is the only file's.
        rivals: files that answer the same exercises otherwise.
        note: what somebody should know about the choice, or "".
    """

    used: tuple[HandIn, ...]
    data: bytes = b""
    rivals: tuple[HandIn, ...] = ()
    note: str = ""

    def read(self) -> bytes:
        """Return the notebook to grade."""
        return self.data or self.used[0].read()


@dataclass(frozen=True, kw_only=True)
class Sorted:
    """A class, sorted.

    Attributes:
        lessons: lesson -> student -> what is graded.
        unused: every file that is not, with the reason.
        nothing: student -> why no file can be graded at all.
    """

    lessons: Mapping[int, Mapping[str, Choice]]
    unused: tuple[Refused, ...] = ()
    nothing: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class _Looked:
    hand_in: HandIn
    survey: Survey
    homes: frozenset[int]


def answers_of(lesson: int) -> list[str]:
    """Return the names of the functions and classes a lesson asks for."""
    return [name for name, number in lesson_of().items() if number == lesson]


@lru_cache
def lesson_of() -> dict[str, int]:
    """Return name of an answer -> number of its lesson, in the order of the course."""
    known = [EXERCISES.get(name) for name in EXERCISES]
    return {one.answer: one.lesson for one in sorted(known, key=lambda one: [int(x) for x in one.number.split(".")])}


def sort_files(
    hand_ins: Iterable[HandIn],
    reader: Reader,
    only: int | None = None,
    choices: Mapping[tuple[str, int], str] | None = None,
) -> Sorted:
    """Sort a class.

    Args:
        hand_ins: every file of everybody.
        reader: reads them; it must look for the answers of all lessons.
        only: the lesson that is graded; None for all.
        choices: (student, lesson) -> name of the file that a person chose.
    """
    lessons: dict[int, dict[str, Choice]] = {}
    unused: list[Refused] = []
    nothing: dict[str, str] = {}
    everybody: dict[str, list[_Looked]] = {}
    for hand_in in hand_ins:
        survey = reader.survey(hand_in.read(), hand_in.digest)
        everybody.setdefault(hand_in.student, []).append(_Looked(hand_in, survey, _homes(hand_in, survey, only)))
    for student, files in everybody.items():
        reasons: dict[str, list[str]] = {one.hand_in.name: [] for one in files}
        graded: set[str] = set()
        for lesson in sorted({n for one in files for n in _has_places(one)} if only is None else {only}):
            choice = _choose(lesson, files, reader, reasons, (choices or {}).get((student, lesson), ""))
            if choice is not None:
                lessons.setdefault(lesson, {})[student] = choice
                graded |= {one.name for one in (*choice.used, *choice.rivals)}
        left = [one for one in files if one.hand_in.name not in graded]
        refused = [
            Refused(name=one.hand_in.name, reason=_why(one, reasons, only), person=one.hand_in.person) for one in left
        ]
        unused += refused
        if not graded:
            nothing[student] = "; ".join(f"{one.name}: {one.reason}" for one in refused)
    return Sorted(lessons=lessons, unused=tuple(unused), nothing=nothing)


def _has_places(one: _Looked) -> frozenset[int]:
    """Return the lessons a file is at home in, and those of whose exercises it defines an answer."""
    known = lesson_of()
    return one.homes | {known[name] for name in one.survey.defined}


def _homes(hand_in: HandIn, survey: Survey, only: int | None) -> frozenset[int]:
    """Return the lessons a file has places for half of the exercises of, or else for more than of any other."""
    known = lesson_of()
    if survey.problem:  # nothing tells but its name
        stem = hand_in.name.rpartition("/")[2]
        named = {lesson for lesson in set(known.values()) if stem.startswith(f"{lesson:02d}_")}
        return frozenset(named or ({only} if only is not None else ()))
    real = survey.defined | survey.stubs | survey.broken
    shares = {n: len(real & set(answers_of(n))) / len(answers_of(n)) for n in sorted({known[name] for name in real})}
    most = max(shares.values(), default=0.0)
    return frozenset(n for n, share in shares.items() if share >= 0.5 or share == most)


def _choose(
    lesson: int, files: Sequence[_Looked], reader: Reader, reasons: dict[str, list[str]], chosen: str
) -> Choice | None:
    mine = set(answers_of(lesson))
    readable = [one for one in files if lesson in _has_places(one) and not one.survey.problem]
    spoilt = [one for one in files if lesson in one.homes and one.survey.problem]
    if named := [one for one in (*readable, *spoilt) if one.hand_in.name == chosen]:
        _tell(reasons, [one for one in (*readable, *spoilt) if one not in named], f"{chosen} was chosen by a person")
        return Choice(used=(named[0].hand_in,))
    answered = [one for one in readable if _given(one, lesson, mine)]
    if not answered:
        return _untouched(lesson, readable, spoilt, reasons)
    answered.sort(key=lambda one: (lesson not in one.homes, -len(_given(one, lesson, mine)), one.hand_in.name))
    kept = _not_covered(lesson, answered, mine, reasons)
    _tell(reasons, [one for one in readable if one not in answered], f"it answers nothing of lesson {lesson}")
    note = "".join(f"{one.hand_in.name} cannot be read ({one.survey.problem}) " for one in spoilt)
    note = f"{note}and does not count; see whether that is the student's last word." if note else ""
    _tell(reasons, spoilt, "it cannot be read, and another file answers this lesson")
    rivals = [one for one in kept[1:] if _clashes(kept[0], one, lesson, mine)]
    parts = [one for one in kept if one not in rivals]
    used, data = _together(parts, reader, mine, lesson)
    if data is None:  # names of theirs meet; each is graded by itself
        rivals, used, data = [*rivals, *parts[1:]], (parts[0].hand_in,), b""
    return Choice(used=used, data=data, rivals=tuple(one.hand_in for one in rivals), note=note)


def _given(one: _Looked, lesson: int, mine: set[str]) -> dict[str, str]:
    """Return what a file answers of a lesson; of a guest, variables that bear a name by chance do not count."""
    home = lesson in one.homes
    return {n: d for n, d in one.survey.answers.items() if n in mine and (home or n in one.survey.defined)}


def _not_covered(
    lesson: int, answered: Sequence[_Looked], mine: set[str], reasons: dict[str, list[str]]
) -> list[_Looked]:
    """Leave out what answers nothing that a file before it does not, and guests of a lesson that has a file."""
    kept: list[_Looked] = []
    for one in answered:
        given = _given(one, lesson, mine)
        at_home = {n for other in kept if lesson in other.homes for n in _given(other, lesson, mine)}
        same = next((other for other in kept if given.items() <= _given(other, lesson, mine).items()), None)
        if same is not None:
            equal = (
                "answers lesson {} just as {} does"
                if same.survey.answers == one.survey.answers
                else ("answers nothing of lesson {} that {} does not")
            )
            _tell(reasons, [one], f"it {equal.format(lesson, same.hand_in.name)}")
        elif lesson not in one.homes and set(given) <= at_home:
            _tell(
                reasons, [one], f"it belongs to another lesson; lesson {lesson} is answered by {kept[0].hand_in.name}"
            )
        else:
            kept.append(one)
    return kept


def _clashes(first: _Looked, other: _Looked, lesson: int, mine: set[str]) -> bool:
    one, two = _given(first, lesson, mine), _given(other, lesson, mine)
    return any(one[name] != two[name] for name in set(one) & set(two))


def _together(
    parts: Sequence[_Looked], reader: Reader, mine: set[str], lesson: int
) -> tuple[tuple[HandIn, ...], bytes | None]:
    """Put files together that answer different exercises; None where an answer would not stay what it is."""
    used = tuple(one.hand_in for one in parts)
    if len(parts) == 1:
        return used, b""
    data = reader.merged([one.read() for one in used])
    if data is None:
        return used, None
    wanted = {name: digest for one in reversed(parts) for name, digest in _given(one, lesson, mine).items()}
    got = reader.survey(data).answers
    return used, data if all(got.get(name) == digest for name, digest in wanted.items()) else None


def _untouched(
    lesson: int, readable: Sequence[_Looked], spoilt: Sequence[_Looked], reasons: dict[str, list[str]]
) -> Choice | None:
    """Choose among files of which none answers anything: one that cannot be read before one that was left as it was."""
    at_home = [one for one in readable if lesson in one.homes]
    note = ""
    if spoilt and at_home:
        note = (
            f"{spoilt[0].hand_in.name} cannot be read, and {at_home[0].hand_in.name} answers nothing: ask the student."
        )
    files = sorted(
        [*spoilt, *at_home], key=lambda one: (not one.survey.problem, -len(one.survey.broken), one.hand_in.name)
    )
    if not files:
        return None
    _tell(reasons, files[1:], f"it answers nothing of lesson {lesson}")
    return Choice(used=(files[0].hand_in,), note=note)


def _tell(reasons: dict[str, list[str]], files: Iterable[_Looked], reason: str) -> None:
    for one in files:
        reasons[one.hand_in.name].append(reason)


def _why(one: _Looked, reasons: Mapping[str, Sequence[str]], only: int | None) -> str:
    if told := reasons[one.hand_in.name]:
        return "; ".join(dict.fromkeys(told))
    if one.survey.problem:
        return one.survey.problem
    others = ", ".join(str(lesson) for lesson in sorted(_has_places(one)))
    if only is not None and others:
        return f"it has places for lesson {others} only, and lesson {only} is graded"
    return "it has no place for any exercise of the course: another notebook, or its functions were renamed"
