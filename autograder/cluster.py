"""Grade on a Dask cluster: the same tasks, the same answers, other machines.

The submission travels with the task and the record travels back, so the machines share nothing but the project. How a
cluster is started on Slurm or Kubernetes stands in ``docs/INSTRUCTOR.md``; here only its scheduler's address is needed.
"""

from __future__ import annotations

import itertools
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any

from autograder.work import NEWS, Done, Grader, Task, attempt, finish

__all__ = ["NoCluster", "cluster"]


class NoCluster(RuntimeError):
    """The scheduler cannot be reached, or has no workers; the message says what to start."""


def cluster(
    tasks: Iterable[Task],
    grader: Grader,
    *,
    address: str,
    ahead: int = 4,
    patience: float = 60,
    silence: float = 3600,
    say: Callable[[str], None] = lambda text: None,
) -> Iterator[Done]:
    """Grade on the cluster whose scheduler listens at ``address``; yield each task as it is finished.

    A worker that dies is replaced by another one; a task that kills worker after worker is given up.

    Args:
        tasks: read as workers get free.
        grader: how to grade.
        address: of the scheduler, for example ``tcp://head:8786``.
        ahead: how many tasks wait at the cluster for each worker. No more, so that memory does not grow with the class.
        patience: seconds to wait for the scheduler and its first worker.
        silence: seconds in which nothing was finished after which the cluster is given up.
        say: gets a line every 30 s in which nothing was finished.

    Raises:
        NoCluster: nobody is there, or nothing comes back.
    """
    from distributed import wait

    with _connect(address, patience) as client:
        waiting = iter(tasks)
        running: dict[Any, Task] = {}
        free, heard = ahead * max(sum(client.nthreads().values()), 1), time.monotonic()
        while True:
            for task in itertools.islice(waiting, free):
                yield from _send(client, running, task, grader)
            if not running:
                return
            try:
                with client.as_current():
                    ready = wait(list(running), timeout=min(NEWS, silence), return_when="FIRST_COMPLETED").done
            except TimeoutError:
                free = 0
                say(_silent(client, running, address, time.monotonic() - heard, silence))
                continue
            free, heard = len(ready), time.monotonic()
            for future in ready:
                yield _received(future, running.pop(future))


def _silent(client: Any, running: Mapping[Any, Task], address: str, seconds: float, silence: float) -> str:
    """Return what is being waited for.

    Raises:
        NoCluster: it was waited for long enough.
    """
    names = [task.students[0] if task.students else task.submission[:8] for task in running.values()]
    threads = sum(client.nthreads().values())
    told = f"{', '.join(names[:8])}{' and others' if names[8:] else ''} at {address}, which has {threads} workers"
    if seconds >= silence:
        raise NoCluster(f"Nothing came back for {seconds:.0f} s of {told}. What was finished is kept.")
    return f"Waiting for {told}" + ("" if threads else f". Start some: dask worker {address}")


def _connect(address: str, patience: float) -> Any:
    from distributed import Client

    try:
        client = Client(address, timeout=patience, set_as_default=False)
    except (OSError, ValueError) as problem:
        raise NoCluster(f"No Dask scheduler answers at {address} ({problem}). Start one: dask scheduler.") from None
    try:
        client.wait_for_workers(1, timeout=patience)
    except TimeoutError:
        client.close()
        raise NoCluster(f"The scheduler at {address} has no workers. Start some: dask worker {address}.") from None
    return client


def _send(client: Any, running: dict[Any, Task], task: Task, grader: Grader) -> Iterator[Done]:
    """Send one task; yields what became of it only where its file could not be read."""
    try:
        content = task.read()
    except Exception as problem:
        yield Done(task=task, problem=str(problem))
        return
    name = f"grade-{task.key}"
    running[client.submit(attempt, grader, content, task.exercises, key=name, pure=False, retries=2)] = task


def _received(future: Any, task: Task) -> Done:
    error = future.exception()
    if error is not None:
        return Done(task=task, problem=f"The cluster gave up on this submission: {error}")
    return finish(task, future.result)
