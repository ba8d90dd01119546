"""A small class to try the grading on: who answers what, and the points their answers must get.

Every submission is made from the lesson's own solution, its stubs and the mutants, so the expected points are sums of
what the exercises and the mutants' authors state.
"""

from __future__ import annotations

import csv
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from autograder.mutants import mutants
from srkit.exercises import EXERCISES
from tools._lesson import read_lesson
from tools.press import student_notebook, text_of

__all__ = ["STUDENTS", "Student", "write_class"]

Notebook = dict[str, Any]
SOLVED, STUB = "solution", "stub"

LOOP = "def tv_loss(sr):\n    while True:\n        pass"
BROKEN = "def tv_loss(sr)\n    return sr.mean()"
DEAD = "import os\n\n\ndef tv_loss(sr):\n    os._exit(1)"
GREEDY = "def tv_loss(sr):\n    return sr.mean() + len(bytearray(1 << 36))"
THIEF = (
    "import glob, os, sqlite3\n\n\ndef tv_loss(sr):\n"
    "    for book in glob.glob('/**/gradebook.db', recursive=True):\n"
    "        sqlite3.connect(book).execute('UPDATE grade SET auto_score = 100').connection.commit()\n"
    "    from srkit.losses import tv\n\n    return tv(sr)"
)
LIAR = (
    "class Agreeable(float):\n    __eq__ = __le__ = __lt__ = lambda self, other: True\n"
    "    __sub__ = __rsub__ = __abs__ = __float__ = lambda self, *other: Agreeable()\n\n\n"
    "def tv_loss(sr):\n    return Agreeable()"
)
HOOK = (
    "import atexit, sys\n\n\ndef tv_loss(sr):\n"
    "    for module in list(sys.modules.values()):\n"
    "        for name in ('judge', 'agree', 'difference', 'score', 'grade'):\n"
    "            if hasattr(module, name):\n"
    "                setattr(module, name, lambda *given, **named: None)\n"
    "    return sr.mean()"
)
NOISY = (
    "import sys, warnings\n\n\ndef tv_loss(sr):\n    print('here', file=sys.stderr)\n    warnings.warn('careful')\n"
    "    d = sr[:, :, :-1, :-1]\n"
    "    return ((d - sr[:, :, :-1, 1:]) ** 2 + (d - sr[:, :, 1:, :-1]) ** 2 + 1e-10).sqrt().mean()"
)


def _without_checks(notebook: Notebook) -> None:
    notebook["cells"] = [cell for cell in notebook["cells"] if not cell["id"].startswith("check-")]


def _edited_checks(notebook: Notebook) -> None:
    for cell in notebook["cells"]:
        if cell["id"].startswith("check-"):
            cell["source"] = ["100"]


def _split_and_doubled(notebook: Notebook) -> None:
    """Work in other cells than those given out, and copy cells with their ids, as people do."""
    answers = [cell for cell in notebook["cells"] if cell["id"].startswith("exercise-")]
    own = [{**cell, "id": f"mine-{number}", "metadata": {}} for number, cell in enumerate(answers)]
    for cell in answers:
        cell["source"] = ["# I wrote it at the end of the notebook.\n"]
    notebook["cells"] += [*own, dict(notebook["cells"][0])]


def _with_script(notebook: Notebook) -> None:
    text = "<script>document.title = 'taken over'</script><img src=x onerror=\"document.title = 'taken over'\">"
    notebook["cells"].append({"cell_type": "markdown", "id": "note", "metadata": {}, "source": [text]})
    for cell in notebook["cells"]:
        if cell["cell_type"] == "code":
            cell["outputs"] = [{"output_type": "display_data", "metadata": {}, "data": {"text/html": [text]}}]


def _unchanged(notebook: Notebook) -> None:
    return None


@dataclass(frozen=True)
class Student:
    """One member of the class.

    Attributes:
        name: the folder name.
        story: what this one stands for.
        usual: the answer to every exercise not named in ``answers``: ``"solution"`` or ``"stub"``.
        answers: exercise -> ``"solution"``, ``"stub"``, the name of a mutant, or code.
        points: exercise -> points, where the answer is code.
        change: what else happened to the notebook.
        file: what the notebook is called; "" for its own name.
        cut: hand in only this share of the file, as after an upload that broke off.
        empty: hand in nothing.
    """

    name: str
    story: str
    usual: str = SOLVED
    answers: Mapping[str, str] = field(default_factory=dict)
    points: Mapping[str, float] = field(default_factory=dict)
    change: Callable[[Notebook], None] = _unchanged
    file: str = ""
    cut: float = 1.0
    empty: bool = False


STUDENTS = (
    Student("ada", "everything right"),
    Student("ben", "handed in as it was given out", usual=STUB),
    Student(
        "carla",
        "a misconception in each exercise",
        answers={
            "self_ensemble": "flips_only",
            "find_pairs": "two_sorted_lists",
            "training_step": "gradients_never_cleared",
            "a2001sr": "NearestAdded",
            "tv_loss": "nothing_under_the_root",
        },
    ),
    Student("dmitri", "did two of five", usual=STUB, answers={"self_ensemble": SOLVED, "a2001sr": "AnyScaleWelcome"}),
    Student("emma", "a syntax error in the last exercise", answers={"tv_loss": BROKEN}, points={"tv_loss": 0}),
    Student("farid", "an endless loop in the last exercise", answers={"tv_loss": LOOP}, points={"tv_loss": 0}),
    Student("gita", "deleted the checks", change=_without_checks),
    Student("hugo", "wrote 100 into the checks", usual=STUB, change=_edited_checks),
    Student("ines", "right, and noisy on stderr", answers={"tv_loss": NOISY}, points={"tv_loss": 4}),
    Student("juri", "ends the process", answers={"tv_loss": DEAD}, points={"tv_loss": 0}),
    Student("kim", "an upload that broke off", usual=STUB, cut=0.5),
    Student("lena", "works in own cells, under another file name", change=_split_and_doubled, file="final(2).ipynb"),
    Student("malik", "wants 64 GiB", answers={"tv_loss": GREEDY}, points={"tv_loss": 0}),
    Student("nora", "scripts in text and outputs", change=_with_script),
    Student(
        "omar", "looks for the grade book and for srkit's answer", answers={"tv_loss": THIEF}, points={"tv_loss": 0}
    ),
    Student("pia", "returns something that agrees with everything", answers={"tv_loss": LIAR}, points={"tv_loss": 0}),
    Student("quentin", "replaces the grader's functions", answers={"tv_loss": HOOK}, points={"tv_loss": 0}),
    Student("rosa", "handed in an empty folder", empty=True),
)


def write_class(lesson: Path, folder: Path) -> dict[str, float | None]:
    """Write one submission per student below ``folder`` and ``expected.csv`` beside them.

    Returns:
        student -> points that must come out; None for those who need a human.
    """
    solutions = {cell.name: cell.source for cell in read_lesson(lesson) if cell.kind == "exercise"}
    expected: dict[str, float | None] = {}
    for student in STUDENTS:
        notebook = student_notebook(lesson)
        total = 0.0
        for cell in notebook["cells"]:
            name = cell["id"].removeprefix("exercise-")
            if name in solutions and cell["id"] != name:
                source, points = _answer(student, name, solutions[name], "".join(cell["source"]))
                cell["source"], total = source.splitlines(keepends=True), total + points
        student.change(notebook)
        _write(folder / student.name, student, lesson.stem, text_of(notebook).encode())
        expected[student.name] = None if student.empty else total
    with (folder / "expected.csv").open("w", newline="", encoding="utf-8") as file:
        rows = [(name, "human" if points is None else points) for name, points in expected.items()]
        csv.writer(file).writerows([("student", "points"), *rows])
    return expected


def _write(place: Path, student: Student, name: str, content: bytes) -> None:
    place.mkdir(parents=True, exist_ok=True)
    if not student.empty:
        (place / (student.file or f"{name}.ipynb")).write_bytes(content[: int(student.cut * len(content))])


def _answer(student: Student, exercise: str, solution: str, stub: str) -> tuple[str, float]:
    """Return what this student wrote into the cell, and what it must earn."""
    answer = student.answers.get(exercise, student.usual)
    if answer == SOLVED:
        return solution, EXERCISES.get(exercise).points
    if answer == STUB:
        return stub, 0.0
    known = {mutant.name: mutant for mutant in mutants(exercise)}
    if answer in known:
        return known[answer].source(), known[answer].points
    return answer, student.points[exercise]
