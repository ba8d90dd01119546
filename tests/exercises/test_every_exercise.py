"""Every registered exercise sits this exam; nothing here names one."""

import ast
import json
from functools import cache

import pytest
import torch

from autograder.mutants import mutants
from srkit.exercises import EXERCISES, check, grade, hint, score
from srkit.exercises._beside import measure
from srkit.exercises._compare import agree
from srkit.exercises._grade import CHECK_SEED, SUBMISSION_SEED
from srkit.exercises._references import computed_outputs, digest, expected_outputs, reference_file
from tools._lesson import read_lesson
from tools.press import sources
from tools.references import stale

NAMES = EXERCISES.names()
MUTANTS = [mutant for name in NAMES for mutant in mutants(name)]
FRESH = 20_231


@cache
def lesson_of(name):
    """Return what an answer may use, the imports of its lesson and the exercises before it, and its solution."""
    (cells,) = (cells for cells in map(read_lesson, sources()) if f"exercise-{name}" in {cell.id for cell in cells})
    setup = ast.parse("\n".join(cell.source for cell in cells if cell.kind == "setup"))
    there = [ast.unparse(node) for node in setup.body if isinstance(node, ast.Import | ast.ImportFrom)]
    asked = [cell for cell in cells if cell.kind == "exercise"]
    place = [cell.name for cell in asked].index(name)
    return "\n".join([*there, *(cell.source for cell in asked[:place])]), asked[place].source


def solution(name):
    return lesson_of(name)[1]


def answer_of(source, name):
    """Return the answer that a cell of source gives in the notebook of its lesson."""
    space = {"__name__": "__main__"}
    exec(compile(f"{lesson_of(name)[0]}\n{source}", "<answer>", "exec"), space)
    return space[EXERCISES.get(name).answer]


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("seed", [CHECK_SEED, SUBMISSION_SEED, FRESH])
def test_the_solution_gets_full_marks_on_recorded_and_on_fresh_cases(name, seed):
    result = grade(name, answer_of(solution(name), name), seed)
    assert result.points == EXERCISES.get(name).points, [f.message for f in result.findings if f.message]


@pytest.mark.parametrize("name", NAMES)
def test_every_reference_gets_full_marks_on_fresh_cases(name):
    for reference in EXERCISES.get(name).references:
        assert grade(name, reference, FRESH).points == EXERCISES.get(name).points


@pytest.mark.parametrize("name", NAMES)
def test_a_second_reference_is_another_answer_not_the_first_one_written_again(name):
    exercise = EXERCISES.get(name)
    for other in range(1, len(exercise.references)):
        given = ((computed_outputs(exercise, case), case.tolerance) for case in exercise.cases(FRESH))
        assert not all(agree(all_of[other], all_of[0], own or exercise.tolerance) for all_of, own in given)


@pytest.mark.parametrize("name", NAMES)
def test_the_stub_scores_nothing_and_the_check_says_what_to_do(name):
    def stub(*arguments, **keywords):
        raise NotImplementedError("not yet")

    assert grade(name, stub).points == 0
    with pytest.raises(NotImplementedError, match="run this one again"):
        check(name, stub)


@cache
def outcome(mutant):
    """Return what a mutant earns on the recorded cases; several sentences below are about it."""
    return grade(mutant.exercise, mutant.answer, SUBMISSION_SEED)


def is_what_its_author_wrote_down(result, mutant):
    assert result.points == mutant.points, [(f.criterion, f.outcome, f.message) for f in result.findings]
    assert all(finding.message for finding in result.findings if finding.outcome != "correct")
    if mutant.slip:
        assert mutant.slip in {finding.slip for finding in result.findings}


@pytest.mark.parametrize("mutant", MUTANTS, ids=lambda mutant: f"{mutant.exercise}-{mutant.name}")
def test_each_misconception_earns_what_its_author_wrote_down_and_is_recognised(mutant):
    is_what_its_author_wrote_down(outcome(mutant), mutant)


@pytest.mark.parametrize("mutant", MUTANTS, ids=lambda mutant: f"{mutant.exercise}-{mutant.name}")
def test_a_mutant_written_into_a_cell_earns_and_shows_the_same_on_fresh_cases(mutant):
    answer = answer_of(mutant.source(), mutant.exercise) if mutant.written else mutant.answer
    is_what_its_author_wrote_down(grade(mutant.exercise, answer, FRESH), mutant)


@pytest.mark.parametrize("name", NAMES)
def test_there_are_at_least_four_misconceptions_for_each_exercise(name):
    assert len(mutants(name)) >= 4
    assert all(mutant.points < EXERCISES.get(name).points for mutant in mutants(name))


@pytest.mark.parametrize("name", NAMES)
def test_each_slip_the_check_knows_is_met_by_a_mutant_or_cannot_be(name):
    recognised = {f.slip for m in mutants(name) for f in outcome(m).findings}
    known = EXERCISES.get(name).slips.keys()
    assert {m.slip for m in mutants(name)} - {""} <= known
    assert known <= recognised, f"no mutant shows: {known - recognised}"


@pytest.mark.parametrize("name", NAMES)
def test_partial_credit_is_the_sum_of_the_criteria_met(name):
    for mutant in mutants(name):
        result = outcome(mutant)
        assert result.points == sum(f.out_of for f in result.findings if f.outcome == "correct")
        assert result.out_of == EXERCISES.get(name).points


@pytest.mark.parametrize("name", NAMES)
def test_the_recorded_reference_outputs_are_those_of_the_references_today(name):
    assert not stale(EXERCISES.get(name)), "run: python tools/references.py"


@pytest.mark.parametrize("name", NAMES)
def test_a_recorded_output_is_used_before_a_computed_one(name, monkeypatch):
    exercise = EXERCISES.get(name)
    records = json.loads(reference_file(name).read_text())
    monkeypatch.setattr("srkit.exercises._references.computed_outputs", None)
    for seed in (CHECK_SEED, SUBMISSION_SEED):
        for case in exercise.cases(seed):
            assert digest(case.inputs) in records
            assert len(expected_outputs(exercise, case)) == len(exercise.references)


@pytest.mark.parametrize("name", NAMES)
def test_references_agree_with_one_thread_and_with_four(name):
    exercise, threads = EXERCISES.get(name), torch.get_num_threads()
    outputs = []
    try:
        for count in (1, 4):
            torch.set_num_threads(count)
            outputs.append([computed_outputs(exercise, case) for case in exercise.cases(FRESH)])
    finally:
        torch.set_num_threads(threads)
    for case, one, four in zip(exercise.cases(FRESH), *outputs, strict=True):
        assert all(agree(a, b, case.tolerance or exercise.tolerance) for a, b in zip(one, four, strict=True))


def in_double(value):
    return value.double() if isinstance(value, torch.Tensor) and value.is_floating_point() else value


@pytest.mark.parametrize("name", NAMES)
def test_float32_references_lie_within_the_tolerance_of_float64(name):
    exercise = EXERCISES.get(name)
    default = torch.get_default_dtype()
    for case in exercise.cases(FRESH):
        single = computed_outputs(exercise, case)[0]
        torch.set_default_dtype(torch.float64)
        try:
            inputs = {key: in_double(value) for key, value in case.inputs.items()}
            double = measure(exercise.perform, exercise.references[0], inputs).outputs
        finally:
            torch.set_default_dtype(default)
        rounded = {k: v.to(single[k].dtype) if isinstance(v, torch.Tensor) else v for k, v in double.items()}
        assert agree(rounded, single, case.tolerance or exercise.tolerance), case.criterion


@pytest.mark.parametrize("name", NAMES)
def test_cases_depend_on_the_seed_alone_and_differ_between_seeds(name):
    exercise, before = EXERCISES.get(name), torch.random.get_rng_state()
    first, again, other = ([digest(case.inputs) for case in exercise.cases(seed)] for seed in (FRESH, FRESH, FRESH + 1))
    assert first == again
    assert len(set(first) & set(other)) <= len(first) // 2
    assert torch.equal(torch.random.get_rng_state(), before)


@pytest.mark.parametrize("name", NAMES)
def test_an_exercise_fits_into_fifteen_lines_and_minutes_or_forty_where_a_system_is_assembled(name):
    lines = solution(name).split("\n")
    inside, count = False, 0
    for line in lines:
        inside = (inside or line.strip() == "### BEGIN SOLUTION") and line.strip() != "### END SOLUTION"
        count += inside and bool(line.strip())
    exercise = EXERCISES.get(name)
    assert 1 <= exercise.difficulty <= 5
    most = 15 if exercise.difficulty < 4 else 40
    assert 1 <= count - solution(name).count("### BEGIN") <= most
    assert 1 <= exercise.minutes <= most
    assert 1 <= exercise.importance <= 5


@pytest.mark.parametrize("name", NAMES)
def test_the_hints_go_from_a_nudge_to_a_first_step_and_differ(name, tmp_path):
    notes = [str(hint(name, level, folder=tmp_path)) for level in (1, 2, 3)]
    assert len(set(notes)) == 3
    assert [word in note for word, note in zip(("nudge", "concept", "first step"), notes, strict=True)] == [True] * 3


def is_telling(node):
    return isinstance(node, ast.Return) and not isinstance(node.value, ast.Name)


@pytest.mark.parametrize("name", NAMES)
def test_no_message_contains_a_line_of_the_solution(name):
    exercise = EXERCISES.get(name)
    lines = {ast.unparse(node) for node in ast.walk(ast.parse(solution(name))) if is_telling(node)}
    texts = [slip.message for slip in exercise.slips.values()] + [criterion.text for criterion in exercise.criteria]
    assert not [line for line in lines for text in texts if line.removeprefix("return ") in text]


@pytest.mark.parametrize("name", NAMES)
def test_some_criteria_wait_until_after_submission_and_the_check_says_how_many(name):
    exercise = EXERCISES.get(name)
    hidden = sum(criterion.hidden for criterion in exercise.criteria)
    text = str(check(name, exercise.references[0]))
    assert hidden >= 1
    assert f"{hidden} of {len(exercise.criteria)} criteria" in text
    assert not any(c.text in text for c in exercise.criteria if c.hidden)


@pytest.mark.parametrize("name", NAMES)
def test_the_tolerance_has_a_reason(name):
    assert len(EXERCISES.get(name).tolerance.reason.split()) >= 4


@pytest.mark.parametrize("name", NAMES)
def test_an_answer_that_equals_everything_earns_nothing(name):
    class Always(torch.Tensor):
        def __eq__(self, other):
            return True

        __sub__ = __rsub__ = __abs__ = __call__ = lambda self, *_: self

    assert score(name, lambda *a, **k: torch.zeros(()).as_subclass(Always)) == 0
