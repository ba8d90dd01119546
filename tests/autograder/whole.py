"""The demonstration class as ``make grade`` grades it; and for every exercise the box's memory, searched, all rooms of
the library used, and all its functions tried as answers.

No part of the suite, which grades a dozen and searches for three exercises: ``.ci/run`` runs it after the suite.
"""

from __future__ import annotations

import copy
import csv
import importlib
import inspect
import json
import os
import pkgutil
import signal
import subprocess
import sys
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

import srkit
from autograder.classmates import STUDENTS
from autograder.cli import main
from autograder.masks import hidden_names
from autograder.term import expected_points
from srkit.exercises import EXERCISES, Case, Exercise
from srkit.exercises._beside import plain
from srkit.exercises._compare import agree
from srkit.exercises._references import expected_outputs
from tests._fork import ended, in_a_copy
from tests._user import users_environment
from tests.autograder._fake import content
from tests.autograder._grading import SEED
from tests.autograder._importers import Canvas
from tests.autograder._memory import MASKS, search_the_memory_of
from tests.autograder.test_secrets import use_every_room_in
from tools.press import ROOT

Function = Callable[..., Any]
OUT_OF_THE_BOX = ("srkit.exercises", "srkit.widgets", "srkit.cli", "srkit.__main__")


@pytest.mark.needs("bubblewrap")
@pytest.mark.parametrize("name", MASKS.values())
def test_no_masked_line_no_exercise_no_other_notebook_and_no_seed_is_in_the_memory_of_a_student(name: str) -> None:
    search_the_memory_of(name)


@pytest.mark.needs("bubblewrap")
@pytest.mark.parametrize("name", MASKS.values())
def test_a_solution_that_uses_every_room_of_the_library_around_it_is_right_in_the_box(name: str) -> None:
    use_every_room_in(name)


@pytest.mark.parametrize("name", EXERCISES.names())
def test_no_function_of_the_library_that_the_box_has_earns_half_of_an_exercise(name: str, tmp_path: Path) -> None:
    exercise, known = EXERCISES.get(name), {label for label, _ in functions()}

    def search() -> None:  # in a copy: what a function does with numbers it was not made for, closing files 0 to 9 say
        os.chdir(tmp_path)
        found = [label for label, function in functions() if earned(exercise, function) >= exercise.points / 2]
        (tmp_path / "found.json").write_text(json.dumps(found))

    assert ended(in_a_copy(search)) == 0
    earning = set(json.loads((tmp_path / "found.json").read_text()))
    assert earning <= hidden_names(name), "name it in hides"
    own = {f"{one.__module__}:{getattr(one, '__name__', '')}" for one in exercise.references}
    assert own & known <= earning, "the search finds what is known"


@cache
def functions() -> list[tuple[str, Function]]:
    """Return ``module:name`` and function for all of the library but what has no place in the box."""
    modules = [one.name for one in pkgutil.walk_packages(srkit.__path__, "srkit.")]
    loaded = [importlib.import_module(one) for one in modules if not one.startswith(OUT_OF_THE_BOX)]
    return [
        (f"{module.__name__}:{name}", thing)
        for module in loaded
        for name, thing in vars(module).items()
        if inspect.isfunction(thing) and thing.__module__ == module.__name__
    ]


def earned(exercise: Exercise, function: Function) -> float:
    """Return the points of those criteria all of whose cases a function meets as it is."""
    cases = exercise.cases(SEED)
    return sum(
        criterion.points
        for criterion in exercise.criteria
        if all(meets(exercise, function, case) for case in cases if case.criterion == criterion.name)
    )


def meets(exercise: Exercise, function: Function, case: Case) -> bool:
    """Tell whether a function is right in one case, within a second of processor time."""
    expected = expected_outputs(exercise, case)
    before = signal.signal(signal.SIGVTALRM, too_late)
    signal.setitimer(signal.ITIMER_VIRTUAL, 1, 0.1)
    try:
        outputs = exercise.perform(function, copy.deepcopy(dict(case.inputs)))
        seen = {key: plain(value) for key, value in outputs.items()}
        return any(agree(seen, one, case.tolerance or exercise.tolerance) for one in expected)
    except (Exception, SystemExit):  # whatever a function does with what it was not made for
        return False
    finally:
        signal.setitimer(signal.ITIMER_VIRTUAL, 0)
        signal.signal(signal.SIGVTALRM, before)


def too_late(*_: object) -> None:
    raise TimeoutError


@pytest.fixture(scope="module")
def demonstration(tmp_path_factory):
    """What ``make grade`` does, in the real box, with the threads and the number of workers that people have."""
    folder = tmp_path_factory.mktemp("demonstration") / "course"
    before = sorted(path.name for path in ROOT.iterdir() if not path.name.startswith("."))
    command = [sys.executable, "-m", "autograder", "--demonstration", "--course", str(folder), "--seconds", "1"]
    pipe, environment = subprocess.PIPE, users_environment()
    done = subprocess.run(
        command, cwd=ROOT, env=environment, stdout=pipe, stderr=subprocess.STDOUT, text=True, check=False
    )
    assert sorted(path.name for path in ROOT.iterdir() if not path.name.startswith(".")) == before
    return done, folder


@pytest.mark.needs("bubblewrap")
def test_everybody_of_the_demonstration_class_gets_what_its_author_said_hostile_hand_ins_included(demonstration):
    done, folder = demonstration
    assert done.returncode == 0, done.stdout
    assert "DIFFERS" not in done.stdout
    expected = expected_points(folder.parent / "class")
    table = done.stdout[done.stdout.index("student  ") :]
    lines = {name: next(line for line in table.splitlines() if line.startswith(name)) for name in expected}
    words = {"score": "", "look": "LOOK: ", "human": "NEEDS A HUMAN: ", "missing": "MISSING: "}
    for student, line in zip(STUDENTS, lines.values(), strict=True):
        said = (
            line.partition(" / ")[2][2:].replace("human", "", student.end in ("human", "missing")).lstrip(" 0123456789")
        )
        assert said.startswith(words[student.end]), line
        assert bool(said) == (student.end != "score"), line
    with (folder / "grades.csv").open() as file:
        graded = {row["student_id"]: float(row["score"]) for row in csv.DictReader(file)}
    assert {name: graded[name] for name, points in expected.items() if points is not None} == {
        name: points for name, points in expected.items() if points is not None
    }


@pytest.mark.needs("bubblewrap")
def test_every_score_of_the_demonstration_class_lands_on_its_person_in_canvas(demonstration):
    _, folder = demonstration
    expected = expected_points(folder.parent / "class")
    names = {1001 + place: student for place, student in enumerate(STUDENTS) if student.enrolled}
    people = {number: {"name": one.name, "sis": "", "login": f"login{number}"} for number, one in names.items()}
    canvas = Canvas(students=people, assignments={0: "Lesson 0 (0000)"})
    told = canvas.upload(folder / "report" / "Grades.csv")
    assert not told["new students"]
    assert not told["cleared"]
    wanted = {number: expected[key] for number, key in zip(range(1001, 1001 + len(STUDENTS)), expected, strict=True)}
    assert {number: score for (number, _), score in canvas.scores.items()} == {
        number: points for number, points in wanted.items() if points is not None and number in people
    }


@pytest.mark.needs("bubblewrap")
def test_the_pages_of_the_demonstration_class_hold_no_script_and_say_who_was_late_and_what_was_not_used(demonstration):
    _, folder = demonstration
    pages = list((folder / "feedback").rglob("*.html"))
    view = json.loads((folder / "report" / "lesson_00" / "class.json").read_text(encoding="utf-8"))
    assert len(pages) == len(view["students"])
    for page in [*pages, *(folder / "report").rglob("*.html")]:
        text = page.read_text(encoding="utf-8")
        assert "<script" not in text
        assert "HIDDEN TESTS" not in text
    assert [one["name"] for one in view["students"] if one["late"]] == ["kuhnsven_1019"]
    assert {one["name"] for one in view["misconceptions"]} >= {"not_divided", "still_floats"}
    unused = json.loads((folder / "report" / "class.json").read_text(encoding="utf-8"))["unused"]
    told = {one["name"].rpartition("_")[2]: one["reason"] for one in unused if "_1026_" in one["name"]}
    assert told == {"zz.ipynb": "it answers nothing of lesson 0"}
    assert len({one["person"]["user"] for one in unused if one["person"]}) == 8


@pytest.mark.needs("bubblewrap")
def test_grading_the_demonstration_class_again_runs_nothing(demonstration):
    _, folder = demonstration
    records = content(folder / "records")
    words = ["--course", str(folder), "--lesson", "0", "--seed", "20260101", "--seconds", "1"]
    again = CliRunner().invoke(main, [str(folder.parent / "class"), *words])
    assert "0 graded" in again.output, again.output
    assert content(folder / "records") == records
