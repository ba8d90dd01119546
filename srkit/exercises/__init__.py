"""What each exercise asks, how it is checked under the cell, and how it is graded. One definition serves both.

``check("tv_loss", tv_loss)`` answers a student in a second; ``grade("tv_loss", answer, seed)`` is the pure function a
grader calls, here or with the answer running somewhere else.
"""

import importlib
import pkgutil
from typing import TYPE_CHECKING

from srkit._former import former
from srkit.exercises._beside import Unusable, Value, measure
from srkit.exercises._grade import grade, judge
from srkit.exercises._model import EXERCISES, Case, Criterion, Exercise, Slip, Tolerance, add
from srkit.exercises._study import hint, predict, progress, recall
from srkit.exercises._verdict import check, score

__all__ = [
    "EXERCISES",
    "Case",
    "Criterion",
    "Exercise",
    "Slip",
    "Tolerance",
    "Unusable",
    "Value",
    "add",
    "check",
    "grade",
    "hint",
    "judge",
    "measure",
    "predict",
    "progress",
    "recall",
    "score",
]

for _file in pkgutil.iter_modules(__path__):  # each one without an underscore defines an exercise
    if not _file.name.startswith("_"):
        add(importlib.import_module(f"{__name__}.{_file.name}").EXERCISE)

_FORMER = {
    "exercises._grade": "CHECK_SEED Finding Result SUBMISSION_SEED",
    "exercises._beside": "Foreign Observation",
    "exercises._study": "Note",
    "exercises._verdict": "Points Verdict",
}
if not TYPE_CHECKING:
    __getattr__ = former(__name__, _FORMER)
