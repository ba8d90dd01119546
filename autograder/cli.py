"""The command: ``srkit grade`` in the project folder, or ``python -m autograder`` anywhere.

Leaves with 0 when every submission has a score and every expected score came out, 1 when some submission needs a human
(listed) or a score differs, 2 when the grader itself failed, on the class or on some submissions (listed). What does
the work is imported when it is needed, so that ``--help`` does not wait for it.
"""

from __future__ import annotations

import os
import shutil
import sys
import time
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from autograder.plain import one_line, plain
from srkit._home import clone

if TYPE_CHECKING:
    from autograder.run import Plan
    from autograder.term import TermView

__all__ = ["due_dates", "main"]

DEMONSTRATION_SEED = 20260101


@click.command(context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100})
@click.argument("inbox", metavar="[CLASS]", required=False, type=click.Path(exists=True, path_type=Path))
@click.option(
    "--course", type=click.Path(file_okay=False, path_type=Path), help="Where the course lives. [build/course]"
)
@click.option("--lesson", help="Number of the only lesson to grade. [every lesson that is found]")
@click.option("--workers", type=click.IntRange(1), help="Processes on this machine. [as many as it has cores]")
@click.option("--scheduler", default="", metavar="ADDRESS", help="Grade on the Dask cluster with this scheduler.")
@click.option("--shard", metavar="I/N", help="Grade only part I of N, into the records, and stop.")
@click.option("--seed", type=click.IntRange(0), help="Draw the hidden cases from this number. [the course's secret]")
@click.option("--seconds", type=click.IntRange(1), help="Processor seconds one case may use. [20; demonstration: 4]")
@click.option("--database", default="", metavar="URL", help="The grade book. [SQLite in the course folder]")
@click.option(
    "--roster", multiple=True, metavar="[LESSON=]FILE", help="Who is in the class; the same file comes back filled in."
)
@click.option("--column", multiple=True, metavar="LESSON=TITLE", help="Which column of the roster a lesson is.")
@click.option("--due", multiple=True, metavar="[LESSON=]DATE", help="When it was due: 2026-11-30 or 2026-11-30T23:59.")
@click.option("--dry-run", is_flag=True, help="Say what would be taken; grade and write nothing.")
@click.option("--again", is_flag=True, help="Grade everything once more, also what is known.")
@click.option(
    "--send",
    metavar="FILE",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="Send scores and feedback to the platform of this TOML file; with --dry-run, say what would be sent.",
)
@click.option("--release", is_flag=True, help="Let nbgrader release the feedback to the students.")
@click.option("--trusted", is_flag=True, help="Without a sandbox: only for your own solutions.")
@click.option("--demonstration", is_flag=True, help="Make a small class, hostile hand-ins among them, and grade it.")
@click.option(
    "--gradescope", type=click.Path(path_type=Path), metavar="ZIP", help="Write --lesson's zip for Gradescope."
)
@click.option(
    "--try-sandbox", is_flag=True, help="Say which sandbox grading would use here, after trying it, and stop."
)
def main(
    inbox: Path | None,
    course: Path | None,
    lesson: str | None,
    shard: str | None,
    seconds: int | None,
    demonstration: bool,
    try_sandbox: bool,
    gradescope: Path | None,
    **options: Any,
) -> None:
    """Grade CLASS: a folder with one folder for each student, or the archive an LMS gives.

    Without CLASS, what nbgrader has collected in the course is graded. What was graded before is not graded again.
    """
    if try_sandbox:
        sys.exit(_try_sandbox())
    from tools.press import sources

    found = [path for path in sources() if lesson and path.name.startswith(f"{lesson.zfill(2)}_")]
    if lesson and not found:
        raise click.UsageError(f"There is no lesson {lesson}; there are: {', '.join(p.stem for p in sources())}.")
    only = found[0] if found else None
    if gradescope is not None:
        sys.exit(_gradescope(gradescope, only))
    folder = (
        course or (clone() or Path.cwd()) / "build" / ("demonstration/course" if demonstration else "course")
    ).resolve()
    if demonstration:
        only = only or sources()[0]
        try:
            inbox, seconds = _demonstration(only, folder), seconds or 4
        except OSError as problem:
            sys.exit(_failed(problem, folder))
        options["seed"] = DEMONSTRATION_SEED if options["seed"] is None else options["seed"]
        options["roster"] = options["roster"] or (str(folder.parent / "Grades.csv"),)
    elif inbox is None and not any(folder.glob("submitted/*")):
        raise click.UsageError(f"Nothing was collected in {folder}. Name the CLASS folder or archive to grade.")
    options["workers"] = options["workers"] or _cores()
    sys.exit(_run({"lesson": only, "folder": folder, "inbox": inbox}, shard, seconds, options))


def _gradescope(path: Path, lesson: Path | None) -> int:
    from autograder.gradescope import write_zip

    if lesson is None:
        raise click.UsageError("Gradescope grades one lesson at a time: add --lesson 11.")
    try:
        write_zip(path, int(lesson.stem[:2]))
    except OSError as problem:
        return _failed(problem, path.parent)
    click.echo(f"For Gradescope: {path}")
    return 0


def _try_sandbox() -> int:
    from autograder.box import BoxError
    from autograder.sandboxes import choose_box

    try:
        box = choose_box()
    except BoxError as problem:
        click.echo(f"error: {plain(str(problem))}", err=True)
        return 2
    click.echo(f"{box.title}: an answer was run in it")
    box.close()
    return 0


def _run(places: dict[str, Path | None], shard: str | None, seconds: int | None, options: dict[str, Any]) -> int:
    from autograder.enrolment import read_rosters
    from autograder.grading import Shard
    from autograder.limits import LIMITS, Limits
    from autograder.run import Plan, grade_part, look_through

    limits = Limits(cpu_seconds=seconds, wall_seconds=max(10, 4 * seconds)) if seconds else LIMITS
    release, dry_run, send = options.pop("release"), options.pop("dry_run"), options.pop("send")
    try:
        enrolment = read_rosters(options.pop("roster"), options.pop("column"))
        due = due_dates(options.pop("due"))
        plan = Plan(limits=limits, enrolment=enrolment, due=due, **places, **options)
        if dry_run and send:
            return 0 if _sent(plan, send, None, dry=True) else 1
        if dry_run:
            return 0 if look_through(plan, _say) else 1
        if shard:
            return 2 if grade_part(plan, Shard.parse(shard), _say).failed else 0
        return _whole(plan, release, send)
    except _troubles() as problem:
        return _failed(problem, places["folder"] or Path())


def _failed(problem: Exception, folder: Path) -> int:
    click.echo(f"error: {plain(_sentence(problem, folder))}", err=True)
    return 2


def _say(text: str) -> None:
    click.echo("\n".join(plain(line) for line in text.split("\n")))


def due_dates(words: Sequence[str]) -> dict[int, str]:
    """Return lesson -> date as nbgrader writes one; 0 stands for whatever lesson is graded.

    Args:
        words: ``DATE`` or ``LESSON=DATE`` in ISO 8601; a date alone is its end, a time without a zone this machine's.

    Raises:
        ValueError: a word is no date.
    """
    told = {}
    for word in words:
        number, equals, text = word.rpartition("=")
        lesson = int(number) if equals and number.isdecimal() else 0
        try:
            moment = datetime.fromisoformat(f"{text}T23:59:59" if len(text) == 10 else text)
        except ValueError:
            raise ValueError(f"--due {word!r} is no date; write 2026-11-30, or 11=2026-11-30T23:59+09:00.") from None
        told[lesson] = moment.astimezone(UTC).strftime("%Y-%m-%d %H:%M:%S UTC")
    return told


def _troubles() -> tuple[type[Exception], ...]:
    """Return what ends a run with a sentence: no sandbox, no cluster, a full disk, a folder that cannot be written."""
    from sqlalchemy.exc import SQLAlchemyError

    from autograder.box import BoxError
    from autograder.cluster import NoCluster
    from autograder.course import CourseError
    from autograder.store import Busy
    from autograder.web import NotSent

    return (BoxError, CourseError, NoCluster, Busy, NotSent, ValueError, OSError, SQLAlchemyError)


def _sentence(problem: Exception, folder: Path) -> str:
    """Return what went wrong, what is kept, and what to do; of nbgrader's log only what is not known otherwise."""
    text = str(problem)
    cause = next((what for what, signs in _PLACES.items() if any(sign in text.lower() for sign in signs)), "")
    if not cause:
        return text
    named = getattr(problem, "filename", None)
    where = f" at {named}" if named else ""
    return (
        f"{cause}{where}. Nothing that was graded is lost: make room or allow writing in {folder}, or give another "
        "--course FOLDER, and call again."
    )


_PLACES = {
    "The disk is full": ("no space left", "disk is full", "disk quota"),
    "Writing is not allowed": ("read-only file system", "permission denied", "readonly database", "is not allowed"),
}


def _whole(plan: Plan, release: bool, send: Path | None) -> int:
    """Grade the whole class and say where everything is, whatever a step after grading does."""
    from autograder.run import run_class
    from autograder.term import expected_points, lesson_table, term_table

    began = time.perf_counter()
    term = run_class(plan, _say)
    one = term.lessons[min(term.lessons)] if len(term.lessons) == 1 and plan.lesson else None
    expected = expected_points(plan.inbox) if plan.inbox else {}
    text, settled = lesson_table(one, expected) if one else term_table(term)
    _say(text)
    problem = _released(plan, term) if release else None
    count = sum(len(view.students) for view in term.lessons.values())
    click.echo(f"{count} submissions in {time.perf_counter() - began:.0f} s.")
    click.echo(f"The class:  {plan.folder / 'report' / 'index.html'}")
    click.echo(f"Feedback:   {plan.folder / 'feedback'}{' (released)' if release and not problem else ''}")
    click.echo(f"Grades:     {plan.folder / 'grades.csv'}")
    if problem is not None:
        raise problem
    settled &= send is None or _sent(plan, send, set(term.lessons))
    if term.failed:
        _say(
            f"Grading itself failed for {', '.join(map(one_line, term.failed))}: call again, nothing else is repeated."
        )
    return 2 if term.failed else 0 if settled else 1


def _sent(plan: Plan, path: Path, lessons: set[int] | None, *, dry: bool = False) -> bool:
    """Send what was graded to the platform that a file names; return whether nothing is left to look at."""
    from autograder.platforms import platforms_of
    from autograder.run import number_of
    from autograder.sending import send

    platforms, overwrite = platforms_of(path)
    lessons = {number_of(plan.lesson)} if plan.lesson else set(platforms) if lessons is None else lessons
    for left in sorted(lessons - set(platforms)):
        _say(f"Lesson {left} is not in {path.name}; nothing of it is sent.")
    done = [
        send(plan.folder, n, platforms[n], _say, overwrite=overwrite, dry=dry) for n in sorted(lessons & set(platforms))
    ]
    return all(done) and bool(done)


def _released(plan: Plan, term: TermView) -> Exception | None:
    """Let nbgrader release the feedback; return what went wrong, which is said after everything else."""
    try:
        for lesson in plan.lessons(term.lessons):
            plan.course(lesson).release_feedback()
    except _troubles() as problem:
        return problem
    return None


def _demonstration(lesson: Path, course: Path) -> Path:
    """Make the demonstration class beside its course, both afresh: they hold nothing anybody wrote."""
    from autograder.classmates import STUDENTS
    from autograder.demonstration import write_class

    folder = course.parent / "class"
    for old in (course, folder):
        if old.exists():
            shutil.rmtree(old)
    write_class(lesson, folder, STUDENTS)
    return folder


def _cores() -> int:
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
