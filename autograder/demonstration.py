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
        human: whether the submission must come out as needing a human.
    """

    name: str
    story: str
    usual: str = SOLVED
    answers: Mapping[str, str] = field(default_factory=dict)
    points: Mapping[str, float] = field(default_factory=dict)
    change: Callable[[Notebook], None] = _unchanged
    human: bool = False


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
    Student("juri", "kills the kernel", answers={"tv_loss": DEAD}, points={"tv_loss": 0}, human=True),
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
        place = folder / student.name / lesson.with_suffix(".ipynb").name
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_text(text_of(notebook), encoding="utf-8")
        expected[student.name] = None if student.human else total
    with (folder / "expected.csv").open("w", newline="", encoding="utf-8") as file:
        rows = [(name, "human" if points is None else points) for name, points in expected.items()]
        csv.writer(file).writerows([("student", "points"), *rows])
    return expected


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
