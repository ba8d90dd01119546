"""Gradescope: the zip it grades with, and what runs in it.

The zip holds the library and the grader, no solution, and a seed of its own. Whether Gradescope's containers allow the
sandbox is not known; where they do not, nothing is graded and the sentence that says so is in the instructor's log: a
refusal is never a zero.
"""

from __future__ import annotations

import hashlib
import json
import secrets
import sys
import zipfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import torch

from autograder.box import BoxError
from autograder.engine import grade_submission
from autograder.intake import HandIn
from autograder.people import Person
from autograder.reader import Reader
from autograder.record import Record
from autograder.report import message_for_student
from autograder.sandboxes import choose_box
from autograder.sorting import lesson_of, sort_files
from srkit.exercises import EXERCISES
from srkit.ops.atomic import atomic_path

__all__ = ["main", "results", "write_zip"]

ROOT = Path(__file__).resolve().parents[1]
_PARTS = ("srkit", "autograder", "tools")
_PYTHON = "3.11"  # of Ubuntu 22.04, Gradescope's default image
_PACKAGES = "numpy pillow safetensors click tqdm matplotlib scipy h5py jinja2"
_SETUP = f"""#!/usr/bin/env bash
set -e
apt-get update -q
apt-get install -y -q bubblewrap python{_PYTHON} python{_PYTHON}-venv
python{_PYTHON} -m venv /autograder/env
/autograder/env/bin/python -m pip install -q --index-url https://download.pytorch.org/whl/cpu 'torch=={{torch}}'
/autograder/env/bin/python -m pip install -q {_PACKAGES}
chmod -R o= /autograder/source
"""
_RUN = """#!/usr/bin/env bash
# SRKIT_AUTOGRADER and SRKIT_PYTHON say other places than Gradescope's, for a trial on another machine.
place="${SRKIT_AUTOGRADER:-/autograder}"
cd "$place/source" && exec "${SRKIT_PYTHON:-/autograder/env/bin/python}" -m autograder.gradescope "$place"
"""


def write_zip(path: Path, lesson: int) -> None:
    """Write the autograder zip of a lesson.

    Args:
        path: where it goes.
        lesson: its number.
    """
    plan = {"lesson": lesson, "seed": secrets.randbits(62)}
    with atomic_path(path) as temporary, zipfile.ZipFile(temporary, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, text in {
            "setup.sh": _SETUP.format(torch=torch.__version__.partition("+")[0]),
            "run_autograder": _RUN,
        }.items():
            entry = zipfile.ZipInfo(name)
            entry.external_attr = 0o755 << 16
            archive.writestr(entry, text)
        archive.writestr("plan.json", json.dumps(plan))
        for part in _PARTS:
            for file in sorted((ROOT / part).rglob("*")):
                inside = file.relative_to(ROOT)
                if file.is_file() and not {"__pycache__", "mutants"} & set(inside.parts):
                    archive.write(file, inside.as_posix())


def main(place: Path) -> int:
    """Grade what lies in ``submission/`` into ``results/results.json``; return the exit status.

    Args:
        place: the folder that Gradescope calls ``/autograder``.
    """
    plan = json.loads((place / "source" / "plan.json").read_text())
    lesson = int(plan["lesson"])
    with Reader(list(lesson_of())) as reader:
        found = sort_files(_hand_ins(place / "submission"), reader, lesson)
    choice = found.lessons.get(lesson, {}).get("student")
    told = [f"Not used: {one.name}: {one.reason}" for one in found.unused]
    if choice is None:
        return _write(
            place, {"score": 0.0, "output": "\n".join([f"Nothing for lesson {lesson} was handed in.", *told])}
        )
    told = [f"Graded: {', '.join(one.name for one in choice.used)}", *filter(None, [choice.note]), *told]
    told += [f"{one.name} answers the same exercises otherwise and does not count." for one in choice.rivals]
    names = sorted(
        (name for name in EXERCISES if EXERCISES.get(name).lesson == lesson),
        key=lambda name: int(EXERCISES.get(name).number.partition(".")[2]),
    )
    try:
        box = choose_box()
    except BoxError as problem:
        print(problem)
        return 1
    record = grade_submission(choice.read(), names, seed=int(plan["seed"]), box=box)
    box.close()
    if record.points is None:
        print("The grader failed; run it again:", *(result.message for result in record.results.values()), sep="\n")
        return 1
    return _write(place, results(record, "\n".join(told)))


def results(record: Record, output: str = "") -> dict[str, Any]:
    """Return a record as Gradescope's ``results.json``: one test for each criterion, with what a student may read.

    Args:
        record: what grading gave, with a score.
        output: what stands above the tests.
    """
    tests = [
        {
            "name": f"{EXERCISES.get(name).number} {EXERCISES.get(name).answer}: {criterion.text}",
            "score": criterion.points,
            "max_score": criterion.max_points,
            "status": "passed" if criterion.outcome == "correct" else "failed",
            "output": message_for_student(name, criterion),
            "output_format": "text",
            "visibility": "visible",
        }
        for name, result in record.results.items()
        for criterion in result.criteria
    ]
    return {
        "score": record.points,
        "output": f"{output}\n{record.problem}".strip(),
        "output_format": "text",
        "tests": tests,
    }


def _hand_ins(folder: Path) -> list[HandIn]:
    paths = [path for path in sorted(folder.rglob("*.ipynb")) if path.is_file() and not path.is_symlink()]
    return [
        HandIn(
            person=Person(student="student"),
            name=path.relative_to(folder).as_posix(),
            read=path.read_bytes,
            digest=hashlib.sha256(path.read_bytes()).hexdigest(),
        )
        for path in paths
        if ".ipynb_checkpoints" not in path.relative_to(folder).parts
    ]


def _write(place: Path, plain: Mapping[str, Any]) -> int:
    (place / "results").mkdir(exist_ok=True)
    with atomic_path(place / "results" / "results.json") as temporary:
        temporary.write_text(json.dumps(plain, indent=1), encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1])))
