"""The command: ``srkit grade`` in the project folder, or ``python -m autograder`` anywhere.

Leaves with 0 when every submission has a score and every expected score came out, 1 when some submission needs a human
(listed) or a score differs, 2 when the class could not be graded at all. What does the work is imported when it is
needed, so that ``--help`` does not wait for it.
"""

from __future__ import annotations

import os
import shutil
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from autograder.run import Plan

__all__ = ["main"]

ROOT = Path(__file__).resolve().parents[1]
DEMONSTRATION_SEED = 20260101


@click.command(context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100})
@click.argument("inbox", metavar="[CLASS]", required=False, type=click.Path(exists=True, path_type=Path))
@click.option(
    "--course", type=click.Path(file_okay=False, path_type=Path), help="Where the course lives. [build/course]"
)
@click.option("--lesson", default="11", show_default=True, help="Number of the lesson.")
@click.option("--workers", type=click.IntRange(1), help="Processes on this machine. [as many as it has cores]")
@click.option("--scheduler", default="", metavar="ADDRESS", help="Grade on the Dask cluster with this scheduler.")
@click.option("--shard", metavar="I/N", help="Grade only part I of N, into the records, and stop.")
@click.option("--seed", type=click.IntRange(0), help="Draw the hidden cases from this number. [the course's secret]")
@click.option("--seconds", type=click.IntRange(1), help="Processor seconds one case may use. [20; demonstration: 4]")
@click.option("--database", default="", metavar="URL", help="The grade book. [SQLite in the course folder]")
@click.option("--again", is_flag=True, help="Grade everything once more, also what is known.")
@click.option("--release", is_flag=True, help="Let nbgrader release the feedback to the students.")
@click.option("--trusted", is_flag=True, help="Without a sandbox: only for your own solutions.")
@click.option("--demonstration", is_flag=True, help="Make a small class, hostile hand-ins among them, and grade it.")
def main(
    inbox: Path | None,
    course: Path | None,
    lesson: str,
    shard: str | None,
    seconds: int | None,
    release: bool,
    demonstration: bool,
    **options: object,
) -> None:
    """Grade CLASS: a folder with one folder for each student, or the archive an LMS gives.

    Without CLASS, what nbgrader has collected in the course is graded. What was graded before is not graded again.
    """
    from tools.press import sources

    found = [path for path in sources() if path.name.startswith(f"{lesson.zfill(2)}_")]
    if not found:
        raise click.UsageError(f"There is no lesson {lesson}; there are: {', '.join(p.stem for p in sources())}.")
    folder = (course or ROOT / "build" / ("demonstration/course" if demonstration else "course")).resolve()
    if demonstration:
        inbox, seconds = _demonstration(found[0], folder), seconds or 4
        options["seed"] = DEMONSTRATION_SEED if options["seed"] is None else options["seed"]
    elif inbox is None and not any(folder.glob("submitted/*")):
        raise click.UsageError(f"Nothing was collected in {folder}. Name the CLASS folder or archive to grade.")
    options["workers"] = options["workers"] or _cores()
    sys.exit(_run(found[0], folder, inbox, shard, seconds, release, options))


def _run(
    lesson: Path,
    folder: Path,
    inbox: Path | None,
    shard: str | None,
    seconds: int | None,
    release: bool,
    options: dict[str, object],
) -> int:
    from autograder.box import BoxError
    from autograder.cluster import NoCluster
    from autograder.course import CourseError
    from autograder.grading import Shard
    from autograder.limits import LIMITS, Limits
    from autograder.run import Plan, grade_part
    from autograder.store import Busy

    limits = Limits(cpu_seconds=seconds, wall_seconds=max(10, 4 * seconds)) if seconds else LIMITS
    plan = Plan(lesson=lesson, folder=folder, inbox=inbox, limits=limits, **options)  # type: ignore[arg-type]
    try:
        if shard:
            return 1 if grade_part(plan, Shard.parse(shard), click.echo).failed else 0
        return _whole(plan, release)
    except (BoxError, CourseError, NoCluster, Busy, ValueError) as problem:
        click.echo(f"error: {problem}", err=True)
        return 2


def _whole(plan: Plan, release: bool) -> int:
    """Grade the whole class and say where everything is."""
    from autograder.run import expected_points, run_class, table

    began = time.perf_counter()
    view = run_class(plan, click.echo)
    text, settled = table(view, expected_points(plan.inbox) if plan.inbox else {})
    click.echo(text)
    if release:
        from autograder.course import Course

        Course(plan.folder, plan.lesson, database=plan.database).release_feedback()
    click.echo(f"{len(view.students)} submissions in {time.perf_counter() - began:.0f} s.")
    click.echo(f"The class:  {plan.folder / 'report' / 'index.html'}")
    click.echo(f"Feedback:   {plan.folder / 'feedback'}{' (released)' if release else ''}")
    click.echo(f"Grades:     {plan.folder / 'grades.csv'}")
    return 0 if settled else 1


def _demonstration(lesson: Path, course: Path) -> Path:
    """Make the demonstration class beside its course, both afresh: they hold nothing anybody wrote."""
    from autograder.demonstration import write_class

    folder = course.parent / "class"
    for old in (course, folder):
        if old.exists():
            shutil.rmtree(old)
    write_class(lesson, folder)
    return folder


def _cores() -> int:
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
