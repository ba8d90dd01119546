"""Grade on several processes of one machine, and survive the death, the silence or the lost sandbox of any of them.

Each worker holds one task at a time and the parent knows which, so a worker that is lost costs that task one more
attempt and nothing else. One in which grading failed is replaced, too: without its sandbox it would be done with each
task before the others, and fail the whole class. The workers are forks of a Python that has imported the grader and
does nothing else, never of a process that has used PyTorch: its threads do not survive a fork, and the first
convolution in such a copy would wait for them for ever.
"""

from __future__ import annotations

import multiprocessing
import time
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace
from functools import partial
from multiprocessing.connection import Connection, wait
from multiprocessing.context import ForkServerContext, ForkServerProcess
from typing import Any

from autograder.process import longest
from autograder.work import NEWS, Done, Grader, Task, attempt, close_boxes, finish

__all__ = ["ATTEMPTS", "pool"]

ATTEMPTS = 3
COMPUTING = 120.0  # seconds in which the grader itself has certainly come from one case to the next


def pool(
    tasks: Iterable[Task],
    grader: Grader,
    *,
    workers: int,
    patience: float | None = None,
    say: Callable[[str], None] = lambda text: None,
) -> Iterator[Done]:
    """Grade on ``workers`` processes; yield each task as it is finished.

    Args:
        tasks: read one by one, as workers get free.
        grader: how to grade.
        workers: how many processes.
        patience: seconds without a sign of life after which a worker is ended and replaced. A worker gives one before
            each case. By default what the limits of student code and of the box allow for one case, and two minutes.
        say: gets a line where a worker is replaced, and every 30 s in which nothing was finished.
    """
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(["autograder.work"])  # which costs two seconds, once for all workers
    crew = [_Worker(context, grader) for _ in range(workers)]
    waiting, again = iter(tasks), deque[tuple[Task, int]]()
    patience = longest(grader.limits) + COMPUTING if patience is None else patience
    told = time.monotonic()
    try:
        while True:
            for worker in crew:
                if worker.task is None and (turn := _next(again, waiting)):
                    worker.start(*turn)
            busy = [worker for worker in crew if worker.task is not None]
            if not busy:
                return
            for done in _collect(busy, again, patience, say):
                yield done
                told = time.monotonic()
            if time.monotonic() - told > NEWS:
                say("Waiting for " + "; ".join(worker.doing() for worker in busy if worker.task is not None))
                told = time.monotonic()
    finally:
        for worker in crew:
            worker.stop()


def _next(again: deque[tuple[Task, int]], waiting: Iterator[Task]) -> tuple[Task, int] | None:
    if again:
        return again.popleft()
    task = next(waiting, None)
    return None if task is None else (task, 1)


def _collect(
    busy: list[_Worker], again: deque[tuple[Task, int]], patience: float, say: Callable[[str], None]
) -> Iterator[Done]:
    """Wait until some worker has spoken, died, or been silent for too long."""
    ready = wait([worker.line for worker in busy], timeout=1.0)
    for worker in busy:
        silent = worker.line not in ready
        if silent and time.monotonic() - worker.heard <= patience:
            continue
        (task, tries), doing = worker.turn, worker.doing()
        said = None if silent else worker.listen()
        if said is not None and len(said) == 1:
            continue  # a sign of life
        done = Done(task=task) if said is None else Done(task=task, record=said[0], problem=said[1])
        if said is not None and not done.problem:
            yield done
            continue
        why = f"gave no sign of life for {patience:.0f} s" if silent else "died" if said is None else "failed"
        problem = f"A grading process {why} while it had {doing}."
        worker.stop()
        if tries < ATTEMPTS:
            say(f"{problem} Another one tries again.{f' ({done.problem})' if done.problem else ''}")
            again.append((task, tries + 1))
        else:
            yield replace(done, problem=done.problem or f"{problem} It was the last of {tries} attempts.")


class _Worker:
    """One process and the line to it; a lost one is replaced when it is next needed."""

    def __init__(self, context: ForkServerContext, grader: Grader) -> None:
        self.context, self.grader = context, grader
        self.process: ForkServerProcess | None = None
        self.line: Connection[Any, Any]
        self.task: Task | None = None
        self.tries, self.heard, self.place = 0, 0.0, ""

    @property
    def turn(self) -> tuple[Task, int]:
        assert self.task is not None
        return self.task, self.tries

    def doing(self) -> str:
        """Return whose submission the process has, how far it is, and since when."""
        since = f"{time.monotonic() - self.heard:.0f} s"
        return f"{', '.join(self.turn[0].students) or self.turn[0].submission[:8]} ({self.place}, {since})"

    def start(self, task: Task, tries: int) -> None:
        """Give the process a task. What is wrong with the submission's file is found by the worker."""
        if self.process is None or not self.process.is_alive():
            self.line, far = self.context.Pipe()
            process = self.context.Process(target=_serve, args=(far, self.grader), daemon=True)
            process.start()
            self.process = process  # one that the system did not start cannot be ended
            far.close()
        self.task, self.tries, self.heard, self.place = task, tries, time.monotonic(), "starting"
        try:
            self.line.send(task)
        except OSError:
            return  # it died between two tasks; its closed line is found by whoever waits for the answer

    def listen(self) -> tuple[str] | tuple[bytes, str] | None:
        """Return what the process says: how far it is, or (record, problem) at the end; None where it is dead."""
        try:
            said: tuple[str] | tuple[bytes, str] = self.line.recv()
        except (EOFError, OSError):
            return None
        if len(said) == 1:
            self.heard, self.place = time.monotonic(), said[0]
        else:
            self.task = None
        return said

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
            done = finish(task, partial(_run, line, grader, task))
            line.send((done.record, done.problem))
    except (EOFError, OSError, KeyboardInterrupt):
        close_boxes()


def _run(line: Connection[Any, Any], grader: Grader, task: Task) -> tuple[bytes, str]:
    return attempt(grader, task.read(), task.exercises, lambda place: line.send((place,)))
