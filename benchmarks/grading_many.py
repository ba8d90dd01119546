"""Ten thousand submissions through the runner with workers killed under it: throughput, memory, and whole records.

No student code is run: each submission costs a fixed amount of processor time, so what is measured is the machinery
around the engine. Half way and again at three quarters a worker is killed; at the end every record must be there, whole
and what one process gives.
"""

from __future__ import annotations

import argparse
import os
import resource
import signal
import sys
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from hashlib import sha256
from pathlib import Path

from autograder.engine import Tell, tell_nobody
from autograder.grading import grade_class
from autograder.pool import pool
from autograder.record import CriterionResult, Record, Result
from autograder.store import Store
from autograder.work import Grader
from benchmarks.grading import descendants

__all__ = ["Simulated", "main"]


@dataclass(frozen=True, kw_only=True)
class Simulated(Grader):
    """Spends processor time and gives a record whose points follow from the submission's digest."""

    exercises: tuple[str, ...] = ("tv_loss",)
    seed: int = 1
    milliseconds: float = 10.0

    def key(self, submission: str, exercises: Sequence[str]) -> str:
        """Return a digest of both."""
        return sha256(f"{submission} {' '.join(exercises)}".encode()).hexdigest()

    def grade(self, submission: bytes, exercises: Sequence[str], tell: Tell = tell_nobody) -> Record:
        """Work for a while and tell."""
        until = time.thread_time() + self.milliseconds / 1e3
        while time.thread_time() < until:
            pass
        digest = sha256(submission).hexdigest()
        return Record(submission=digest, seed=1, results=_results(digest), key=self.key(digest, exercises))


def main() -> int:
    """Measure and print; leave with 1 where a record is missing or damaged."""
    asked = _arguments()
    with tempfile.TemporaryDirectory() as folder:
        class_folder, store = Path(folder, "class"), Store(Path(folder, "records"))
        submissions = _class(class_folder, asked.count)
        grader = Simulated(milliseconds=asked.milliseconds)
        moments = {asked.count // 2, asked.count * 3 // 4}
        memory: list[float] = []

        def watch(text: str) -> None:
            number = int(text[1:].partition("/")[0])
            if number in moments:
                os.kill(_workers()[0], signal.SIGKILL)
            if number % 500 == 0:
                memory.append(_megabytes([os.getpid()]))

        began = time.perf_counter()
        tally = grade_class(submissions, store, grader, partial(pool, workers=asked.workers), say=watch)
        took = time.perf_counter() - began
        whole = sum(_is_right(store, grader, path) for path in submissions.values())
        again = time.perf_counter()
        known = grade_class(submissions, store, grader, partial(pool, workers=asked.workers)).known
        again = time.perf_counter() - again
    print(f"{asked.count} submissions of {asked.milliseconds:g} ms, {asked.workers} workers, {os.cpu_count()} cores")
    print(f"{took:.0f} s, {asked.count / took:.0f} per second; {len(tally.failed)} failed; 2 workers were killed")
    print(f"{whole} records whole and right; a second call found {known} known in {again:.0f} s")
    print(f"memory of the collecting process: {memory[0]:.0f} MB after 500, {max(memory):.0f} MB at most; ", end="")
    print(f"peak {resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024:.0f} MB")
    return 0 if whole == known == asked.count else 1


def _class(folder: Path, count: int) -> dict[str, Path]:
    folder.mkdir()
    found = {}
    for number in range(count):
        path = folder / f"s{number:05d}.ipynb"
        path.write_text(f"submission {number}\n" * 1000)  # 15 kB, a small notebook
        found[path.stem] = path
    return found


def _is_right(store: Store, grader: Simulated, path: Path) -> bool:
    digest = sha256(path.read_bytes()).hexdigest()
    record, entry = store.get(grader.key(digest, grader.exercises)), store.entry(path.stem)
    return (
        record is not None and entry is not None and entry.record == record.key and record.results == _results(digest)
    )


def _results(digest: str) -> dict[str, Result]:
    points = float(int(digest[:2], 16) % 5)
    criterion = CriterionResult(name="value", text="t", hidden=False, outcome="wrong", points=points, max_points=4.0)
    made = Result(exercise="tv_loss", outcome="partial", points=points, max_points=4.0, criteria=(criterion,))
    return {"tv_loss": made}


def _workers() -> list[int]:
    """Return the pool's workers: what the fork server below this process has started."""
    return [child for child in descendants(os.getpid()) if _parent(child) != os.getpid()]


def _parent(process: int) -> int:
    return int((Path("/proc") / str(process) / "stat").read_text().rpartition(")")[2].split()[1])


def _megabytes(processes: Sequence[int]) -> float:
    pages = (int((Path("/proc") / str(process) / "statm").read_text().split()[1]) for process in processes)
    return sum(pages) * os.sysconf("SC_PAGE_SIZE") / 2**20


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog=sys.argv[0], description=__doc__)
    parser.add_argument("--count", type=int, default=10_000, help="Submissions. [10000]")
    parser.add_argument("--workers", type=int, default=4, help="Processes. [4]")
    parser.add_argument("--milliseconds", type=float, default=10.0, help="Processor time of each. [10]")
    return parser.parse_args()


if __name__ == "__main__":
    sys.exit(main())
