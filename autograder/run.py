"""From a class folder to grades, feedback and the instructor's pages: each step once, in order."""

from __future__ import annotations

import contextlib
import os
import secrets
from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path

from autograder.bridge import enter
from autograder.classview import ClassView, class_view
from autograder.cluster import cluster
from autograder.course import Course, surroundings
from autograder.enrolment import Enrolment
from autograder.gathering import NOT_HANDED_IN, Gathered, collected, gather
from autograder.grading import Shard, Tally, grade_class
from autograder.limits import LIMITS, Limits
from autograder.people import Person
from autograder.plain import one_line
from autograder.pool import pool
from autograder.publishing import publish, publish_term
from autograder.questions import Question, grade_rivals
from autograder.sandboxes import choose_box
from autograder.store import Store
from autograder.taken import Taken, load_taken, people_of
from autograder.term import TermView
from autograder.work import Grader, Runner
from srkit.exercises import EXERCISES
from tools.press import lesson_name, sources

__all__ = ["Plan", "grade_part", "look_through", "run_class", "secret_seed"]

_UNKNOWN = "On no roster: the score reaches nobody by an export. Is the roster of this class?"
Say = Callable[[str], None]


@dataclass(frozen=True, kw_only=True)
class Plan:
    """What is graded, where, and by how many.

    Attributes:
        lesson: the lesson's source; None grades every lesson that is found.
        folder: of the course.
        inbox: a class folder or an archive; None grades what nbgrader has collected.
        workers: processes on this machine.
        scheduler: address of a Dask scheduler, or "".
        seed: the secret seed; None takes the course's own, made when it is first needed.
        limits: what student code may use.
        database: URL of the grade book, or "" for the course's SQLite file.
        again: grade everything, whatever is known.
        enrolment: the rosters.
        due: lesson -> moment it is due, as nbgrader writes one; 0 for the only lesson that is graded.
        trusted: without a sandbox. Only for the author's own solutions.
    """

    folder: Path
    lesson: Path | None = None
    inbox: Path | None = None
    workers: int = 1
    scheduler: str = ""
    seed: int | None = None
    limits: Limits = LIMITS
    database: str = ""
    again: bool = False
    enrolment: Enrolment = field(default_factory=Enrolment)
    due: Mapping[int, str] = field(default_factory=dict)
    trusted: bool = False

    def store(self, lesson: Path) -> Store:
        """Where the records of a lesson lie."""
        return Store(self.folder / "records" / lesson_name(lesson))

    def course(self, lesson: Path) -> Course:
        """Return a lesson of the course."""
        return Course(self.folder, lesson, database=self.database)

    def lessons(self, numbers: Collection[int]) -> list[Path]:
        """Return the sources of some lessons, in the order of the course."""
        return [path for path in sources() if number_of(path) in numbers]

    def lessons_of(self, gathered: Gathered) -> list[Path]:
        """Return the lessons to grade: the one asked for, else those found in the class or collected."""
        if self.lesson is not None:
            return [self.lesson]
        collected = {int(path.name[-2:]) for path in self.folder.glob("submitted/*/lesson_[0-9][0-9]")}
        return self.lessons(set(gathered.lessons) | collected)

    def try_box(self) -> None:
        """Try that student code can be run here.

        Raises:
            BoxError: there is no sandbox on this machine.
        """
        if not self.scheduler:
            choose_box(self.trusted).close()

    def grader(self, lesson: Path) -> Grader:
        """Return how a lesson is graded."""
        number = number_of(lesson)
        mine = [EXERCISES.get(name) for name in EXERCISES if EXERCISES.get(name).lesson == number]
        names = tuple(exercise.name for exercise in sorted(mine, key=lambda exercise: exercise.number))
        seed = secret_seed(self.folder) if self.seed is None else self.seed
        return Grader(exercises=names, seed=seed, limits=self.limits, trusted=self.trusted)

    def runner(self, say: Say) -> Runner:
        """Return what runs the tasks, and tells ``say`` what it waits for."""
        if self.scheduler:
            return partial(cluster, address=self.scheduler, say=say)
        return partial(pool, workers=self.workers, say=say)


def run_class(plan: Plan, say: Say) -> TermView:
    """Take a class from hand-in to grade book, feedback and pages.

    Args:
        plan: what is graded, and how.
        say: gets a line whenever something is done.

    Raises:
        BoxError: there is no sandbox on this machine.
        CourseError: nbgrader could not do its part.
        Busy: another process is grading this class.
        NoCluster: the scheduler cannot be reached.
    """
    plan.try_box()
    say(f"Preparing {plan.folder} (nbgrader takes some seconds to start)")
    gathered = gather(plan.inbox, plan.folder, plan.lesson, say, plan.enrolment)
    lessons = plan.lessons_of(gathered)
    plan.enrolment.check([number_of(lesson) for lesson in lessons])
    views: dict[int, ClassView] = {}
    people: dict[int, dict[str, Person]] = {}
    for lesson in lessons:
        number = number_of(lesson)
        say(f"Lesson {number}")
        views[number] = _grade_lesson(plan, lesson, gathered, say)
        people[number] = people_of([one.name for one in views[number].students], _taken(plan, lesson))
    term = TermView.of(views, gathered)
    publish_term(plan.folder, term)
    for line in plan.enrolment.write(plan.folder / "report", views, people):
        say(line)
    return term


def look_through(plan: Plan, say: Say) -> bool:
    """Say what would be taken of a class, grade nothing and write nothing; return whether all is clear.

    Args:
        plan: what would be graded.
        say: gets the lines.
    """
    gathered = gather(plan.inbox, plan.folder, plan.lesson, say, plan.enrolment)
    lessons = plan.lessons_of(gathered)
    plan.enrolment.check([number_of(lesson) for lesson in lessons])
    clear = not gathered.nothing and not gathered.asks
    for student, why in gathered.nothing.items():
        say(f"NEEDS A HUMAN: {one_line(student)}: {one_line(why)}")
    for lesson in lessons:
        number = number_of(lesson)
        choices = gathered.lessons.get(number, {})
        say(f"Lesson {number}: {len(choices)} students")
        for student, choice in sorted(choices.items()):
            rivals = "".join(f", or {one_line(one.name)}?" for one in choice.rivals)
            files = " and ".join(one_line(one.name) for one in choice.used)
            say(f"  {one_line(student)}: {files}{rivals}{' ' + one_line(choice.note) if choice.note else ''}")
            clear &= not choice.rivals and not choice.note
        people = {student: choice.used[0].person for student, choice in choices.items()}
        for name in plan.enrolment.missing(number, {**gathered.empty_handed, **people}):
            say(f"  {one_line(name)}: {NOT_HANDED_IN}")
        for name in plan.enrolment.unknown(number, people):
            say(f"  NEEDS A HUMAN: {one_line(name)} is on no roster")
            clear = False
    return clear


def _grade_lesson(plan: Plan, lesson: Path, gathered: Gathered, say: Say) -> ClassView:
    """Take one lesson from hand-in to grade book, feedback and page."""
    number, store, grader = number_of(lesson), plan.store(lesson), plan.grader(lesson)
    course = plan.course(lesson)
    course.generate()
    if due := plan.due.get(number, plan.due.get(0, "")):
        course.due(due)
    gathered.hand_in(course, number)
    intake = _taken(plan, lesson)
    found = collected(course, number, intake)
    tally = grade_class(found.sources, store, grader, plan.runner(say), again=plan.again, say=say)
    say(_told(tally))
    current = {student: both for student, both in store.current().items() if student in found.sources}
    questions = grade_rivals(found.rivals, found.names, current, store, grader, plan.runner(say), say)
    waiting = {student: question.exercises for student, question in questions.items()}
    standings = enter(course, current, found.sources, intake, waiting)
    people = people_of(found.sources, intake)
    missing = dict.fromkeys(_roster(course) - set(found.sources), NOT_HANDED_IN)
    there = {**gathered.empty_handed, **people}
    missing |= dict.fromkeys(plan.enrolment.missing(number, there), NOT_HANDED_IN)
    missing |= gathered.missing(number, plan.lesson is not None) | found.nothing
    missing = {student: why for student, why in missing.items() if student not in found.sources}
    asks = {**dict.fromkeys(plan.enrolment.unknown(number, people), _UNKNOWN), **gathered.asks}
    notes = _notes(questions, intake, asks, found.sources)
    late = {student for student in current if people[student].late or standings[student].late}
    view = class_view(f"Lesson {number}", current, standings, missing, notes=notes, late=late)
    publish(course, view, current, standings, intake, questions)
    return view


def _notes(
    questions: Mapping[str, Question], intake: Mapping[str, Taken], asks: Mapping[str, str], students: Iterable[str]
) -> dict[str, str]:
    """Return student -> what a person should look at."""
    notes = {}
    for student in students:
        told = [questions[student].text] if student in questions else []
        told += [intake[student].note] if student in intake and intake[student].note else []
        told += [asks[student]] if student in asks else []
        if told:
            notes[student] = " ".join(told)
    return notes


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
    plan.try_box()
    gathered = gather(plan.inbox, plan.folder, plan.lesson, say)
    graded, known, problems = 0, 0, dict[str, str]()
    for lesson in plan.lessons_of(gathered):
        number = number_of(lesson)
        found: Mapping[str, Path | bytes] = gathered.sources(number)
        if not plan.inbox:
            course = plan.course(lesson)
            found = collected(course, number, _taken(plan, lesson)).sources
        store, grader = plan.store(lesson), plan.grader(lesson)
        tally = grade_class(found, store, grader, plan.runner(say), shard=shard, again=plan.again, say=say)
        say(_told(tally))
        graded, known, problems = graded + tally.graded, known + tally.known, problems | dict(tally.failed)
    return Tally(graded, known, problems)


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


def number_of(lesson: Path) -> int:
    """Return the number of a lesson's source."""
    return int(lesson.stem[:2])


def _taken(plan: Plan, lesson: Path) -> dict[str, Taken]:
    return load_taken(plan.folder, lesson_name(lesson))


def _roster(course: Course) -> set[str]:
    with surroundings(), course.api.gradebook as book:
        return {student.id for student in book.students}


def _told(tally: Tally) -> str:
    """Say what was graded, and each problem once, with all whom it kept from a score."""
    students: dict[str, list[str]] = {}
    for student, problem in tally.failed.items():
        students.setdefault(problem, []).append(one_line(student))
    lines = [f"{', '.join(sorted(who))}: {problem}" for problem, who in students.items()]
    return "\n".join([f"{tally.graded} graded, {tally.known} known already.", *lines])
