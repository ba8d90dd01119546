"""Every exercise of the course through the box: solution full, stub nothing, wrong answers as their authors said.

What every wrong answer earns is tested outside of the box, in tests/exercises. Here go those whose observations have
different forms (errors, changed inputs, types and shapes of what is returned): another tensor of numbers travels and is
compared as the one before. Of those that differ from the solution in numbers alone one goes for each lesson.
"""

import ast
import dataclasses

import pytest
import torch

from autograder.engine import grade_submission
from autograder.limits import Limits
from autograder.masks import ROOT, beside, hidden_names, library, masked
from autograder.mutants import mutants
from srkit.exercises import EXERCISES, measure
from srkit.exercises._beside import Observation
from tests.autograder._grading import SEED, SETUP, earlier, notebook, solution, the_box

NAMES = EXERCISES.names()
FIRST = set({str(EXERCISES.get(name).number).partition(".")[0]: name for name in reversed(NAMES)}.values())
PATIENT = Limits(cpu_seconds=30, wall_seconds=600)

pytestmark = pytest.mark.needs("bubblewrap")


def answers_to(name):
    """Yield (code, points) of the solution, the stub and the mutants of one exercise."""
    exercise = EXERCISES.get(name)
    yield "solution", solution(name), exercise.points
    first = next(line for line in solution(name).splitlines() if line.startswith(("def ", "class ")))
    yield "stub", f"{first}\n    raise NotImplementedError('this is yours to write')", 0
    seen = set() if name in FIRST else {forms_of(name, exercise.references[0])}
    for mutant in filter(lambda mutant: mutant.written, mutants(name)):
        forms = forms_of(name, mutant.answer)
        if forms not in seen:
            yield mutant.name, mutant.source(), mutant.points
        seen.add(forms)


def forms_of(name, answer):
    """Return the form of what an answer gives in each case."""
    exercise = EXERCISES.get(name)
    return tuple(form(measure(exercise.perform, answer, case.inputs)) for case in exercise.cases(SEED))


def form(value):
    """Return what a value looks like apart from its numbers."""
    if isinstance(value, Observation):
        return value.trouble, value.message.partition(":")[0], bool(value.changed), form(value.outputs)
    if isinstance(value, dict):
        return tuple((key, form(item)) for key, item in value.items())
    if isinstance(value, (list, tuple)):
        return "list", *dict.fromkeys(map(form, value))
    return (str(value.dtype), value.dim()) if isinstance(value, torch.Tensor) else type(value).__name__


@pytest.mark.slow
@pytest.mark.parametrize("name", NAMES)
def test_solution_stub_and_wrong_answers_of_every_form_earn_in_the_box_what_they_should(name):
    for label, code, points in answers_to(name):
        data = notebook(SETUP + "\nimport numpy as np\nimport math\nimport os", earlier(name), code)
        record = grade_submission(data, [name], seed=SEED, box=the_box(), limits=PATIENT)
        result = record.results[name]
        assert result.points == points, (label, [(c.name, c.outcome, c.message) for c in result.criteria])
        if label == "solution":
            assert result.outcome == "correct"
            assert result.error_magnitude is None
        if label == "stub":
            assert result.outcome == "no answer"
        assert all(bool(c.message) == (c.outcome != "correct") for c in result.criteria)


@pytest.mark.parametrize("name", NAMES)
def test_neither_the_seed_nor_an_expected_value_enters_the_box(name):
    exercise = EXERCISES.get(name)
    for case in exercise.cases(SEED):
        assert SEED not in list(flat(case.inputs))
    sent = "\n".join(text for _, text in beside(name))
    for word in (
        "Tolerance(",
        "Criterion(",
        "Slip(",
        "points=",
        "Exercise(",
        "define(",
        exercise.title,
        exercise.hints[2],
    ):
        assert word not in sent


BESIDE = sorted((ROOT / "exercises" / "_beside").glob("*.py"))


def bodies(paths):
    """Return what every function in some files does, whatever it is called."""
    nodes = (node for path in paths for node in ast.walk(ast.parse(path.read_text("utf-8"))))
    return {"\n".join(map(ast.unparse, node.body)) for node in nodes if isinstance(node, ast.FunctionDef)}


def test_no_function_of_a_definition_stands_in_a_file_that_enters_a_box():
    assert len(bodies(BESIDE)) > 80
    assert not bodies(BESIDE) & bodies((ROOT / "exercises").glob("[a-z]*.py"))


def test_a_perform_in_the_file_of_its_answers_enters_no_box(monkeypatch):
    careless = dataclasses.replace(EXERCISES.get("tv_loss"), perform=EXERCISES.get("tv_loss").references[1])
    monkeypatch.setattr(EXERCISES, "get", lambda name: careless)
    with pytest.raises(ValueError, match="'careless' shares its file with '_cases', which is for the grader alone"):
        beside("careless")


@pytest.mark.parametrize("path", BESIDE, ids=lambda path: path.stem)
def test_what_runs_beside_an_answer_imports_nothing_that_the_box_has_not(path):
    nodes = [node for node in ast.walk(ast.parse(path.read_text("utf-8"))) if isinstance(node, ast.ImportFrom)]
    ours = {node.module for node in nodes if str(node.module).startswith("srkit")}
    assert ours <= {"srkit.exercises._beside"}


@pytest.mark.parametrize("name", NAMES)
def test_what_an_exercise_hides_is_in_no_file_of_the_box(name):
    hidden = hidden_names(name)
    files = library() | masked(hidden)
    for entry in hidden:
        module, _, thing = entry.partition(":")
        path = next(
            p for p in masked(hidden) if p.removesuffix("/__init__.py").removesuffix(".py") == module.replace(".", "/")
        )
        assert "is what this exercise asks you to write" in files[path]
        assert library()[path] != files[path]
        compile(files[path], path, "exec")
        assert thing in files[path]
    assert not [path for path in files if path.startswith("srkit/exercises")]


def flat(value):
    if isinstance(value, torch.Tensor):
        yield from value.flatten().tolist()
    elif isinstance(value, dict):
        for item in value.values():
            yield from flat(item)
    elif isinstance(value, (list, tuple)):
        for item in value:
            yield from flat(item)
    else:
        yield value
