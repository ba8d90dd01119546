"""Grade a class into a store: look what is there, run what is missing, write what comes back.

Nothing is graded twice, however often this is called and however the last call ended; only what depends on something
that changed is run again.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from autograder.keys import submission_hash
from autograder.record import CriterionResult, Record, Result
from autograder.store import Entry, Store
from autograder.work import Done, Grader, Runner, Task
from srkit.exercises import EXERCISES

__all__ = ["WHOLE", "Shard", "Tally", "failure", "grade_class"]

Say = Callable[[str], None]


@dataclass(frozen=True)
class Shard:
    """One part of a class, where several machines grade without talking to each other.

    Attributes:
        index: 1 to ``count``.
        count: how many parts there are.
    """

    index: int = 1
    count: int = 1

    @classmethod
    def parse(cls, text: str) -> Shard:
        """Read ``"2/4"``.

        Raises:
            ValueError: it is no such thing.
        """
        index, slash, count = text.partition("/")
        if not (slash and index.isdecimal() and count.isdecimal() and 1 <= int(index) <= int(count)):
            raise ValueError(f"{text!r} is no part of a class; write 1/4, 2/4, 3/4 and 4/4 for four machines.")
        return cls(int(index), int(count))

    def __str__(self) -> str:
        return f"{self.index}-of-{self.count}"


WHOLE = Shard()


@dataclass(frozen=True)
class Tally:
    """What one call did.

    Attributes:
        graded: submissions that were run.
        known: submissions whose record was there already.
        failed: student -> why grading itself failed.
    """

    graded: int
    known: int
    failed: Mapping[str, str]


@dataclass(frozen=True)
class _Group:
    """Students who handed in the same bytes, and what is known about them."""

    task: Task
    students: tuple[str, ...]
    keys: Mapping[str, str]
    kept: Mapping[str, Result]


def grade_class(
    submissions: Mapping[str, Path | bytes],
    store: Store,
    grader: Grader,
    run: Runner,
    *,
    shard: Shard = WHOLE,
    again: bool = False,
    say: Say = lambda text: None,
) -> Tally:
    """Grade every submission that has no record yet.

    Args:
        submissions: student -> the notebook, or the file it is in.
        store: where the records are and go.
        grader: how to grade.
        run: what runs the tasks: here, in a pool, on a cluster.
        shard: which part of the class.
        again: run everything, whatever is known.
        say: gets a line for each submission that was graded.

    Raises:
        Busy: another process is grading this part.
    """
    with store.writing(str(shard)):
        groups = _look(submissions, store, grader, shard, again)
        todo = {group.task.key: group for group in groups if group.task.exercises}
        for group in groups:
            if not group.task.exercises:
                _settle(store, group, "")
        problems: dict[str, str] = {}
        for number, done in enumerate(run((group.task for group in todo.values()), grader), 1):
            group = todo[done.task.key]
            problem = _write(store, group, grader, done)
            problems |= dict.fromkeys(group.students, problem) if problem else {}
            first = problem.partition("\n")[0]  # the whole is said once, at the end
            say(f"[{number}/{len(todo)}] {', '.join(group.students)}{': ' + first if first else ''}")
        return Tally(len(todo), len(groups) - len(todo), problems)


def _look(
    submissions: Mapping[str, Path | bytes], store: Store, grader: Grader, shard: Shard, again: bool
) -> list[_Group]:
    """Return the groups of this shard. Which shard a group belongs to depends on nothing but the submissions."""
    same: dict[str, list[str]] = {}
    for student, source in sorted(submissions.items()):
        content = source if isinstance(source, bytes) else source.read_bytes()
        same.setdefault(submission_hash(content), []).append(student)
    mine = sorted(same)[shard.index - 1 :: shard.count]
    return [_group(digest, same[digest], submissions[same[digest][0]], store, grader, again) for digest in mine]


def _group(
    digest: str, students: Sequence[str], source: Path | bytes, store: Store, grader: Grader, again: bool
) -> _Group:
    keys = {exercise: grader.key(digest, [exercise]) for exercise in grader.exercises}
    key = grader.key(digest, grader.exercises)
    kept, unreadable = ({}, "") if again else _known(store, key, keys, students)
    missing = tuple(exercise for exercise in grader.exercises if exercise not in kept)
    if not missing and store.get(key) is None:  # every result is known from another record
        ordered = {exercise: kept[exercise] for exercise in grader.exercises}
        store.put(Record(submission=digest, seed=grader.seed, results=ordered, problem=unreadable, key=key))
    task = Task(key=key, source=source, submission=digest, exercises=missing, students=tuple(students))
    return _Group(task, tuple(students), keys, kept)


def _known(store: Store, key: str, keys: Mapping[str, str], students: Sequence[str]) -> tuple[dict[str, Result], str]:
    """Return the results that need not be computed, from this very record or from what counted until now.

    The second value is why the submission could not be read, as the same records say.
    """
    kept: dict[str, Result] = {}
    unreadable = ""
    records = [(store.get(key), keys)]
    for student in students:
        entry = store.entry(student)
        records.append((store.get(entry.record), entry.exercises) if entry else (None, {}))
    for record, theirs in records:
        for exercise, result in record.results.items() if record else ():
            if theirs.get(exercise) == keys.get(exercise) and result.outcome != "infrastructure":
                kept.setdefault(exercise, result)
                unreadable = record.problem if record else ""
    return kept, unreadable


def _write(store: Store, group: _Group, grader: Grader, done: Done) -> str:
    """Write the record of a finished task and say that it counts; return why it failed, or ""."""
    fresh = Record.from_json(done.record) if done.record else failure(group.task, grader, done.problem)
    results = {name: fresh.results[name] if name in fresh.results else group.kept[name] for name in grader.exercises}
    record = replace(fresh, results=results, key=group.task.key)
    store.put(record)
    _settle(store, group, record.failure)
    return record.failure


def _settle(store: Store, group: _Group, problem: str) -> None:
    """Say for each student that this record counts. A failed one takes the place of a good one, and says so."""
    for student in group.students:
        old = store.entry(student)
        before = ""
        if problem and old is not None:
            before = old.before if old.flag else old.record if old.record != group.task.key else ""
        entry = Entry(
            student=student,
            record=group.task.key,
            submission=group.task.submission,
            exercises=group.keys,
            flag=problem,
            before=before,
        )
        store.enter(entry)


def failure(task: Task, grader: Grader, problem: str) -> Record:
    """Return the record of a submission that could not be graded for reasons that are not the student's."""
    results = {name: _ungraded(name, problem) for name in task.exercises}
    return Record(submission=task.submission, seed=grader.seed, results=results, key=task.key)


def _ungraded(name: str, problem: str) -> Result:
    exercise = EXERCISES.get(name)
    criteria = tuple(
        CriterionResult(
            name=criterion.name,
            text=criterion.text,
            hidden=criterion.hidden,
            outcome="infrastructure",
            points=None,
            max_points=criterion.points,
            message=problem,
        )
        for criterion in exercise.criteria
    )
    return Result(
        exercise=name,
        outcome="infrastructure",
        points=None,
        max_points=exercise.points,
        criteria=criteria,
        message=problem,
    )
