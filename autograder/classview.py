"""A class at a glance, as plain data: what a page, a widget or a notebook draws from.

Nothing here runs, reads or shows anything; :func:`class_view` is a function from records to numbers and words.
"""

from __future__ import annotations

import statistics
from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any

from autograder.bridge import Standing
from autograder.record import Record
from autograder.store import Entry
from srkit.exercises import EXERCISES

__all__ = ["ClassView", "CriterionView", "ItemView", "Misconception", "StudentView", "class_view"]

FAR = 3.5  # of the modified z-score: Iglewicz and Hoaglin, How to Detect and Handle Outliers, 1993


@dataclass(frozen=True, kw_only=True)
class StudentView:
    """One student.

    Attributes:
        name: in the course.
        score: what counts; None as long as something waits for a person.
        per_exercise: exercise -> automatic points, None where grading failed.
        flag: why somebody should look, or "".
        unusual: what is unusual about this student, or "".
        late: whether it came after the date it was due.
    """

    name: str
    score: float | None
    per_exercise: Mapping[str, float | None]
    flag: str = ""
    unusual: str = ""
    late: bool = False


@dataclass(frozen=True, kw_only=True)
class CriterionView:
    """One criterion over the whole class.

    Attributes:
        exercise: the exercise.
        name: the criterion.
        text: what is asked.
        hidden: only tested after submission.
        met: share of the class that met it.
        telling: correlation between meeting it and the score on everything else; None where all or nobody met it. A
            negative one says that the better students fail: look at the criterion, not at them.
        outcomes: outcome -> number of students.
    """

    exercise: str
    name: str
    text: str
    hidden: bool
    met: float
    telling: float | None
    outcomes: Mapping[str, int]


@dataclass(frozen=True, kw_only=True)
class ItemView:
    """One exercise over the whole class.

    Attributes:
        exercise: the exercise.
        share: mean share of its points that was earned: its difficulty, 1 for an exercise that everybody can.
        telling: correlation between its points and those of all others: its discrimination; None where there is none.
    """

    exercise: str
    share: float
    telling: float | None


@dataclass(frozen=True, kw_only=True)
class Misconception:
    """A misconception that was recognised.

    Attributes:
        exercise: where.
        name: its name.
        message: what its author tells the student.
        students: who.
    """

    exercise: str
    name: str
    message: str
    students: tuple[str, ...]


@dataclass(frozen=True, kw_only=True)
class ClassView:
    """The class.

    Attributes:
        title: of the lesson.
        max_points: what could be earned.
        students: sorted by name.
        missing: name -> why there is nothing to grade.
        distribution: (from, to, number of students) for each bar; the last bar includes its end.
        criteria: the hardest first.
        misconceptions: the commonest first.
        items: the exercises, the hardest first.
        answered: exercise -> number of students who answered it.
        wrong: answers, over all exercises, that were not right.
        recognised: those of them that show a known misconception.
        no_answer: how often there was no answer at all.
    """

    title: str
    max_points: float
    students: tuple[StudentView, ...]
    missing: Mapping[str, str]
    distribution: tuple[tuple[float, float, int], ...]
    criteria: tuple[CriterionView, ...]
    misconceptions: tuple[Misconception, ...]
    items: tuple[ItemView, ...] = ()
    answered: Mapping[str, int] = field(default_factory=dict)
    wrong: int = 0
    recognised: int = 0
    no_answer: int = 0

    @property
    def scores(self) -> list[float]:
        """The scores that are settled."""
        return [student.score for student in self.students if student.score is not None]

    def to_dict(self) -> dict[str, Any]:
        """Return plain data, ready for JSON."""
        return asdict(self)


def class_view(
    title: str,
    current: Mapping[str, tuple[Entry, Record]],
    standings: Mapping[str, Standing] | None = None,
    missing: Mapping[str, str] | None = None,
    *,
    notes: Mapping[str, str] | None = None,
    late: Collection[str] = (),
) -> ClassView:
    """Look at a class.

    Args:
        title: of the lesson.
        current: student -> what counts, as :meth:`autograder.store.Store.current` gives it.
        standings: student -> what the grade book holds, a person's scores included.
        missing: name -> why there is nothing to grade.
        notes: student -> what a person should look at besides.
        late: students whose hand-in came after the date it was due.
    """
    records = {student: record for student, (_, record) in sorted(current.items())}
    scores = {student: _score(student, record, standings or {}) for student, record in records.items()}
    most = max((record.max_points for record in records.values()), default=0.0)
    results = [result for record in records.values() for result in record.results.values()]
    wrong = [one for one in results if one.outcome not in ("correct", "no answer", "infrastructure")]
    unusual = _unusual(scores, records, criteria := _criteria(records))
    students = tuple(
        StudentView(
            name=student,
            score=scores[student],
            per_exercise={name: result.points for name, result in record.results.items()},
            flag=_flag(record, current[student][0].flag, (notes or {}).get(student, "")),
            unusual=unusual.get(student, ""),
            late=student in late,
        )
        for student, record in records.items()
    )
    return ClassView(
        title=title,
        max_points=most,
        students=students,
        missing=dict(sorted((missing or {}).items())),
        distribution=_distribution([score for score in scores.values() if score is not None], most),
        criteria=criteria,
        misconceptions=_misconceptions(records),
        items=_items(records),
        answered=dict(Counter(one.exercise for one in results if one.outcome != "no answer")),
        wrong=len(wrong),
        recognised=sum(any(criterion.slip for criterion in one.criteria) for one in wrong),
        no_answer=sum(one.outcome == "no answer" for one in results),
    )


def _flag(record: Record, *others: str) -> str:
    return " ".join(filter(None, [_doubt(record), *others, _empty(record)]))


def _doubt(record: Record) -> str:
    """Return what to say first where the check in the notebook was passed and the same criteria are not met here."""
    names = ", ".join(name for name, result in record.results.items() if result.doubted)
    return names and (
        f"The saved output says that the check of {names} was passed, and here what it tests is not met. Outputs can "
        "be edited, or older than the code; but look for a fault of the grader first."
    )


def _empty(record: Record) -> str:
    """Return what to say of a submission without any answer, which may be a mishap and earns nothing."""
    if record.problem:
        return f"{record.problem} Ask the student."
    nothing = record.results and all(one.outcome == "no answer" for one in record.results.values())
    return "Every answer is as it was given out, or is missing. Was it the wrong file?" if nothing else ""


def _score(student: str, record: Record, standings: Mapping[str, Standing]) -> float | None:
    if student not in standings:
        return record.points
    standing = standings[student]
    return None if standing.score is None else standing.score - standing.penalty


def _distribution(scores: Sequence[float], most: float, bars: int = 10) -> tuple[tuple[float, float, int], ...]:
    if most <= 0:
        return ()
    width = most / bars
    counts = Counter(min(max(int(score / width), 0), bars - 1) for score in scores)
    return tuple((round(i * width, 6), round((i + 1) * width, 6), counts[i]) for i in range(bars))


def _criteria(records: Mapping[str, Record]) -> tuple[CriterionView, ...]:
    """Return every criterion, the hardest first; those the grader could not judge are not counted."""
    seen: dict[tuple[str, str], list[tuple[Any, float]]] = {}
    for record in records.values():
        for exercise, result in record.results.items():
            for criterion in result.criteria:
                if criterion.points is not None:
                    rest = sum(r.points or 0.0 for r in record.results.values()) - criterion.points
                    seen.setdefault((exercise, criterion.name), []).append((criterion, rest))
    views = [_criterion(exercise, found) for (exercise, _), found in seen.items()]
    return tuple(sorted(views, key=lambda view: (view.met, view.exercise, view.name)))


def _criterion(exercise: str, found: Sequence[tuple[Any, float]]) -> CriterionView:
    criterion = found[0][0]
    met = [float(one.outcome == "correct") for one, _ in found]
    return CriterionView(
        exercise=exercise,
        name=criterion.name,
        text=criterion.text,
        hidden=criterion.hidden,
        met=statistics.fmean(met),
        telling=_telling(met, [others for _, others in found]),
        outcomes=dict(sorted(Counter(one.outcome for one, _ in found).items())),
    )


def _telling(mine: Sequence[float], rest: Sequence[float]) -> float | None:
    """Return the correlation of what was earned here with what was earned elsewhere; None where either is constant."""
    return statistics.correlation(mine, rest) if len(set(mine)) > 1 and len(set(rest)) > 1 else None


def _items(records: Mapping[str, Record]) -> tuple[ItemView, ...]:
    """Return every exercise, the hardest first; submissions that the grader could not judge are not counted."""
    seen: dict[str, list[tuple[float, float]]] = {}
    most: dict[str, float] = {}
    for record in records.values():
        for name, result in record.results.items():
            if record.points is not None and result.points is not None:
                seen.setdefault(name, []).append((result.points, record.points - result.points))
                most[name] = result.max_points
    items = [
        ItemView(
            exercise=name,
            share=statistics.fmean(points for points, _ in found) / most[name],
            telling=_telling([points for points, _ in found], [rest for _, rest in found]),
        )
        for name, found in seen.items()
    ]
    return tuple(sorted(items, key=lambda one: (one.share, one.exercise)))


def _misconceptions(records: Mapping[str, Record]) -> tuple[Misconception, ...]:
    who: dict[tuple[str, str], list[str]] = {}
    for student, record in records.items():
        for exercise, result in record.results.items():
            for slip in sorted({criterion.slip for criterion in result.criteria if criterion.slip}):
                who.setdefault((exercise, slip), []).append(student)
    said = {(name, key): slip.message for name in EXERCISES for key, slip in EXERCISES.get(name).slips.items()}
    found = [
        Misconception(exercise=exercise, name=slip, message=said.get((exercise, slip), ""), students=tuple(students))
        for (exercise, slip), students in who.items()
    ]
    return tuple(sorted(found, key=lambda one: (-len(one.students), one.exercise, one.name)))


def _unusual(
    scores: Mapping[str, float | None], records: Mapping[str, Record], criteria: Sequence[CriterionView]
) -> dict[str, str]:
    """Say who stands out: a score far from the class, or what nearly nobody can but not what nearly everybody can."""
    settled = [score for score in scores.values() if score is not None]
    told: dict[str, str] = {}
    if len(settled) >= 5:
        middle = statistics.median(settled)
        spread = statistics.median(abs(score - middle) for score in settled)
        for student, score in scores.items():
            if score is not None and spread and abs(0.6745 * (score - middle) / spread) > FAR:
                told[student] = f"{score:g} points, where the middle of the class has {middle:g}"
    hard = {(one.exercise, one.name) for one in criteria if one.met <= 0.2}
    easy = {(one.exercise, one.name) for one in criteria if one.met >= 0.8}
    for student, record in records.items():
        met = {(name, c.name): c.outcome == "correct" for name, r in record.results.items() for c in r.criteria}
        can, cannot = [k for k in hard if met.get(k)], [k for k in easy if met.get(k) is False]
        if can and len(cannot) >= 2:
            told.setdefault(student, f"met {len(can)} of the hardest criteria and missed {len(cannot)} of the easiest")
    return told
