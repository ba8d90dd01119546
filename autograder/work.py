"""The unit of grading: a task goes to a worker, the bytes of a record come back. No worker writes anything.

Every way to run many tasks (:mod:`autograder.pool`, :mod:`autograder.cluster`) takes the tasks and a :class:`Grader`
and yields what became of each, so the results cannot depend on which one was used.
"""

from __future__ import annotations

import atexit
import contextlib
import threading
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import torch

from autograder.box import Box, BoxError
from autograder.engine import Tell, grade_submission, tell_nobody
from autograder.keys import record_key, submission_hash
from autograder.limits import LIMITS, Limits
from autograder.record import Record
from autograder.sandboxes import choose_box

__all__ = ["NEWS", "Done", "Grader", "Runner", "Task", "attempt", "close_boxes", "finish", "one_by_one"]

NEWS = 30.0  # seconds in which nothing was finished after which it is said what is being waited for


@dataclass(frozen=True, kw_only=True)
class Grader:
    """How a class is graded: the same for every submission, and sent to every worker.

    Attributes:
        exercises: the exercises of the lesson, in order.
        seed: the secret seed that hidden cases are drawn from.
        limits: what student code may use.
        trusted: run without a sandbox. Only for the author's own solutions.
    """

    exercises: tuple[str, ...]
    seed: int
    limits: Limits = LIMITS
    trusted: bool = False

    def key(self, submission: str, exercises: Sequence[str]) -> str:
        """Return the digest of everything the results of ``exercises`` depend on.

        Args:
            submission: SHA-256 of the submission's bytes.
            exercises: one exercise, or all of them.
        """
        return record_key(submission, exercises, self.seed, self.limits)

    def grade(self, submission: bytes, exercises: Sequence[str], tell: Tell = tell_nobody) -> Record:
        """Grade some exercises of a submission, in this process's box; ``tell`` hears how far it is."""
        box = _box(self.trusted)
        return grade_submission(submission, exercises, seed=self.seed, box=box, limits=self.limits, tell=tell)


@dataclass(frozen=True, kw_only=True)
class Task:
    """One submission to be graded.

    Attributes:
        key: of the record that shall come out.
        source: the submission, or the file it is read from when its turn comes.
        submission: SHA-256 of its bytes.
        exercises: those that have to be run; the results of the others are known.
        students: who handed it in, for messages.
    """

    key: str
    source: Path | bytes
    submission: str
    exercises: tuple[str, ...]
    students: tuple[str, ...] = ()

    def read(self) -> bytes:
        """Return the submission's bytes.

        Raises:
            BoxError: it is not what it was when the class was looked through.
        """
        content = self.source if isinstance(self.source, bytes) else self.source.read_bytes()
        if submission_hash(content) != self.submission:
            raise BoxError("The submission changed while the class was being graded; grade again.")
        return content


@dataclass(frozen=True, kw_only=True)
class Done:
    """What became of a task: the bytes of a record, and why the grader itself failed, on all of it or on a part."""

    task: Task
    record: bytes = b""
    problem: str = ""


Runner = Callable[[Iterable[Task], Grader], Iterator[Done]]


def attempt(grader: Grader, content: bytes, exercises: Sequence[str], tell: Tell = tell_nobody) -> tuple[bytes, str]:
    """Grade one submission; return its record or b"", and the grader's own problem or "". Nothing is raised.

    What is expected is computed by one thread, so that no record depends on how many a machine has.
    """
    try:
        with _one_thread():
            record = grader.grade(content, exercises, tell)
            return record.to_json(), record.failure
    except Exception as problem:
        return b"", f"{type(problem).__name__}: {problem}"


@contextlib.contextmanager
def _one_thread() -> Iterator[None]:
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        yield
    finally:
        torch.set_num_threads(threads)


def one_by_one(tasks: Iterable[Task], grader: Grader) -> Iterator[Done]:
    """Grade in this process, in order."""
    for task in tasks:
        yield finish(task, lambda task=task: attempt(grader, task.read(), task.exercises))


def finish(task: Task, run: Callable[[], tuple[bytes, str]]) -> Done:
    """Turn what ``run`` gives, or an unreadable submission, into what became of the task."""
    try:
        record, problem = run()
    except (OSError, BoxError) as failure:
        record, problem = b"", str(failure)
    return Done(task=task, record=record, problem=problem)


_boxes: dict[tuple[int, bool], Box] = {}


def _box(trusted: bool) -> Box:
    """Return the box of this thread, opened when it is first needed and closed with the process."""
    mine = (threading.get_ident(), trusted)
    if mine not in _boxes:
        _boxes[mine] = choose_box(trusted)
    return _boxes[mine]


@atexit.register
def close_boxes() -> None:
    """Close every box of this process."""
    while _boxes:
        _boxes.popitem()[1].close()
