"""Grade on a Dask cluster: the same tasks, the same answers, other machines.

The submission travels with the task and the record travels back, so the machines share nothing but the project. How a
cluster is started on Slurm or Kubernetes stands in ``docs/INSTRUCTOR.md``; here only its scheduler's address is needed.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Iterator
from typing import Any

from autograder.work import Done, Grader, Task, attempt, finish

__all__ = ["NoCluster", "cluster"]


class NoCluster(RuntimeError):
    """The scheduler cannot be reached, or has no workers; the message says what to start."""


def cluster(
    tasks: Iterable[Task], grader: Grader, *, address: str, ahead: int = 4, patience: int = 60
) -> Iterator[Done]:
    """Grade on the cluster whose scheduler listens at ``address``; yield each task as it is finished.

    A worker that dies is replaced by another one; a task that kills worker after worker is given up.

    Args:
        tasks: read as workers get free.
        grader: how to grade.
        address: of the scheduler, for example ``tcp://head:8786``.
        ahead: how many tasks wait at the cluster for each worker. No more, so that memory does not grow with the class.
        patience: seconds to wait for the scheduler and its first worker.

    Raises:
        NoCluster: nobody is there.
    """
    from distributed import as_completed

    with _connect(address, patience) as client:
        threads = sum(client.nthreads().values())
        waiting = iter(tasks)
        running = as_completed(loop=client.loop)
        sent: dict[str, Task] = {}
        for task in itertools.islice(waiting, ahead * max(threads, 1)):
            yield from _send(client, running, sent, task, grader)
        for future in running:
            yield _received(future, sent.pop(future.key))
            for task in itertools.islice(waiting, 1):
                yield from _send(client, running, sent, task, grader)


def _connect(address: str, patience: int) -> Any:
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


def _send(client: Any, running: Any, sent: dict[str, Task], task: Task, grader: Grader) -> Iterator[Done]:
    """Send one task; yields what became of it only where its file could not be read."""
    try:
        content = task.read()
    except Exception as problem:
        yield Done(task=task, problem=str(problem))
        return
    name = f"grade-{task.key}"
    sent[name] = task
    running.add(client.submit(attempt, grader, content, task.exercises, key=name, pure=False, retries=2))


def _received(future: Any, task: Task) -> Done:
    error = future.exception()
    if error is not None:
        return Done(task=task, problem=f"The cluster gave up on this submission: {error}")
    return finish(task, future.result)
