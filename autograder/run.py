"""From a class folder to grades, feedback and the instructor's page: each step once, in order."""

from __future__ import annotations

import contextlib
import csv
import os
import secrets
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from autograder.box import choose_box
from autograder.bridge import Standing, copy_stamps, enter
from autograder.classpage import class_page
from autograder.classview import ClassView, class_view
from autograder.cluster import cluster
from autograder.course import Course, surroundings
from autograder.exports import write_class_data, write_code, write_columns
from autograder.grading import Shard, Tally, grade_class
from autograder.intake import Intake, read_submissions
from autograder.limits import LIMITS, Limits
from autograder.pool import pool
from autograder.record import Record
from autograder.report import feedback_page
from autograder.store import Entry, Store
from autograder.work import Grader, Runner
from srkit.exercises import EXERCISES
from srkit.ops.atomic import atomic_path
from tools.press import lesson_name

__all__ = ["Plan", "expected_points", "grade_part", "run_class", "table"]

LONGEST_NAME = 120  # nbgrader's column holds 128
Say = Callable[[str], None]
Current = Mapping[str, tuple[Entry, Record]]


@dataclass(frozen=True, kw_only=True)
class Plan:
    """What is graded, where, and by how many.

    Attributes:
        lesson: the lesson's source.
        folder: of the course.
        inbox: a class folder or an archive; None grades what nbgrader has collected.
        workers: processes on this machine.
        scheduler: address of a Dask scheduler, or "".
        seed: the secret seed; None takes the course's own, made when it is first needed.
        limits: what student code may use.
        database: URL of the grade book, or "" for the course's SQLite file.
        again: grade everything, whatever is known.
        trusted: without a sandbox. Only for the author's own solutions.
    """

    lesson: Path
    folder: Path
    inbox: Path | None = None
    workers: int = 1
    scheduler: str = ""
    seed: int | None = None
    limits: Limits = LIMITS
    database: str = ""
    again: bool = False
    trusted: bool = False

    @property
    def store(self) -> Store:
        """Where the records of this lesson lie."""
        return Store(self.folder / "records" / lesson_name(self.lesson))

    def grader(self) -> Grader:
        """Return how the class is graded, after trying that it works here.

        Raises:
            BoxError: there is no sandbox on this machine.
        """
        if not self.scheduler:
            choose_box(self.trusted).close()
        number = int(self.lesson.stem[:2])
        mine = [EXERCISES.get(name) for name in EXERCISES if EXERCISES.get(name).lesson == number]
        names = tuple(exercise.name for exercise in sorted(mine, key=lambda exercise: exercise.number))
        seed = secret_seed(self.folder) if self.seed is None else self.seed
        return Grader(exercises=names, seed=seed, limits=self.limits, trusted=self.trusted)

    def runner(self, say: Say) -> Runner:
        """Return what runs the tasks, and tells ``say`` what it waits for."""
        if self.scheduler:
            return partial(cluster, address=self.scheduler, say=say)
        return partial(pool, workers=self.workers, say=say)


def run_class(plan: Plan, say: Say) -> ClassView:
    """Take a class from hand-in to grade book, feedback and page.

    Args:
        plan: what is graded, and how.
        say: gets a line whenever something is done.

    Raises:
        BoxError: there is no sandbox on this machine.
        CourseError: nbgrader could not do its part.
        Busy: another process is grading this class.
        NoCluster: the scheduler cannot be reached.
    """
    grader = plan.grader()
    say(f"Preparing {plan.folder} (nbgrader takes some seconds to start)")
    course = Course(plan.folder, plan.lesson, database=plan.database)
    course.generate()
    intake = read_submissions(plan.inbox) if plan.inbox else Intake((), ())
    for refused in intake.refused:
        say(f"Not taken: {refused.name}: {refused.reason}")
    strange = {one.student: why for one in intake.hand_ins if (why := unfit(one.student))}
    course.hand_in(one for one in intake.hand_ins if one.student not in strange)
    submissions = course.submissions()
    tally = grade_class(submissions, plan.store, grader, plan.runner(say), again=plan.again, say=say)
    say(_told(tally))
    current = {student: both for student, both in plan.store.current().items() if student in submissions}
    standings = enter(course, current)
    missing = dict.fromkeys(_roster(course) - set(submissions), "handed nothing in")
    missing |= strange | (without_notebook(plan.inbox, intake) if plan.inbox else {})
    view = class_view(_title(plan.lesson), current, standings, missing)
    _publish(course, view, current, standings)
    return view


def grade_part(plan: Plan, shard: Shard, say: Say) -> Tally:
    """Grade one part of a class into the store and do nothing else; a later run of the whole finds it done.

    Args:
        plan: what is graded, and how.
        shard: which part.
        say: gets a line whenever something is done.

    Raises:
        BoxError: there is no sandbox on this machine.
        Busy: another process is grading this part.
    """
    grader = plan.grader()
    if plan.inbox:
        found = {one.student: one.data for one in read_submissions(plan.inbox).hand_ins}
        tally = grade_class(found, plan.store, grader, plan.runner(say), shard=shard, again=plan.again, say=say)
    else:
        collected = Course(plan.folder, plan.lesson, database=plan.database).submissions()
        tally = grade_class(collected, plan.store, grader, plan.runner(say), shard=shard, again=plan.again, say=say)
    say(_told(tally))
    return tally


def secret_seed(folder: Path) -> int:
    """Return the course's seed; the first to ask makes it, and only its owner can read it."""
    path = folder / "seed.txt"
    folder.mkdir(parents=True, exist_ok=True)
    mine = folder / f".seed-{secrets.token_hex(8)}"
    with contextlib.suppress(FileExistsError):
        if not path.exists():
            mine.touch(mode=0o600)
            mine.write_text(f"{secrets.randbits(62)}\n")
            os.link(mine, path)  # fails where another was first, and is whole where it does not
    mine.unlink(missing_ok=True)
    return int(path.read_text())


def unfit(student: str) -> str:
    """Return why a name from a platform cannot be used in a course, or "". One bad name must not stop a class."""
    if len(student) > LONGEST_NAME:
        return f"a name of {len(student)} characters; the grade book takes {LONGEST_NAME}"
    if student[:1] in ("", ".") or not student.isprintable() or "/" in student or "\\" in student:
        return "a name that cannot be a folder's: rename it"
    return ""


def without_notebook(inbox: Path, intake: Intake) -> dict[str, str]:
    """Return name -> reason for every folder of a class in which there is nothing to grade."""
    taken = {hand_in.name.partition("/")[0] for hand_in in intake.hand_ins}
    folders = {path.name for path in inbox.iterdir() if path.is_dir()} if inbox.is_dir() else set[str]()
    reasons = {one.name.partition("/")[0]: one.reason for one in intake.refused if "/" in one.name}
    return {name: reasons.get(name, "handed nothing in") for name in sorted((folders | set(reasons)) - taken)}


def expected_points(inbox: Path) -> dict[str, float | None]:
    """Read ``expected.csv`` of a class folder; empty where there is none."""
    path = inbox / "expected.csv"
    if not path.is_file():
        return {}
    with path.open(newline="", encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    return {row["student"]: None if row["points"] == "human" else float(row["points"]) for row in rows}


def table(view: ClassView, expected: Mapping[str, float | None]) -> tuple[str, bool]:
    """Return the class as text, and whether all is settled.

    Args:
        view: the class.
        expected: student -> points that should come out, None for somebody who must need a human; may be empty.
    """
    names = [student.name for student in view.students] + list(view.missing)
    wide = max([7, *map(len, names)])
    lines, settled = [f"{'student':{wide}}  {'points':>10}  {'expected':>8}  remark"], True
    scores = {student.name: (student.score, student.flag or "not graded") for student in view.students}
    for name, (points, why) in sorted((scores | {n: (None, why) for n, why in view.missing.items()}).items()):
        shown = "-" if points is None else f"{points:g}"
        remark = f"NEEDS A HUMAN: {why}" if points is None else ""
        wanted, good = "", points is not None
        if name in expected:
            value = expected[name]
            wanted, good = ("human" if value is None else f"{value:g}"), value == points
            remark += "" if good else " DIFFERS FROM WHAT WAS EXPECTED"
        settled &= good
        lines.append(f"{name:{wide}}  {shown:>5} / {view.max_points:<2g}  {wanted:>8}  {remark}".rstrip())
    return "\n".join(lines), settled


def _publish(course: Course, view: ClassView, current: Current, standings: Mapping[str, Standing]) -> None:
    """Write the students' pages, the instructor's page and what other programs read."""
    name = f"{course.lesson.stem}.html"
    for student, (_, record) in current.items():
        place = course.place("feedback", student)
        place.mkdir(parents=True, exist_ok=True)
        _write(place / name, feedback_page(view.title, student, record, standings.get(student)))
        copy_stamps(course.place("submitted", student), place)
    report = course.folder / "report"
    report.mkdir(exist_ok=True)
    _write(report / "index.html", class_page(view, f"../feedback/{{student}}/{course.assignment}/{name}"))
    write_class_data(report, view)
    write_columns(report, view)
    write_code(report / "code", {student: record for student, (_, record) in current.items()})
    with surroundings():
        course.export(course.folder / "grades.csv")


def _write(path: Path, text: str) -> None:
    with atomic_path(path) as temporary:
        temporary.write_text(text, encoding="utf-8")


def _roster(course: Course) -> set[str]:
    with surroundings(), course.api.gradebook as book:
        return {student.id for student in book.students}


def _title(lesson: Path) -> str:
    return f"Lesson {int(lesson.stem[:2])}"


def _told(tally: Tally) -> str:
    lines = [f"{tally.graded} graded, {tally.known} known already."]
    lines += [f"{student}: {problem}" for student, problem in tally.failed.items()]
    return "\n".join(lines)
