"""A course folder of nbgrader, driven through nbgrader's own API in one process.

nbgrader is the front: it makes the assignment, hands it out, collects it and keeps the grade book. Grading itself is
:mod:`autograder.grading`; its scores reach the grade book through :mod:`autograder.bridge`. ``nbgrader autograde``
still works in the same folder, for people who trust their students.

Importing nbgrader costs five seconds and starting a command of it as much again, so nothing here starts a command per
student.
"""

from __future__ import annotations

import contextlib
import os
import secrets
import shutil
import sys
import uuid
import warnings
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from tools.press import grading_notebook, lesson_name, text_of

__all__ = ["DATABASE", "SECRET", "Course", "CourseError", "Submission", "database_url", "new_secret"]

HERE = Path(__file__).resolve().parent
COURSE_ID = "superresolution"
DATABASE = "SRKIT_GRADEBOOK_URL"
SECRET = "submission_secret.txt"


@dataclass(frozen=True, kw_only=True)
class Submission:
    """What is put into the course for one student.

    Attributes:
        student: the name in the course.
        read: gives the notebook.
        when: seconds since 1970, where it is known when it was handed in.
    """

    student: str
    read: Callable[[], bytes]
    when: float | None = None


class CourseError(RuntimeError):
    """A step of nbgrader failed for the whole class; the message holds the end of its log."""


class Course:
    """One lesson of one course, in a folder of its own.

    Args:
        folder: where source, release, submissions, grade book and feedback go; made if it is not there.
        lesson: the lesson's source, ``solutions/NN_slug.py``.
        timeout: seconds a single cell may run, where nbgrader itself grades.
        database: URL of the grade book; the environment variable ``SRKIT_GRADEBOOK_URL`` comes next, then SQLite in
            the folder.
    """

    def __init__(self, folder: Path, lesson: Path, *, timeout: int = 60, database: str = "") -> None:
        from nbgrader.apps import NbGraderAPI
        from traitlets.config import Config

        self.folder, self.lesson, self.assignment = folder.resolve(), lesson, lesson_name(lesson)
        self.folder.mkdir(parents=True, exist_ok=True)
        shutil.copy(HERE / "nbgrader_config.py", self.folder / "nbgrader_config.py")
        self.config = Config()
        exec_config(self.folder / "nbgrader_config.py", self.config)
        self.database = database_url(database, self.folder)
        self.config.CourseDirectory.root = str(self.folder)
        self.config.CourseDirectory.db_url = self.database
        self.config.Exchange.root = str(self.folder / "exchange")
        self.config.Exchange.cache = str(self.folder / "cache")
        self.config.Execute.timeout = timeout
        (self.folder / "exchange").mkdir(exist_ok=True)
        (self.folder / "exchange").chmod(0o777)
        self.api = NbGraderAPI(config=self.config)
        self.api.log_level = "ERROR"

    def place(self, step: str, student: str = ".") -> Path:
        """Return the folder of a step (``"submitted"``, ``"autograded"``, ``"feedback"`` …) for a student."""
        return self.folder / step / student / self.assignment

    def generate(self) -> None:
        """Press the lesson into the course's source and let nbgrader generate and release the assignment.

        Nothing is done where the source is what it was.
        """
        source = self.place("source") / f"{self.lesson.stem}.ipynb"
        released = self.place("release") / source.name
        text = text_of(grading_notebook(self.lesson))
        if source.is_file() and released.is_file() and source.read_text("utf-8") == text and self._is_known():
            return
        source.parent.mkdir(parents=True, exist_ok=True)
        source.write_text(text, encoding="utf-8")
        self._must(self.api.generate_assignment)
        if not (self.folder / "exchange" / COURSE_ID / "outbound" / self.assignment).exists():
            self._must(self.api.release_assignment)

    def hand_in(self, hand_ins: Iterable[Submission]) -> None:
        """Put hand-ins that are new or changed into the exchange, one by one, and let nbgrader collect them."""
        inbound = self.folder / "exchange" / COURSE_ID / "inbound"
        self._clear_broken_copies(inbound)
        new = 0
        for one in hand_ins:
            data = one.read()
            if self._holds(one.student, data):
                continue
            new += 1
            told = datetime.now(UTC) if one.when is None else datetime.fromtimestamp(one.when, UTC)
            stamp = max(told, self._after(one.student)).strftime("%Y-%m-%d %H:%M:%S.%f UTC")
            box = self.folder / "exchange" / f".arriving-{uuid.uuid4().hex}"
            box.mkdir()
            (box / f"{self.lesson.stem}.ipynb").write_bytes(data)
            (box / "timestamp.txt").write_text(stamp)
            (box / SECRET).write_text(new_secret())
            final = inbound / f"{one.student}+{self.assignment}+{stamp}+0"
            if not final.exists():
                box.rename(final)
        if new:
            self._must(self.api.collect)

    def collected(self) -> dict[str, list[Path]]:
        """Return student -> notebooks of everything that was collected; links and checkpoints do not count."""
        found = {}
        for folder in sorted(self.folder.glob(f"submitted/*/{self.assignment}")):
            paths = [
                path
                for path in sorted(folder.rglob("*.ipynb"))
                if ".ipynb_checkpoints" not in path.relative_to(folder).parts
            ]
            if notebooks := [path for path in paths if not path.is_symlink() and path.is_file()]:
                found[folder.parent.name] = notebooks
        return found

    def due(self, moment: str) -> None:
        """Set the date the lesson is due, ``YYYY-MM-DD HH:MM:SS UTC``, in nbgrader's grade book."""
        with surroundings(), self.api.gradebook as book:
            book.update_or_create_assignment(self.assignment, duedate=moment)

    def release_feedback(self) -> None:
        """Let nbgrader put the feedback pages where students fetch them."""
        self._must(self.api.release_feedback)

    def export(self, place: Path) -> Path:
        """Write all grades as CSV with nbgrader's exporter; return the file."""
        from nbgrader.plugins import CsvExportPlugin

        plugin = CsvExportPlugin()
        plugin.to = str(place)
        with self.api.gradebook as book:
            plugin.export(book)
        return place

    def _is_known(self) -> bool:
        from nbgrader.api import MissingEntry

        with surroundings(), self.api.gradebook as book, contextlib.suppress(MissingEntry):
            book.find_notebook(self.lesson.stem, self.assignment)
            return True
        return False

    def _clear_broken_copies(self, inbound: Path) -> None:
        """Remove what a full disk or a killed process left of a collection; the exchange still has the original."""
        for stamp in self.folder.glob(f"submitted/*/{self.assignment}/timestamp.txt"):
            student = stamp.parent.parent.name
            whole = any(path.name.startswith(f"{student}+{self.assignment}+") for path in inbound.glob("*"))
            if whole and not stamp.read_text().strip():
                shutil.rmtree(stamp.parent)

    def _holds(self, student: str, data: bytes) -> bool:
        notebook = self.place("submitted", student) / f"{self.lesson.stem}.ipynb"
        return notebook.is_file() and notebook.read_bytes() == data

    def _after(self, student: str) -> datetime:
        """Return a moment after the last hand-in, so that nbgrader takes the next one for newer."""
        known = self.place("submitted", student) / "timestamp.txt"
        if not known.is_file():
            return datetime.fromtimestamp(0, UTC)
        from nbgrader.utils import parse_utc

        last: datetime = parse_utc(known.read_text()).replace(tzinfo=UTC)
        return datetime.fromtimestamp(last.timestamp() + 1, UTC)

    def _must(self, step: Callable[[str], dict[str, Any]]) -> None:
        with surroundings():
            done = step(self.assignment)
        if not done["success"]:
            told = str(done.get("log") or done.get("error"))[-2000:]
            raise CourseError(f"nbgrader could not {step.__name__.replace('_', ' ')}. The end of its log:\n{told}")


def database_url(given: str, folder: Path) -> str:
    """Return the URL of the grade book. A PostgreSQL one gets the name of the driver that is installed."""
    url = given or os.environ.get(DATABASE, "") or f"sqlite:///{folder / 'gradebook.db'}"
    kind, colon, rest = url.partition("://")
    return f"postgresql+psycopg{colon}{rest}" if kind in {"postgres", "postgresql"} else url


@contextlib.contextmanager
def surroundings() -> Iterator[None]:
    """Give nbgrader what it takes for granted, for as long as it runs.

    It starts ``alembic`` by name when it makes a grade book, so this environment's programs are put on the PATH. Its
    harmless warnings are kept from the instructor; what matters comes back in its log.
    """
    before = os.environ.get("PATH")
    os.environ["PATH"] = os.pathsep.join([str(Path(sys.executable).parent), before or os.defpath])
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            yield
    finally:
        del os.environ["PATH"]
        os.environ.update({} if before is None else {"PATH": before})


def exec_config(path: Path, config: Any) -> None:
    """Load nbgrader_config.py the way nbgrader does, but let its errors be seen."""
    exec(
        compile(path.read_text(encoding="utf-8"), str(path), "exec"),
        {"get_config": lambda: config, "__name__": "nbgrader_config", "__file__": str(path)},
    )


def new_secret() -> str:
    """Return a submission's secret, as ``nbgrader submit`` makes one; its feedback gets a name made of it."""
    return secrets.token_hex(64)


if str(HERE.parent) not in sys.path:  # tools/ is a folder beside this one, not an installed package
    sys.path.insert(0, str(HERE.parent))
