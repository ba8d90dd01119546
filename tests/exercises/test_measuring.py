"""Running foreign code, comparing what comes back, and saying it."""

import contextlib
import io
import json
import re
import sys
import warnings

import pytest
import torch
from IPython.core.interactiveshell import InteractiveShell

from autograder.mutants import mutants
from srkit.errors import BadFile, BadInput, UnknownName
from srkit.exercises import EXERCISES, Tolerance, check, grade, hint, measure, predict, progress, recall, score
from srkit.exercises._beside import Foreign, plain
from srkit.exercises._compare import difference
from srkit.exercises._grade import STUDY_SEED
from srkit.exercises._references import digest, from_json, to_json
from srkit.exercises._study import _solution, note_check

CLOSE = Tolerance(absolute=1e-6, relative=0.0, reason="rounding of one operation")


def run(answer, **inputs):
    return measure(lambda answer, inputs: {"value": answer(**inputs)}, answer, inputs)


def test_an_exception_is_told_with_its_line_and_does_not_escape():
    def answer(x):
        return x[7]

    seen = run(answer, x=torch.zeros(3))
    assert seen.trouble == "error"
    assert "IndexError" in seen.message
    assert "return x[7]" in seen.message


def test_leaving_the_interpreter_is_an_error_and_not_an_exit():
    assert run(lambda x: sys.exit(0), x=1).trouble == "error"


def test_a_time_limit_can_still_interrupt_an_answer():
    def answer(x):
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        run(answer, x=1)


def test_an_input_changed_in_place_is_noticed_and_the_case_is_not_spoilt():
    given = torch.ones(3)
    seen = run(lambda x: x.add_(1).sum(), x=given)
    assert seen.changed == ("x",)
    assert torch.equal(given, torch.ones(3))


def test_noise_on_stderr_and_warnings_are_kept_and_cost_nothing(capsys):
    def noisy(sr):
        sys.stderr.write("here")
        warnings.warn("careful", stacklevel=1)
        return EXERCISES.get("tv_loss").references[0](sr)

    assert grade("tv_loss", noisy).points == EXERCISES.get("tv_loss").points
    assert capsys.readouterr().err == ""


def test_nothing_but_plain_values_comes_back():
    class Sly(torch.Tensor):
        pass

    assert plain(torch.zeros(2).as_subclass(Sly)) == Foreign("Sly")
    assert plain({"a": 1}) == Foreign("dict")
    assert plain((1, [2.0, None])) == [1, [2.0, None]]
    tensor = torch.ones(2, requires_grad=True)
    assert not plain(tensor).requires_grad


@pytest.mark.parametrize(
    ("output", "expected", "told"),
    [
        (1.0, torch.zeros(()), "should be a tensor"),
        (torch.zeros(2, 3), torch.zeros(3, 2), "shape (2, 3)"),
        (torch.zeros(2).double(), torch.zeros(2), "dtype torch.float64"),
        (torch.tensor([1.0, float("nan")]), torch.ones(2), "1 value(s) that are NaN"),
        (torch.tensor([0.0, 0.5]), torch.zeros(2), "50 % of its values, by up to 0.5; most of all at (1,)"),
        (None, torch.zeros(2), "return statement missing"),
        (float("nan"), 1.0, "nan"),
        (torch.zeros(()), 1.0, "plain Python number"),
        (3, 4, "not the number"),
        (["a"], ["a", "b"], "2 entries; yours has 1"),
        (["a", "c"], ["a", "b"], "[1] is str 'c'"),
        (True, False, "not what was asked"),
    ],
)
def test_a_difference_is_said_in_words(output, expected, told):
    assert told in difference("sr", output, expected, CLOSE)


def test_what_agrees_has_no_difference():
    for value in (torch.rand(2, 3), 1.5, 7, "a", None, True, [1, "a", [2.0]]):
        assert difference("x", value, value, CLOSE) is None
    assert difference("x", 1.0 + 5e-7, 1.0, CLOSE) is None
    assert difference("x", 1.0 + 2e-6, 1.0, CLOSE) is not None


def test_values_survive_the_way_through_json_to_the_last_bit():
    value = {"a": torch.rand(3, 2), "b": [1, 2.5, "x", None, True], "c": torch.rand(2).double().float()}
    back = from_json(json.loads(json.dumps(to_json(value))))
    assert torch.equal(back["a"], value["a"])
    assert back["b"] == value["b"]
    assert digest(value) == digest(back)


def test_a_score_is_a_number_to_nbgrader_and_a_verdict_to_a_reader():
    points = score("tv_loss", lambda sr: sr.mean())
    assert float(repr(points)) == points < EXERCISES.get("tv_loss").points
    assert "criteria met" in points._repr_html_()


def test_the_verdict_says_in_words_what_it_shows_and_escapes_what_it_was_given():
    def answer(sr):
        raise ValueError("<script>alert(1)</script>")

    verdict = check("tv_loss", answer)
    assert not verdict
    assert "<script>" not in verdict._repr_html_()
    assert "not yet" in verdict._repr_html_()
    assert 'hint("tv_loss")' in str(verdict)


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("transposed", "To be written without calling conv_transpose2d or ConvTranspose2d or fold. What srkit has"),
        (
            "nearest",
            "Calling interpolate or repeat_interleave or Upsample is an answer, too. What srkit has for it is missing",
        ),
        (
            "tv_loss",
            "You may call whatever PyTorch and NumPy have. What srkit has for it is missing when this is graded.",
        ),
    ],
)
def test_the_check_says_of_each_exercise_what_may_be_called(name, said):
    verdict = check(name, lambda *x: None)
    assert said in str(verdict)
    assert said in verdict._repr_html_()


def test_the_grading_seed_comes_from_the_environment_and_must_be_a_number(monkeypatch):
    monkeypatch.setenv("SRKIT_GRADING_SEED", "77")
    assert score("tv_loss", lambda sr: sr.mean()).verdict.result.seed == 77
    monkeypatch.setenv("SRKIT_GRADING_SEED", "secret")
    with pytest.raises(BadInput, match="SRKIT_GRADING_SEED"):
        score("tv_loss", lambda sr: sr.mean())


def test_a_result_is_plain_data_for_a_record():
    record = json.loads(json.dumps(grade("tv_loss", lambda sr: sr.sum(), 5).to_dict()))
    assert record["exercise"] == "tv_loss"
    assert record["seed"] == 5
    assert {finding["criterion"] for finding in record["findings"]} == {"value", "gradient", "flat", "batch"}


def test_a_grader_may_run_the_answer_somewhere_else():
    asked = []

    def elsewhere(exercise, answer, inputs):
        asked.append(exercise.name)
        return measure(exercise.perform, exercise.references[0], inputs)

    result = grade("tv_loss", "an answer that is not even here", 3, measure_with=elsewhere)
    assert result.points == result.out_of
    assert len(asked) == len(EXERCISES.get("tv_loss").cases(3))


def test_an_unknown_exercise_is_answered_with_the_nearest_one():
    with pytest.raises(UnknownName, match="tv_loss"):
        check("tv_los", None)
    with pytest.raises(BadInput, match="level 1, 2 or 3"):
        hint("tv_loss", 5)


def test_every_hint_that_is_asked_for_is_noted_and_a_folder_that_cannot_be_written_does_no_harm(tmp_path):
    for level in (1, 3):
        hint("tv_loss", level, folder=tmp_path)
    head, *lines = (tmp_path / "hints.csv").read_text().splitlines()
    assert head == "when,exercise,level"
    assert [line.split(",")[1:] for line in lines] == [["tv_loss", "1"], ["tv_loss", "3"]]
    assert "nudge" in str(hint("tv_loss", folder=tmp_path / "missing"))


def test_a_solution_is_shown_folded_once_an_answer_was_checked_and_is_the_lessons(tmp_path):
    assert "after an attempt" in str(hint("tv_loss", 4, folder=tmp_path))
    assert not list(tmp_path.iterdir())
    note_check("psnr", 1, 3, folder=tmp_path)
    assert "after an attempt" in str(hint("tv_loss", 4, folder=tmp_path))
    note_check("tv_loss", 0, 3, folder=tmp_path)
    note = hint("tv_loss", 4, folder=tmp_path)
    assert note.code.startswith("def tv_loss(")
    assert "###" not in note.code
    assert "<details>" in note._repr_html_()
    space = {"torch": torch}
    exec(note.code, space)
    assert check("tv_loss", space["tv_loss"], alone=True)
    for name in EXERCISES:
        assert f" {EXERCISES.get(name).answer}(" in _solution(EXERCISES.get(name))


def test_who_studies_alone_is_told_of_every_criterion_with_other_numbers():
    def sees_nothing_hidden(features, conv1, conv2, residual_scale):
        return features + residual_scale * conv2(torch.relu(conv1(features))) if conv2.weight.any() else 0 * features

    assert check("residual_block", sees_nothing_hidden)
    told = str(check("residual_block", sees_nothing_hidden, alone=True))
    assert "2 of 3 criteria met" in told
    assert "after submission" not in told
    seeds = [
        [digest(case.inputs) for case in EXERCISES.get("residual_block").cases(seed)] for seed in (0, 1, STUDY_SEED)
    ]
    assert not set(seeds[2]) & {*seeds[0], *seeds[1]}


def test_every_wrong_answer_is_found_by_the_check_for_those_who_study_alone():
    some = [mutant for name in EXERCISES for mutant in mutants(name) if mutant.written][::7]
    assert len(some) > 30
    assert not [(one.exercise, one.name) for one in some if check(one.exercise, one.answer, alone=True)]


def test_progress_has_the_best_check_the_hints_and_the_minutes_left_and_says_which_file_is_broken(tmp_path):
    before = progress(folder=tmp_path)
    assert before.heading == f"0 of {len(EXERCISES)} exercises passed"
    for met in (1, 3, 2):
        note_check("psnr", met, 3, folder=tmp_path)
    hint("psnr", 2, folder=tmp_path)
    predict("q", "rises", choices=["rises"], folder=tmp_path)
    after = progress(folder=tmp_path)
    assert after.heading.startswith("1 of")
    (row,) = (row for row in after.rows if row[0] == "2.3")
    assert row[2:] == (str(EXERCISES.get("psnr").minutes), "3 of 3 ✓", "2")
    left = [int(re.search(r"about (\d+)", note.text)[1]) for note in (before, after)]
    assert left[0] - left[1] == EXERCISES.get("psnr").minutes
    assert "Predictions written down: 1" in after.text
    assert "<th" in after._repr_html_()
    with (tmp_path / "checks.csv").open("a") as journal:
        journal.write("2026-11-30,psnr,many,3\n2026-11-30,psnr\n2026-11-30,psnr,1,2,3\n2026")
    assert progress(folder=tmp_path) == after
    (tmp_path / "checks.csv").write_bytes(b"\xff\xfe")
    with pytest.raises(BadFile, match=r"checks.csv"):
        progress(folder=tmp_path)


def test_one_cause_is_told_once_and_several_things_differ():
    text = str(
        check("residual_block", lambda features, conv1, conv2, factor: factor * conv2(torch.relu(conv1(features))))
    )
    assert text.count("does not come back in the end") == text.count("The cause is the one above.") == 1
    one, none = torch.ones(2), torch.zeros(2)
    assert difference("weights", one, none, CLOSE).startswith("The weights differ in 100 %")
    assert difference("sr", one, none, CLOSE).startswith("The sr differs in 100 %")
    assert difference("losses", [1.0], [2.0], CLOSE) == "losses[0] is off by 1."
    assert difference("loss", one, none, CLOSE).startswith("The loss differs")
    assert difference("losses", [], [2.0], CLOSE).startswith("The losses should have 1 entries")


def test_an_exercise_not_yet_written_is_one_sentence_in_a_notebook():
    def stub(*given):
        raise NotImplementedError("yours")

    shell = InteractiveShell()
    shell.user_ns |= {"check": check, "stub": stub}
    with contextlib.redirect_stdout(io.StringIO()) as shown:
        shell.run_cell('check("tv_loss", stub)', store_history=False)
    assert "is not written yet" in shown.getvalue()
    assert "Traceback" not in shown.getvalue()
    assert len(shown.getvalue().strip().splitlines()) == 1


def test_the_first_prediction_is_the_one_that_counts(tmp_path):
    choices = ["rises", "falls"]
    assert "No prediction" in str(predict("q", "?", choices=choices, folder=tmp_path))
    assert not list(tmp_path.iterdir())
    predict("q", "rises", choices=choices, folder=tmp_path)
    assert "first predicted rises" in str(predict("q", "falls", choices=choices, folder=tmp_path))
    assert "as you predicted" in str(recall("q", "rises", folder=tmp_path))
    assert "rises" in str(recall("q", "falls", folder=tmp_path))
    assert [path.name for path in tmp_path.iterdir()] == ["predictions.json"]


def test_a_prediction_outside_the_choices_or_in_a_broken_file_is_refused(tmp_path):
    with pytest.raises(BadInput, match="maybe"):
        predict("q", "maybe", choices=["yes", "no"], folder=tmp_path)
    (tmp_path / "predictions.json").write_text("{")
    with pytest.raises(BadFile, match="cannot be read"):
        predict("q", "yes", choices=["yes", "no"], folder=tmp_path)
    assert (tmp_path / "predictions.json").read_text() == "{"
