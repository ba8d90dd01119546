"""nbgrader stays the front: what it collects is graded, scores reach its grade book, and a person's word counts."""

import csv
import json
import os
import shutil
import signal
import subprocess
import tempfile
import time
from functools import partial
from pathlib import Path

import pytest

from autograder.bridge import copy_stamps, enter
from autograder.course import Course, CourseError, Submission, database_url, surroundings
from autograder.grading import grade_class
from autograder.store import Store
from autograder.work import one_by_one
from tests.autograder._class import ALL, LESSON, POINTS, NotebookGrader, hand_in
from tools.press import grading_notebook, text_of

SCRIPT = "<script>alert(1)</script>"


@pytest.fixture(scope="module")
def generated(tmp_path_factory):
    """A course whose assignment was generated and released; it takes nbgrader seconds."""
    folder = tmp_path_factory.mktemp("generated") / "course"
    Course(folder, LESSON).generate()
    return folder


@pytest.fixture
def course(generated, tmp_path):
    shutil.copytree(generated, tmp_path / "course")
    return Course(tmp_path / "course", LESSON)


def grade(course, hand_ins, grader=None):
    course.hand_in(hand_ins)
    store = Store(course.folder / "records")
    sources = {student: paths[0] for student, paths in course.collected().items()}
    grade_class(sources, store, grader or NotebookGrader(), one_by_one)
    return enter(course, store.current(), sources)


def scores(course):
    with course.api.gradebook as book:
        return {one.student.id: one.score for one in book.assignment_submissions(course.assignment)}


def grade_cell(book, course, student, exercise):
    return book.find_grade(f"check-{exercise}", LESSON.stem, course.assignment, student)


def test_collected_submissions_are_graded_into_the_grade_book_and_exported(course):
    standings = grade(course, [hand_in(name, points) for name, points in POINTS.items()])
    expected = {name: float(sum(points)) for name, points in POINTS.items()}
    assert scores(course) == expected
    assert {name: standing.score for name, standing in standings.items()} == expected
    with course.export(course.folder / "grades.csv").open() as file:
        assert {row["student_id"]: float(row["score"]) for row in csv.DictReader(file)} == expected


def test_grading_again_changes_nothing_and_an_unchanged_hand_in_is_not_collected_again(course):
    hand_ins = [hand_in("ada", POINTS["ada"])]
    grade(course, hand_ins)
    stamp = course.place("submitted", "ada") / "timestamp.txt"
    before = stamp.read_text(), scores(course)
    grade(course, hand_ins)
    assert (stamp.read_text(), scores(course)) == before


def test_a_second_hand_in_replaces_the_first_even_where_its_clock_went_backwards(course):
    grade(course, [hand_in("ada", POINTS["ben"])])
    grade(course, [hand_in("ada", POINTS["ada"], when=1_600_000_000.0)])
    assert scores(course)["ada"] == 20


def test_a_persons_scores_and_comments_survive_and_a_changed_automatic_score_asks_her_to_look_again(course):
    grade(course, [hand_in("carla", POINTS["carla"])])
    exercise = ALL[2]
    with course.api.gradebook as book:
        cell = grade_cell(book, course, "carla", exercise)
        cell.manual_score, cell.extra_credit, cell.needs_manual_grade = 2.5, 0.5, False
        comment = book.find_comment(f"exercise-{exercise}", LESSON.stem, course.assignment, "carla")
        comment.manual_comment = "Nearly."
        book.db.commit()
    standing = grade(course, [])["carla"]
    assert (standing.manual, standing.comments, standing.waiting) == ({exercise: 3.0}, {exercise: "Nearly."}, ())
    assert standing.score == 13
    better = [*POINTS["carla"]]
    better[2] = 4
    standing = grade(course, [hand_in("carla", better)])["carla"]
    assert standing.waiting == (exercise,)
    with course.api.gradebook as book:
        cell = grade_cell(book, course, "carla", exercise)
        assert (cell.auto_score, cell.manual_score, cell.extra_credit) == (4, 2.5, 0.5)


def test_a_failure_of_the_grader_is_never_a_zero_and_takes_an_earlier_score_with_it(course):
    grade(course, [hand_in("ada", POINTS["ada"])])
    standing = grade(course, [hand_in("ada", (4, 4, None, 4, 4))])["ada"]
    assert standing.score is None
    with course.api.gradebook as book:
        submission = book.find_submission(course.assignment, "ada")
        assert submission.needs_manual_grade
        assert [cell.auto_score for cell in submission.notebooks[0].grades] == [None] * 5
    assert grade(course, [hand_in("ada", POINTS["ada"])])["ada"].score == 20


def test_a_late_penalty_of_the_course_is_applied(course):
    from nbgrader.plugins import LateSubmissionPlugin

    grade(course, [hand_in("ada", POINTS["ada"], when=1_700_000_000.0)])
    with course.api.gradebook as book:
        book.update_or_create_assignment(course.assignment, duedate="2023-11-01 00:00:00 UTC")
    assert grade(course, [])["ada"].penalty == 0
    LateSubmissionPlugin.penalty_method.default_value, kept = "zero", LateSubmissionPlugin.penalty_method.default_value
    try:
        assert grade(course, [])["ada"].penalty == 20
    finally:
        LateSubmissionPlugin.penalty_method.default_value = kept


def test_formgrader_shows_the_students_code_and_nothing_of_hers_that_could_act(course):
    from nbconvert.exporters import HTMLExporter

    grade(course, [hand_in("eve", POINTS["carla"], change=_make_hostile)])
    path = course.place("autograded", "eve") / f"{LESSON.stem}.ipynb"
    shown, _ = HTMLExporter(template_name="classic").from_filename(str(path))
    for evil in ("alert(1)", "onerror", "evil.example"):
        assert evil in json.dumps(_hostile()), "the attack itself went missing"
    body = shown[shown.index("<body") :]
    assert SCRIPT not in body
    assert "<img src=x" not in body
    assert 'href="javascript' not in body
    assert "&lt;script&gt;" in body
    assert "tv_loss: 4 of 4 points" in body
    cells = json.loads(path.read_text())["cells"]
    assert len({cell["id"] for cell in cells}) == len(cells)
    assert all(set(cell["metadata"]) <= {"nbgrader", "deletable", "editable", "tags"} for cell in cells)


def _hostile():
    return [
        {"cell_type": "markdown", "id": 'x"><script>', "metadata": {"tags": [f'">{SCRIPT}']}, "source": SCRIPT},
        {
            "cell_type": "markdown",
            "id": "y",
            "metadata": {},
            "source": f"~~~~~\n<img src=x onerror=alert(1)>\n~~~~~\n{SCRIPT}",
        },
        {"cell_type": "raw", "id": "z", "metadata": {"format": "text/html"}, "source": SCRIPT},
        {
            "cell_type": "markdown",
            "id": "l",
            "metadata": {},
            "source": "[x](javascript:alert(1)) ![](http://evil.example)",
        },
        {
            "cell_type": "code",
            "id": "c",
            "metadata": {},
            "source": [f"# {SCRIPT} \ud800"],
            "execution_count": None,
            "outputs": [{"output_type": "display_data", "metadata": {}, "data": {"text/html": SCRIPT}}],
        },
        {"cell_type": 3, "source": {"a": 1}},
    ]


def _make_hostile(notebook):
    notebook["cells"] += _hostile()
    notebook["metadata"]["title"] = SCRIPT
    notebook["cells"].append(dict(notebook["cells"][2]))


def test_feedback_can_be_released_the_way_nbgrader_does(course):
    grade(course, [hand_in("ada", POINTS["ada"])])
    place = course.place("feedback", "ada")
    place.mkdir(parents=True)
    (place / f"{LESSON.stem}.html").write_text("well done")
    copy_stamps(course.place("submitted", "ada"), place)
    course.release_feedback()
    released = list((course.folder / "exchange" / "superresolution" / "feedback").glob("*.html"))
    assert [path.read_text() for path in released] == ["well done"]


def test_every_notebook_that_was_collected_is_listed_but_for_checkpoints_and_links(course):
    place = course.place("submitted", "ada")
    for name in ("one.ipynb", "week15/two.ipynb", ".ipynb_checkpoints/one-checkpoint.ipynb"):
        (place / name).parent.mkdir(parents=True, exist_ok=True)
        (place / name).write_text("{}")
    (place / "link.ipynb").symlink_to("/etc/hostname")
    found = course.collected()["ada"]
    assert [path.relative_to(place).as_posix() for path in found] == ["one.ipynb", "week15/two.ipynb"]


def test_the_address_of_the_grade_book_is_the_one_given_then_the_environments_then_a_file(tmp_path, monkeypatch):
    assert database_url("", tmp_path) == f"sqlite:///{tmp_path}/gradebook.db"
    monkeypatch.setenv("SRKIT_GRADEBOOK_URL", "postgres://u:p@host/grades")
    assert database_url("", tmp_path) == "postgresql+psycopg://u:p@host/grades"
    assert database_url("sqlite:///x.db", tmp_path) == "sqlite:///x.db"


def test_a_course_whose_source_cannot_be_generated_is_an_error_with_the_log(generated, tmp_path, monkeypatch):
    shutil.copytree(generated, tmp_path / "course")
    broken = text_of(grading_notebook(LESSON)).replace("### END SOLUTION", "### END")
    monkeypatch.setattr("autograder.course.text_of", lambda notebook: broken)
    with pytest.raises(CourseError, match="generate assignment"):
        Course(tmp_path / "course", LESSON).generate()


@pytest.fixture
def postgres(system_executable):
    """The address of a PostgreSQL server of this test's own, run by somebody who is not root."""
    programs = Path(system_executable("postgresql")).resolve().parent
    with tempfile.TemporaryDirectory(prefix="srkit-pg-", dir="/tmp") as name:
        folder = Path(name)
        who = {"user": "nobody", "group": "nogroup"} if os.geteuid() == 0 else {}
        if who:
            shutil.chown(folder, **who)
        quiet = {"check": True, "capture_output": True, "cwd": folder, **who}
        subprocess.run([programs / "initdb", "-D", folder / "data", "-U", "teacher", "-A", "trust", "-N"], **quiet)
        words = ["-D", folder / "data", "-k", folder, "-c", "listen_addresses=", "-c", "fsync=off"]
        server = subprocess.Popen([programs / "postgres", *words], cwd=folder, stderr=subprocess.DEVNULL, **who)
        try:
            while not (folder / ".s.PGSQL.5432").exists() and server.poll() is None:
                time.sleep(0.05)
            yield f"postgresql://teacher@/postgres?host={folder}"
        finally:
            server.send_signal(signal.SIGINT)  # which does not wait for those who are connected
            server.wait()


@pytest.mark.needs("postgresql")
def test_the_grade_book_can_be_a_postgresql_server(postgres, generated, tmp_path, monkeypatch):
    import psycopg

    shutil.copytree(generated, tmp_path / "course")
    (tmp_path / "course" / "gradebook.db").unlink()
    course = Course(tmp_path / "course", LESSON, database=postgres)
    course.generate()
    grade(course, [hand_in(name, points) for name, points in POINTS.items()])
    with psycopg.connect(postgres) as connection:
        rows = connection.execute(
            "SELECT s.student_id, sum(g.auto_score) FROM grade g JOIN submitted_notebook n ON g.notebook_id = n.id "
            "JOIN submitted_assignment s ON n.assignment_id = s.id GROUP BY s.student_id"
        ).fetchall()
    assert dict(rows) == {name: float(sum(points)) for name, points in POINTS.items()}
    assert not (tmp_path / "course" / "gradebook.db").exists()
    monkeypatch.setenv("SRKIT_GRADEBOOK_URL", postgres)
    assert scores(Course(tmp_path / "course", LESSON)) == {name: float(sum(points)) for name, points in POINTS.items()}


@pytest.mark.slow
def test_nbgrader_alone_agrees_on_honest_submissions_in_the_same_course(course, monkeypatch):
    from autograder.classmates import STUDENTS
    from autograder.demonstration import Work

    work = Work(LESSON)
    expected = {one.name.split()[1].lower(): one for one in STUDENTS if one.name in {"Lovelace, Ada", "Conti, Carla"}}
    made = {name: next(iter(one.files(work).values())) for name, one in expected.items()}
    course.hand_in(Submission(student=name, read=partial(bytes, data)) for name, data in made.items())
    for name in made:
        with surroundings():
            assert course.api.autograde(course.assignment, name)["success"]
    assert scores(course) == {name: one.points(work) for name, one in expected.items()}
    assert "HIDDEN TESTS" not in (course.place("release") / f"{LESSON.stem}.ipynb").read_text()


@pytest.mark.parametrize("before", [None, "", "/usr/bin"])
def test_nbgrader_finds_its_programs_whatever_the_path_is_which_is_the_same_afterwards(monkeypatch, before):
    monkeypatch.delenv("PATH")
    if before is not None:
        monkeypatch.setenv("PATH", before)
    with surroundings():
        assert shutil.which("alembic")
        assert "" not in os.environ["PATH"].split(os.pathsep), "that would be the current folder"
    assert os.environ.get("PATH") == before
