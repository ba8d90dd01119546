"""A small class from hand-in to feedback, in the real box and by the real command."""

import dataclasses
import os
import re
import subprocess
import sys
from functools import partial

import pytest
from click.testing import CliRunner

from autograder.box import BoxError
from autograder.classmates import STUDENTS, dead
from autograder.classview import class_view
from autograder.cli import main
from autograder.cluster import cluster
from autograder.demonstration import Work, write_class
from autograder.gathering import unfit, without_notebook
from autograder.grading import Shard, grade_class
from autograder.intake import read_submissions
from autograder.mutants import mutants
from autograder.pool import pool
from autograder.run import secret_seed
from autograder.store import Store
from autograder.term import expected_points
from autograder.term import lesson_table as table
from autograder.work import Grader, one_by_one
from srkit.exercises import EXERCISES
from tests.autograder._class import LESSON
from tests.autograder._fake import content
from tests.autograder._grading import SETUP, SHORT, grade_code, notebook, solution
from tools.press import ROOT, sources

SHORT_LESSON = sources()[0]
DEAD = dead(Work(LESSON).asked)


def test_the_class_is_made_of_answers_whose_points_are_known(tmp_path):
    expected = write_class(LESSON, tmp_path / "class", STUDENTS)
    total = sum(EXERCISES.get(name).points for name in EXERCISES if EXERCISES.get(name).lesson == 11)
    assert len(STUDENTS) == len(expected) >= 40
    assert expected["lovelaceada_1001"] == total
    assert expected["weberben_1002"] == 0
    assert expected["silvarosa_1018"] is None
    assert 0 < expected["conticarla_1003"] < total
    assert expected_points(tmp_path / "class") == expected
    intake = read_submissions(tmp_path / "class")
    assert {one.person.student for one in (*intake.hand_ins, *intake.refused)} == {
        name for name in expected if "(" not in name
    }


def test_the_class_is_the_same_every_time(tmp_path):
    for folder in ("a", "b"):
        write_class(SHORT_LESSON, tmp_path / folder / "class", STUDENTS)
    for path in (tmp_path / "a").rglob("*.*"):
        assert path.read_bytes() == (tmp_path / "b" / path.relative_to(tmp_path / "a")).read_bytes()


def test_a_mutant_is_written_under_the_name_the_exercise_asks_for():
    for name in EXERCISES:
        for mutant in filter(lambda mutant: mutant.written, mutants(name)):
            names = re.findall(r"^(?:def|class) (\w+)", mutant.source(), re.M)
            assert names[-1] == EXERCISES.get(name).answer
            assert "@mutant" not in mutant.source()


def test_the_deadly_answer_is_deadly_only_when_called():
    exec(compile(DEAD, "<answer>", "exec"), {})


def test_a_folder_without_a_notebook_is_named_with_what_was_in_it(tmp_path):
    (tmp_path / "ada").mkdir()
    (tmp_path / "ada" / "work.ipynb").write_text("{}")
    (tmp_path / "ben").mkdir()
    (tmp_path / "carla").mkdir()
    (tmp_path / "carla" / "photo.jpg").write_text("")
    (tmp_path / "notes.txt").write_text("")
    found = without_notebook(tmp_path, read_submissions(tmp_path))
    assert set(found) == {"ben", "carla"}
    assert found["ben"] == "handed nothing in"
    assert ".ipynb" in found["carla"]


@pytest.mark.parametrize("name", ["", ".ada", "a/b", "a\\b", "a\nb", "a\ud800", "a" * 121])
def test_a_name_that_could_stop_a_class_is_set_aside_with_the_reason(name):
    assert unfit(name)


@pytest.mark.parametrize("name", ["ada", "Ada Lovelace_1234567", "zoë+1", "[x]", "=1+1", "李"])
def test_an_ordinary_name_is_used_as_it_is(name):
    assert not unfit(name)


def test_the_table_shouts_what_needs_a_human_and_what_differs():
    from tests.autograder.test_pages import a_class

    current = a_class({"ada": (3, 4, 4, 5, 4), "ben": (3, 0, 0, 0, 0), "juri": (0, 0, 0, 0, 0)})
    entry, record = current["juri"]
    results = {name: dataclasses.replace(result, points=None) for name, result in record.results.items()}
    flagged = dataclasses.replace(entry, flag="the box fell over")
    current["juri"] = (flagged, dataclasses.replace(record, results=results))
    view = class_view("t", current, missing={"zoe": "handed nothing in"})
    text, settled = table(view, {"ada": 20.0, "ben": 0.0, "juri": None, "zoe": None})
    lines = {line.split()[0]: line for line in text.splitlines()}
    assert not settled
    assert "DIFFERS" not in lines["ada"]
    assert "DIFFERS" in lines["ben"]
    assert lines["juri"].endswith("NEEDS A HUMAN: the box fell over")
    assert lines["zoe"].endswith("NEEDS A HUMAN: handed nothing in")
    assert table(view, {"ben": 3.0, "juri": None, "zoe": None})[1]


def test_the_secret_seed_is_made_once_and_only_its_owner_reads_it(tmp_path):
    seed = secret_seed(tmp_path / "course")
    assert secret_seed(tmp_path / "course") == seed
    assert secret_seed(tmp_path / "other") != seed
    assert (tmp_path / "course" / "seed.txt").stat().st_mode & 0o077 == 0
    assert [path.name for path in (tmp_path / "course").iterdir()] == ["seed.txt"]


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (["--lesson", "98"], "no lesson 98"),
        (["{nowhere}"], "does not exist"),
        (["--course", "{empty}"], "Nothing was collected"),
        (["{inbox}", "--course", "{empty}", "--shard", "5/4"], "1/4"),
    ],
)
def test_what_cannot_be_graded_is_refused_before_anything_starts(tmp_path, words, told):
    (tmp_path / "inbox").mkdir()
    places = {name: str(tmp_path / name) for name in ("nowhere", "empty", "inbox")}
    done = CliRunner().invoke(main, [word.format(**places) for word in words])
    assert done.exit_code == 2
    assert told in done.output


def test_a_machine_without_a_sandbox_grades_nothing_and_says_what_to_do(tmp_path, monkeypatch):
    def none(trusted=False):
        raise BoxError("There is no sandbox: sudo apt-get install bubblewrap")

    monkeypatch.setattr("autograder.run.choose_box", none)
    write_class(SHORT_LESSON, tmp_path / "class", STUDENTS[:1])
    done = CliRunner().invoke(main, [str(tmp_path / "class"), "--course", str(tmp_path / "course")])
    assert done.exit_code == 2
    assert "apt-get install bubblewrap" in done.output
    assert not (tmp_path / "course" / "records").exists()


def test_help_does_not_wait_for_what_does_the_work():
    program = (
        "import sys\nfrom autograder.cli import main\nmain(['--help'], standalone_mode=False)\n"
        "print(sorted({'torch', 'nbgrader', 'distributed'} & set(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True, check=True)
    assert done.stdout.splitlines()[-1] == "[]"
    assert "--scheduler" in done.stdout


def test_srkit_grade_hands_its_words_to_the_projects_grader(tmp_path):
    command = [sys.executable, "-m", "srkit", "grade", "--lesson", "98"]
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    done = subprocess.run(command, cwd=tmp_path, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 2
    assert "no lesson 98" in done.stderr


@pytest.mark.slow
@pytest.mark.needs("bubblewrap")
def test_half_a_dozen_in_the_real_box_give_the_same_bytes_however_they_are_run(tmp_path):
    from distributed import LocalCluster

    answers = [*(mutant.source() for mutant in mutants("tv_loss") if mutant.written), solution("tv_loss"), DEAD][-6:]
    submissions = {f"s{number:02d}": notebook(SETUP, answer) for number, answer in enumerate(answers)}
    grader = Grader(exercises=("tv_loss",), seed=20260101, limits=SHORT)
    grade_class(submissions, Store(tmp_path / "one"), grader, one_by_one)
    expected = content(tmp_path / "one")
    assert len(expected) == 2 * len(answers)
    points = {record.points for _, record in Store(tmp_path / "one").current().values()}
    assert {0.0, 4.0} < points
    grade_class(submissions, Store(tmp_path / "pool"), grader, partial(pool, workers=2))
    assert content(tmp_path / "pool") == expected
    for index in (1, 2):
        grade_class(submissions, Store(tmp_path / "shards"), grader, one_by_one, shard=Shard(index, 2))
    assert content(tmp_path / "shards") == expected
    with LocalCluster(n_workers=1, threads_per_worker=1, dashboard_address=None, memory_limit=0) as local:
        grade_class(submissions, Store(tmp_path / "dask"), grader, partial(cluster, address=local.scheduler_address))
    assert content(tmp_path / "dask") == expected


@pytest.mark.needs("bubblewrap")
def test_what_a_program_prints_about_a_hidden_input_is_not_kept():
    told = grade_code("tv_loss", "def tv_loss(sr):\n    print('saw', tuple(sr.shape))\n    return sr.mean()")
    result = told.results["tv_loss"]
    assert "saw (1, 1, 7, 5)" in result.printed
    quiet = "def tv_loss(sr):\n    if sr.shape[0] > 1:\n        print('saw', tuple(sr.shape))\n    return sr.mean()"
    assert grade_code("tv_loss", quiet).results["tv_loss"].printed == ""
