"""A class graded by this project's engine and by plain nbgrader autograde: CPU-seconds, wall time and memory.

With ``--lesson`` it is a class of that lesson, all of it, solved; each notebook is a file of its own. Without, the
notebook imports torch and has one trivial exercise, so that what is compared is the cost of grading and not of
students' code. Both grade the same submissions, in turns of a few, with all they start counted: kernels, sandbox and
worker. What each needs once for a class is measured with one submission before and stated apart. ``--peers`` lets
nbgrader stop after so many, in the same run, where all of them would take hours.
"""

from __future__ import annotations

import argparse
import contextlib
import json
import os
import resource
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

__all__ = ["Cost", "descendants", "main", "of_processes", "submissions"]

STUDENTS = (  # what each in turn answers; all are distinct files
    "def tv_loss(sr):\n    d = sr[..., :-1, :-1]\n    a, b = d - sr[..., :-1, 1:], d - sr[..., 1:, :-1]\n"
    "    return (a.square() + b.square() + 1e-10).sqrt().mean()",
    "def tv_loss(sr):\n    return sr.mean()",
)
PEERS, OURS = "nbgrader autograde", "this engine"
Grade = Callable[[list[str]], None]


@dataclass
class Cost:
    """What grading took.

    Attributes:
        cpu: seconds of this process and of everything below it, ended or still running, without those of looking.
        wall: seconds on the clock.
        count: submissions.
        peak: the most MB that this process and all below it held together, looked at twice a second.
    """

    cpu: float = 0.0
    wall: float = 0.0
    count: int = 0
    peak: float = 0.0
    ratios: list[float] = field(default_factory=list)

    def add(self, grade: Grade, names: list[str]) -> float:
        """Grade some more; return the CPU-seconds of each."""
        before, began = _spent(), time.perf_counter()
        with _watched(self) as looked:
            grade(names)
        spent = _spent() - before - looked[0]
        self.cpu, self.wall = self.cpu + spent, self.wall + time.perf_counter() - began
        self.count += len(names)
        return spent / len(names)


def main() -> int:
    """Measure and print a table."""
    asked = _arguments()
    peers = asked.count if asked.peers is None else asked.peers
    what = f"lesson {asked.lesson}, solved" if asked.lesson else "one trivial exercise"
    print(f"{asked.count} submissions of {what}, one process, in turns of {asked.turn}; {os.cpu_count()} cores.")
    with tempfile.TemporaryDirectory() as folder:
        place = Path(folder)
        made = submissions(place / "class", asked.count + 1, asked.lesson)
        lesson = asked.lesson or "11"
        graders = {PEERS: _nbgrader(place, made, lesson), OURS: _engine(place / "records", made, asked.lesson)}
        first, *names = made
        once = {name: Cost() for name in graders}
        for name, grade in graders.items():
            once[name].add(grade, [first])
        costs = {name: Cost() for name in graders}
        ratios = []
        for start in range(0, len(names), asked.turn):
            turn = names[start : start + asked.turn]
            ours = costs[OURS].add(graders[OURS], turn)
            if start < peers:
                ratios.append(costs[PEERS].add(graders[PEERS], turn) / ours)
        _print(costs, once, sorted(ratios))
    return 0


def submissions(folder: Path, count: int, lesson: str = "") -> dict[str, Path]:
    """Write ``count`` different notebooks of one torch exercise, or of a whole lesson; return student -> file."""
    from tools._lesson import read_lesson
    from tools.press import student_notebook

    source = _source(lesson or "11")
    solutions = {f"exercise-{cell.name}": cell.source for cell in read_lesson(source) if cell.kind == "exercise"}
    found = {}
    for number in range(count):
        notebook = student_notebook(source)
        answers = solutions
        if not lesson:
            kept = ("setup", "exercise-tv_loss", "check-tv_loss")
            notebook["cells"] = [cell for cell in notebook["cells"] if cell["id"] in kept]
            answers = {"exercise-tv_loss": STUDENTS[number % len(STUDENTS)]}
        for cell in notebook["cells"]:
            if cell["id"] in answers:
                cell["source"] = f"# student {number}\n{answers[cell['id']]}"
        path = folder / f"s{number:05d}" / f"{source.stem}.ipynb"
        path.parent.mkdir(parents=True)
        path.write_text(json.dumps(notebook), encoding="utf-8")
        found[f"s{number:05d}"] = path
    return found


def _source(lesson: str) -> Path:
    from tools.press import sources

    return next(path for path in sources() if path.name.startswith(f"{lesson.zfill(2)}_"))


def _engine(folder: Path, made: dict[str, Path], lesson: str) -> Grade:
    """Return what grades some students with this project, records written."""
    from autograder.grading import grade_class
    from autograder.store import Store
    from autograder.work import Grader, one_by_one
    from srkit.exercises import EXERCISES

    asked = [name for name in EXERCISES if lesson and EXERCISES.get(name).lesson == int(lesson)]
    grader, store = Grader(exercises=tuple(asked) or ("tv_loss",), seed=1), Store(folder)

    def grade(names: list[str]) -> None:
        _must(not grade_class({name: made[name] for name in names}, store, grader, one_by_one).failed)
        points = [record.points for student, (_, record) in store.current().items() if student in names]
        _must(len(points) == len(names) and None not in points)

    return grade


def _nbgrader(folder: Path, made: dict[str, Path], lesson: str) -> Grade:
    """Return what grades some students with nbgrader; generating and collecting are not counted."""
    from autograder.course import Course, Submission, surroundings

    course = Course(folder / "course", _source(lesson), timeout=600)
    course.config.OverwriteCells.add_missing_cells = False  # a measurement of one exercise has three cells only
    course.generate()
    course.hand_in(Submission(student=name, read=path.read_bytes) for name, path in made.items())

    def grade(names: list[str]) -> None:
        for name in names:
            with surroundings():
                _must(course.api.autograde(course.assignment, name)["success"])

    return grade


def _must(done: bool) -> None:
    if not done:
        raise SystemExit("A submission could not be graded, so there is nothing to compare.")


def _spent() -> float:
    ended = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    return sum(use.ru_utime + use.ru_stime for use in ended) + of_processes(os.getpid())


def of_processes(parent: int) -> float:
    """Return the CPU time of all living descendants of a process, with that of their ended children."""
    return sum(spent for _, spent in _below(parent))


def descendants(parent: int) -> list[int]:
    """Return the living descendants of a process."""
    return [process for process, _ in _below(parent)]


def _below(parent: int) -> list[tuple[int, float]]:
    children: dict[int, list[tuple[int, float]]] = {}
    for place in Path("/proc").glob("[0-9]*"):
        try:
            facts = (place / "stat").read_text().rpartition(")")[2].split()
        except OSError:
            continue
        spent = sum(map(int, facts[11:15])) / os.sysconf("SC_CLK_TCK")
        children.setdefault(int(facts[1]), []).append((int(place.name), spent))
    waiting, found = [parent], []
    while waiting:
        below = children.get(waiting.pop(), [])
        found += below
        waiting += [process for process, _ in below]
    return found


@contextlib.contextmanager
def _watched(cost: Cost) -> Iterator[list[float]]:
    """Look twice a second at how much memory this process and all below it hold; yield the seconds that this took."""
    ended, looked = threading.Event(), [0.0]

    def look() -> None:
        while not ended.wait(0.5):
            cost.peak = max(cost.peak, sum(map(_megabytes, [os.getpid(), *descendants(os.getpid())])))
        looked[0] = time.thread_time()

    watcher = threading.Thread(target=look)
    watcher.start()
    try:
        yield looked
    finally:
        ended.set()
        watcher.join()


def _megabytes(process: int) -> float:
    """Return a process's share of the memory it has: pages that several hold are divided among them."""
    try:
        lines = (Path("/proc") / str(process) / "smaps_rollup").read_text().splitlines()
    except OSError:  # it has ended
        return 0.0
    return sum(float(line.split()[1]) / 1024 for line in lines if line.startswith("Pss:"))


def _print(costs: dict[str, Cost], once: dict[str, Cost], ratios: list[float]) -> None:
    print("\n| | submissions | CPU-seconds each | wall seconds each | CPU-seconds of the first | peak MB of all |")
    print("|---|--:|--:|--:|--:|--:|")
    for name, cost in costs.items():
        count = max(cost.count, 1)
        told = (cost.count, f"{cost.cpu / count:.2f}", f"{cost.wall / count:.2f}", f"{once[name].cpu:.2f}")
        print(f"| {name} | {' | '.join(map(str, told))} | {max(cost.peak, once[name].peak):.0f} |")
    theirs, ours = (cost.cpu / max(cost.count, 1) for cost in costs.values())
    if ratios:
        print(
            f"\nnbgrader / this engine: {theirs / ours:.1f} over all, {ratios[0]:.1f} to {ratios[-1]:.1f} in the turns."
        )


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog=sys.argv[0], description=__doc__)
    parser.add_argument("--count", type=int, default=200, help="Submissions. [200]")
    parser.add_argument("--turn", type=int, default=5, help="How many each grades before the other goes on. [5]")
    parser.add_argument("--lesson", default="", help="Number of a lesson: all of it, solved. [one trivial exercise]")
    parser.add_argument("--peers", type=int, help="Submissions that nbgrader grades of them. [all]")
    return parser.parse_args()


if __name__ == "__main__":
    sys.exit(main())
