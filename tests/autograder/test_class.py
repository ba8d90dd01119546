"""A small class from hand-in to feedback, with plain nbgrader."""

import csv
import shutil

import pytest
from click.testing import CliRunner

from autograder.__main__ import expected_points, main, run_class, table
from autograder.course import Course, CourseError, Outcome, last_line, the_notebook
from autograder.demonstration import DEAD, STUDENTS, write_class
from autograder.mutants import mutants
from srkit.exercises import EXERCISES
from tools.press import ROOT, grading_notebook, sources, text_of

LESSON = next(path for path in sources() if path.name.startswith("11_"))
TOTAL = sum(EXERCISES.get(name).points for name in EXERCISES if EXERCISES.get(name).lesson == 11)


def test_the_class_is_made_of_answers_whose_points_are_known(tmp_path):
    expected = write_class(LESSON, tmp_path)
    assert expected["ada"] == TOTAL
    assert expected["ben"] == 0
    assert expected["juri"] is None
    assert 0 < expected["carla"] < TOTAL
    assert expected_points(tmp_path) == expected
    assert {path.name for path in tmp_path.iterdir() if path.is_dir()} == {student.name for student in STUDENTS}


def test_the_class_is_the_same_every_time(tmp_path):
    for folder in ("a", "b"):
        write_class(LESSON, tmp_path / folder)
    for path in (tmp_path / "a").rglob("*.ipynb"):
        assert path.read_bytes() == (tmp_path / "b" / path.relative_to(tmp_path / "a")).read_bytes()


def test_a_mutant_is_written_under_the_name_the_exercise_asks_for():
    for name in EXERCISES:
        for mutant in mutants(name):
            first = mutant.source().splitlines()[0]
            assert first.split("(")[0].split()[1] == EXERCISES.get(name).answer
            assert "@mutant" not in mutant.source()


def test_of_several_notebooks_the_newest_counts_and_checkpoints_and_links_do_not(tmp_path):
    import os

    assert the_notebook(tmp_path) is None
    for number, name in enumerate(["old.ipynb", "new.ipynb", ".ipynb_checkpoints/newest.ipynb"]):
        path = tmp_path / name
        path.parent.mkdir(exist_ok=True)
        path.write_text("{}")
        os.utime(path, (number, number))
    (tmp_path / "link.ipynb").symlink_to("/etc/hostname")
    assert the_notebook(tmp_path).name == "new.ipynb"


def test_the_table_shouts_what_needs_a_human_and_what_differs():
    outcomes = [
        Outcome("ada", 20.0, 20.0, {}),
        Outcome("ben", 3.0, 20.0, {}),
        Outcome("juri", None, 20.0, {}, "the kernel died"),
    ]
    lines = table(outcomes, {"ada": 20.0, "ben": 0.0, "juri": None}).splitlines()
    assert "DIFFERS" not in lines[1]
    assert "DIFFERS" in lines[2]
    assert "NEEDS A HUMAN: the kernel died" in lines[3]
    assert "DIFFERS" not in lines[3]


def test_the_telling_line_of_a_log_is_the_one_that_says_what_died():
    log = "INFO start\nnbclient.exceptions.DeadKernelError: Kernel died\nERROR please see above"
    assert "Kernel died" in last_line({"log": log})
    assert last_line({}) == ""


def test_an_unknown_lesson_or_folder_is_refused_before_anything_starts(tmp_path):
    done = CliRunner().invoke(main, ["--lesson", "98"])
    assert done.exit_code == 2
    assert "no lesson 98" in done.output
    assert CliRunner().invoke(main, [str(tmp_path / "nowhere")]).exit_code == 2


@pytest.fixture(scope="module")
def course_folder(tmp_path_factory):
    return tmp_path_factory.mktemp("course")


@pytest.mark.slow
@pytest.mark.timeout(1500)
def test_a_class_is_graded_as_its_authors_said_from_hand_in_to_feedback(course_folder, capsys):
    class_folder = course_folder / "class"
    expected = write_class(LESSON, class_folder)
    before = sorted(path.name for path in ROOT.iterdir() if not path.name.startswith("."))
    assert run_class(class_folder, course_folder / "course", LESSON, timeout=20) == 0, capsys.readouterr().out
    said = capsys.readouterr().out
    assert "DIFFERS" not in said
    assert said.count("NEEDS A HUMAN") == 1
    with (course_folder / "course" / "grades.csv").open() as file:
        grades = {row["student_id"]: float(row["score"]) for row in csv.DictReader(file)}
    assert {name: grades[name] for name, points in expected.items() if points is not None} == {
        name: points for name, points in expected.items() if points is not None
    }
    pages = list((course_folder / "course" / "feedback").rglob("*.html"))
    assert len(pages) == sum(points is not None for points in expected.values())
    for page in pages:
        text = page.read_text(encoding="utf-8")
        assert "HIDDEN TESTS" not in text
        assert "exercises.score" not in text
    after = sorted(path.name for path in ROOT.iterdir() if not path.name.startswith("."))
    assert after == before
    _a_dead_kernel_takes_an_earlier_score_with_it(course_folder)


def _a_dead_kernel_takes_an_earlier_score_with_it(folder):
    """The second hand-in of somebody who had full marks kills the kernel; nbgrader alone would keep the old score."""
    again = folder / "again"
    write_class(LESSON, again)
    for student in again.iterdir():
        if student.is_dir() and student.name != "juri":
            shutil.rmtree(student)
    (again / "juri").rename(again / "ada")
    course = Course(folder / "course", LESSON, timeout=20)
    course.generate()
    assert course.hand_in(again) == ["ada"]
    outcome = course.grade("ada")
    assert outcome.points is None
    assert "died" in outcome.problem
    with course._api.gradebook as book:
        assert book.find_submission(course.assignment, "ada").needs_manual_grade
        assert book.find_submission(course.assignment, "ada").score == 0


@pytest.mark.slow
@pytest.mark.timeout(600)
def test_a_course_whose_source_cannot_be_generated_is_an_error_with_the_log(tmp_path, monkeypatch):
    broken = text_of(grading_notebook(LESSON)).replace("### END SOLUTION", "### END")
    monkeypatch.setattr("autograder.course.text_of", lambda notebook: broken)
    with pytest.raises(CourseError, match="generate assignment"):
        Course(tmp_path, LESSON).generate()


def test_the_deadly_answer_is_deadly_only_when_called():
    exec(compile(DEAD, "<answer>", "exec"), {})
