"""A class graded by this project's engine and by plain nbgrader autograde: CPU-seconds and wall time per submission.

The notebook imports torch and has one trivial exercise, so what is compared is the cost of grading, not of students'
code. Both grade the same submissions, in turns of a few, with everything they start counted: kernels, sandbox, worker.
What each needs once for a class is measured with one submission before and stated apart.
"""

from __future__ import annotations

import argparse
import json
import os
import resource
import sys
import tempfile
import time
from collections.abc import Callable, Iterable
from pathlib import Path

__all__ = ["Cost", "descendants", "main", "of_processes", "submissions"]

SETUP = "import torch\nimport srkit"
STUDENTS = (  # what each in turn answers; all are distinct files
    "def tv_loss(sr):\n    d = sr[..., :-1, :-1]\n    a, b = d - sr[..., :-1, 1:], d - sr[..., 1:, :-1]\n"
    "    return (a.square() + b.square() + 1e-10).sqrt().mean()",
    "def tv_loss(sr):\n    return sr.mean()",
)
Cost = tuple[float, float]  # CPU-seconds, wall seconds


def main() -> int:
    """Measure and print a table."""
    asked = _arguments()
    print(f"{asked.count} submissions, one process, in turns of {asked.turn}; {os.cpu_count()} cores.")
    with tempfile.TemporaryDirectory() as folder:
        place = Path(folder)
        made = submissions(place / "class", asked.count + 1)
        graders = {"nbgrader autograde": _nbgrader(place, made), "this engine": _engine(place / "records")}
        costs: dict[str, list[Cost]] = {name: [] for name in graders}
        first, *names = made
        once = {name: _cost(grade, [first])[0] for name, grade in graders.items()}
        for start in range(0, len(names), asked.turn):
            turn = names[start : start + asked.turn]
            for name, grade in graders.items():
                costs[name].append(_cost(grade, turn))
        _print(costs, once, len(names))
        kernels, box = _largest_ended(), _largest_living()
        print(f"\nLargest process: {kernels:.0f} MB of nbgrader's kernels, {box:.0f} MB of the box.")
    return 0


def submissions(folder: Path, count: int) -> dict[str, Path]:
    """Write ``count`` different notebooks of one torch exercise; return student -> file."""
    from tools.press import sources, student_notebook

    lesson = next(path for path in sources() if path.name.startswith("11_"))
    found = {}
    for number in range(count):
        notebook = student_notebook(lesson)
        kept = [cell for cell in notebook["cells"] if cell["id"] in ("setup", "exercise-tv_loss", "check-tv_loss")]
        answer = next(cell for cell in kept if cell["id"] == "exercise-tv_loss")
        answer["source"] = f"# student {number}\n{STUDENTS[number % len(STUDENTS)]}"
        notebook["cells"] = kept
        path = folder / f"s{number:05d}" / f"{lesson.stem}.ipynb"
        path.parent.mkdir(parents=True)
        path.write_text(json.dumps(notebook), encoding="utf-8")
        found[f"s{number:05d}"] = path
    return found


def _engine(folder: Path) -> Callable[[list[str]], None]:
    """Return what grades some students with this project, records written."""
    from autograder.grading import grade_class
    from autograder.store import Store
    from autograder.work import Grader, one_by_one

    grader, store = Grader(exercises=("tv_loss",), seed=1), Store(folder)
    classes = folder.parent / "class"
    return lambda names: _must(
        not grade_class({n: next((classes / n).glob("*.ipynb")) for n in names}, store, grader, one_by_one).failed
    )


def _nbgrader(folder: Path, made: dict[str, Path]) -> Callable[[list[str]], None]:
    """Return what grades some students with nbgrader; generating and collecting are not counted."""
    from autograder.course import Course, surroundings
    from autograder.intake import read_submissions
    from tools.press import sources

    lesson = next(path for path in sources() if path.name.startswith("11_"))
    course = Course(folder / "course", lesson)
    course.config.OverwriteCells.add_missing_cells = False  # only the three cells of this measurement
    course.generate()
    course.hand_in(read_submissions(folder / "class").hand_ins)

    def grade(names: list[str]) -> None:
        for name in names:
            with surroundings():
                _must(course.api.autograde(course.assignment, name)["success"])

    return grade


def _must(done: bool) -> None:
    if not done:
        raise SystemExit("A submission could not be graded, so there is nothing to compare.")


def _cost(grade: Callable[[list[str]], None], names: list[str]) -> Cost:
    """Return the CPU time of this process and everything below it, ended or still running, and the wall time."""
    before, began = _spent(), time.perf_counter()
    grade(names)
    return _spent() - before, time.perf_counter() - began


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


def _largest_ended() -> float:
    """Return the peak memory of ended children; the box is still open, so those are kernels."""
    return resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / 1024


def _largest_living() -> float:
    """Return the peak memory of the largest process below this one that still lives, the worker in the box."""
    peaks = [0.0]
    for process in descendants(os.getpid()):
        lines = (Path("/proc") / str(process) / "status").read_text().splitlines()
        peaks += [float(line.split()[1]) / 1024 for line in lines if line.startswith("VmHWM")]
    return max(peaks)


def _print(costs: dict[str, list[Cost]], once: dict[str, float], count: int) -> None:
    print("\n| | CPU-seconds each | wall seconds each | CPU-seconds of the first |\n|---|--:|--:|--:|")
    means = {}
    for name, turns in costs.items():
        means[name] = sum(cpu for cpu, _ in turns) / count
        print(f"| {name} | {means[name]:.2f} | {sum(wall for _, wall in turns) / count:.2f} | {once[name]:.2f} |")
    both: Iterable[tuple[Cost, Cost]] = zip(*costs.values(), strict=True)
    ratios = sorted(theirs[0] / ours[0] for theirs, ours in both)
    theirs, ours = means.values()
    print(f"\nnbgrader / this engine: {theirs / ours:.1f} over all, {ratios[0]:.1f} to {ratios[-1]:.1f} in the turns.")


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog=sys.argv[0], description=__doc__)
    parser.add_argument("--count", type=int, default=200, help="Submissions. [200]")
    parser.add_argument("--turn", type=int, default=5, help="How many each grades before the other goes on. [5]")
    return parser.parse_args()


if __name__ == "__main__":
    sys.exit(main())
