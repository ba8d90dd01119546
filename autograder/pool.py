"""Grade on several processes of one machine, and survive the death of any of them.

Each worker holds one task at a time and the parent knows which, so a worker that dies costs that task one more attempt
and nothing else. Workers are forked from a server process that has imported everything and run nothing.
"""

from __future__ import annotations

import multiprocessing
import time
from collections import deque
from collections.abc import Iterable, Iterator
from functools import partial
from multiprocessing.connection import Connection, wait
from multiprocessing.process import BaseProcess
from typing import TYPE_CHECKING, Any

from autograder.work import Done, Grader, Task, attempt, close_boxes, finish

if TYPE_CHECKING:
    from multiprocessing.context import ForkServerContext

__all__ = ["ATTEMPTS", "PATIENCE", "pool"]

ATTEMPTS = 3
PATIENCE = 3600.0  # seconds; the engine's own limits end student code long before


def pool(tasks: Iterable[Task], grader: Grader, *, workers: int, patience: float = PATIENCE) -> Iterator[Done]:
    """Grade on ``workers`` processes; yield each task as it is finished.

    Args:
        tasks: read one by one, as workers get free.
        grader: how to grade.
        workers: how many processes.
        patience: seconds after which a worker that has not answered is killed.
    """
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(["autograder.work"])
    crew = [_Worker(context, grader) for _ in range(workers)]
    waiting, again = iter(tasks), deque[tuple[Task, int]]()
    try:
        while True:
            for worker in crew:
                if worker.task is None and (turn := _next(again, waiting)):
                    worker.start(*turn)
            busy = [worker for worker in crew if worker.task is not None]
            if not busy:
                return
            yield from _collect(busy, again, patience)
    finally:
        for worker in crew:
            worker.stop()


def _next(again: deque[tuple[Task, int]], waiting: Iterator[Task]) -> tuple[Task, int] | None:
    if again:
        return again.popleft()
    task = next(waiting, None)
    return None if task is None else (task, 1)


def _collect(busy: list[_Worker], again: deque[tuple[Task, int]], patience: float) -> Iterator[Done]:
    """Wait until some worker has answered, died, or been silent for too long."""
    ready = wait([worker.line for worker in busy], timeout=1.0)
    for worker in busy:
        if worker.line not in ready and time.monotonic() - worker.since <= patience:
            continue
        task, tries = worker.turn
        answer = worker.answer() if worker.line in ready else worker.stop()
        if answer is not None:
            yield finish(task, lambda answer=answer: answer)
        elif tries < ATTEMPTS:
            again.append((task, tries + 1))
        else:
            yield Done(task=task, problem=f"The grading process died {tries} times while it had this submission.")


class _Worker:
    """One process and the line to it; a dead one is replaced when it is next needed."""

    def __init__(self, context: ForkServerContext, grader: Grader) -> None:
        self.context, self.grader = context, grader
        self.process: BaseProcess | None = None
        self.line: Connection[Any, Any]
        self.task: Task | None = None
        self.tries, self.since = 0, 0.0

    @property
    def turn(self) -> tuple[Task, int]:
        assert self.task is not None
        return self.task, self.tries

    def start(self, task: Task, tries: int) -> None:
        """Give the process a task. What is wrong with the submission's file is found by the worker."""
        if self.process is None or not self.process.is_alive():
            self.line, far = self.context.Pipe()
            self.process = self.context.Process(target=_serve, args=(far, self.grader), daemon=True)
            self.process.start()
            far.close()
        self.task, self.tries, self.since = task, tries, time.monotonic()
        try:
            self.line.send(task)
        except OSError:
            return  # it died between two tasks; its closed line is found by whoever waits for the answer

    def answer(self) -> tuple[bytes, str] | None:
        """Return what the process says, or None where it is dead."""
        self.task = None
        try:
            reply: tuple[bytes, str] = self.line.recv()
        except (EOFError, OSError):
            self.stop()
            return None
        return reply

    def stop(self) -> None:
        """End the process."""
        self.task = None
        if self.process is None:
            return
        self.line.close()
        self.process.join(0.5)
        if self.process.is_alive():
            self.process.kill()
        self.process.join()
        self.process = None


def _serve(line: Connection[Any, Any], grader: Grader) -> None:
    """Grade what comes down the line until it is closed, also by the parent's death."""
    try:
        while True:
            task = line.recv()
            done = finish(task, partial(_run, grader, task))
            line.send((done.record, done.problem))
    except (EOFError, OSError, KeyboardInterrupt):
        close_boxes()


def _run(grader: Grader, task: Task) -> tuple[bytes, str]:
    return attempt(grader, task.read(), task.exercises)
