"""A course folder of nbgrader, driven through nbgrader's own API in one process.

Importing nbgrader costs five seconds and starting a command of it as much again, so nothing here starts a command per
student. The steps are nbgrader's: generate, release, collect, autograde, feedback, export.
"""

from __future__ import annotations

import contextlib
import os
import shutil
import sys
import warnings
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from tools.press import grading_notebook, lesson_name, text_of

__all__ = ["Course", "CourseError", "Outcome"]

HERE = Path(__file__).resolve().parent
Say = Callable[[str], None]


class CourseError(RuntimeError):
    """A step of nbgrader failed for the whole class; the message holds the end of its log."""


@dataclass(frozen=True)
class Outcome:
    """What became of one submission.

    Attributes:
        student: the folder name in the class folder.
        points: the automatic score; None where it needs a human.
        out_of: the highest possible score.
        per_exercise: exercise -> points.
        problem: why it needs a human, else "".
    """

    student: str
    points: float | None
    out_of: float
    per_exercise: dict[str, float]
    problem: str = ""


class Course:
    """One lesson of one course, in a folder of its own.

    Args:
        folder: where source, release, submissions, grade book and feedback go; made if it is not there.
        lesson: the lesson's source, ``solutions/NN_slug.py``.
        timeout: seconds a single cell of a submission may run.
    """

    def __init__(self, folder: Path, lesson: Path, *, timeout: int = 60) -> None:
        from nbgrader.apps import NbGraderAPI
        from traitlets.config import Config

        self.folder, self.lesson, self.assignment = folder.resolve(), lesson, lesson_name(lesson)
        self.folder.mkdir(parents=True, exist_ok=True)
        shutil.copy(HERE / "nbgrader_config.py", self.folder / "nbgrader_config.py")
        config = Config()
        exec_config(self.folder / "nbgrader_config.py", config)
        config.CourseDirectory.root = str(self.folder)
        config.CourseDirectory.db_url = f"sqlite:///{self.folder / 'gradebook.db'}"
        config.Exchange.root = str(self.folder / "exchange")
        config.Exchange.cache = str(self.folder / "cache")
        config.Execute.timeout = timeout
        (self.folder / "exchange").mkdir(exist_ok=True)
        (self.folder / "exchange").chmod(0o777)
        self._api = NbGraderAPI(config=config)
        self._api.log_level = "ERROR"

    def generate(self) -> None:
        """Press the lesson into the course's source and let nbgrader generate and release the assignment."""
        place = self.folder / "source" / self.assignment / f"{self.lesson.stem}.ipynb"
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_text(text_of(grading_notebook(self.lesson)), encoding="utf-8")
        self._must(self._api.generate_assignment)
        if not (self.folder / "exchange" / "superresolution" / "outbound" / self.assignment).exists():
            self._must(self._api.release_assignment)

    def hand_in(self, class_folder: Path) -> list[str]:
        """Put every submission of a class folder into the exchange and collect; return the students.

        A class folder holds one folder per student with the notebook in it, whatever the notebook is called.
        """
        inbound = self.folder / "exchange" / "superresolution" / "inbound"
        students = sorted(path.name for path in class_folder.iterdir() if path.is_dir() and path.name[0] not in "._")
        stamp = datetime.now(UTC).strftime("%Y-%m-%d %H:%M:%S.%f UTC")
        for student in students:
            notebook = the_notebook(class_folder / student)
            if notebook is None:
                continue
            box = inbound / f"{student}+{self.assignment}+{stamp}+0"
            box.mkdir(parents=True)
            shutil.copy(notebook, box / f"{self.lesson.stem}.ipynb")
            (box / "timestamp.txt").write_text(stamp)
        self._must(self._api.collect)
        return students

    def grade(self, student: str) -> Outcome:
        """Run nbgrader's autograde for one student and read the grade book.

        A submission that could not be run to its end keeps no automatic score, not even an earlier one: nbgrader
        leaves the old score in place, so it is taken out here and the submission is marked for a human.
        """
        if not (self.folder / "submitted" / student / self.assignment).is_dir():
            return self._read(student, problem="no notebook was handed in")
        with surroundings():
            done = self._api.autograde(self.assignment, student)
        if done["success"]:
            return self._read(student)
        self._void(student)
        return self._read(student, problem=last_line(done) or "the notebook could not be run to its end")

    def feedback(self, student: str) -> Path | None:
        """Write the student's feedback page; return its folder, or None where there is nothing to show."""
        with surroundings():
            done = self._api.generate_feedback(self.assignment, student)
        place = self.folder / "feedback" / student / self.assignment
        return place if done["success"] and place.is_dir() else None

    def export(self) -> Path:
        """Write all grades as CSV with nbgrader's exporter; return the file."""
        from nbgrader.plugins import CsvExportPlugin

        place = self.folder / "grades.csv"
        plugin = CsvExportPlugin()
        plugin.to = str(place)
        with self._api.gradebook as book:
            plugin.export(book)
        return place

    def _read(self, student: str, problem: str = "") -> Outcome:
        from nbgrader.api import MissingEntry

        with self._api.gradebook as book:
            assignment = book.find_assignment(self.assignment)
            try:
                grades = [
                    grade
                    for sub in [book.find_submission(self.assignment, student)]
                    for nb in sub.notebooks
                    for grade in nb.grades
                ]
            except MissingEntry:
                grades = []
            points = {grade.name.removeprefix("check-"): float(grade.score) for grade in grades}
            waiting = [grade.name for grade in grades if grade.needs_manual_grade]
            if not problem and waiting:
                problem = f"not graded: {', '.join(waiting)}"
            total = None if problem else sum(points.values())
            return Outcome(student, total, float(assignment.max_score), {} if problem else points, problem)

    def _void(self, student: str) -> None:
        from nbgrader.api import MissingEntry

        with self._api.gradebook as book, contextlib.suppress(MissingEntry):
            for notebook in book.find_submission(self.assignment, student).notebooks:
                for grade in notebook.grades:
                    if grade.manual_score is None:
                        grade.auto_score, grade.needs_manual_grade = None, True
            book.db.commit()

    def _must(self, step: Callable[[str], dict[str, Any]]) -> None:
        with surroundings():
            done = step(self.assignment)
        if not done["success"]:
            told = str(done.get("log") or done.get("error"))[-2000:]
            raise CourseError(f"nbgrader could not {step.__name__.replace('_', ' ')}. The end of its log:\n{told}")


@contextlib.contextmanager
def surroundings() -> Iterator[None]:
    """Give nbgrader what it takes for granted, for as long as it runs.

    It starts ``alembic`` by name when it makes a grade book, so this environment's programs are put on the PATH. Its
    harmless warnings are kept from the instructor; what matters comes back in its log.
    """
    path = os.environ.get("PATH", "")
    os.environ["PATH"] = os.pathsep.join([str(Path(sys.executable).parent), path])
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            yield
    finally:
        os.environ["PATH"] = path


def exec_config(path: Path, config: Any) -> None:
    """Load nbgrader_config.py the way nbgrader does, but let its errors be seen."""
    exec(
        compile(path.read_text(encoding="utf-8"), str(path), "exec"),
        {"get_config": lambda: config, "__name__": "nbgrader_config"},
    )


def the_notebook(folder: Path) -> Path | None:
    """Return the one notebook below a student's folder, or None; of several the newest, for students hand in twice."""
    found = [
        path for path in folder.rglob("*.ipynb") if ".ipynb_checkpoints" not in path.parts and not path.is_symlink()
    ]
    return max(found, key=lambda path: (path.stat().st_mtime, path.name), default=None)


def last_line(done: dict[str, Any]) -> str:
    """Return the line of nbgrader's log that says what went wrong."""
    lines = [line.strip() for line in f"{done.get('error', '')}\n{done.get('log', '')}".splitlines() if line.strip()]
    telling = [line for line in lines if "died" in line or "Timeout" in line]
    return (telling or lines or [""])[-1][-200:]


if str(HERE.parent) not in sys.path:  # tools/ is a folder beside this one, not an installed package
    sys.path.insert(0, str(HERE.parent))
