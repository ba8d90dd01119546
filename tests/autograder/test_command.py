"""The documented command lines, from a class folder to what is released, with every file accounted for."""

import json
import shutil

import pytest

from autograder.box import BoxError
from autograder.course import Course
from tests.autograder._command import WRONG, ReadingGrader, answers, command, points, told, write
from tools.press import sources

LESSONS = {int(path.stem[:2]): path for path in sources()}
FULL = points(11)


@pytest.fixture(scope="module")
def generated(tmp_path_factory):
    """A course in which lessons 10 and 11 were generated and released; it takes nbgrader seconds."""
    folder = tmp_path_factory.mktemp("generated") / "course"
    for number in (10, 11):
        Course(folder, LESSONS[number]).generate()
    return folder


@pytest.fixture
def course(generated, tmp_path):
    shutil.copytree(generated, tmp_path / "course")
    return tmp_path / "course"


def test_release_goes_from_a_class_folder_to_the_file_a_student_could_fetch(course, tmp_path, monkeypatch):
    inbox = write(tmp_path / "class", {"anna/x.ipynb": answers(11), "ben/y.ipynb": answers(11, WRONG)})
    done = command(monkeypatch, inbox, "--course", course, "--lesson", 11, "--release")
    assert done.exit_code == 0, done.output
    assert "(released)" in done.output
    released = {path.stem: path for path in (course / "exchange" / "superresolution" / "feedback").glob("*.html")}
    pages = {name: course / "feedback" / name / "lesson_11" / f"{LESSONS[11].stem}.html" for name in ("anna", "ben")}
    assert sorted(path.read_text() for path in released.values()) == sorted(path.read_text() for path in pages.values())
    secrets = {name: (pages[name].parent / "submission_secret.txt").read_text() for name in pages}
    assert all(len(secret) == 128 for secret in secrets.values())
    assert len(set(secrets.values())) == 2
    again = command(monkeypatch, inbox, "--course", course, "--lesson", 11, "--release")
    assert again.exit_code == 0
    assert {name: (pages[name].parent / "submission_secret.txt").read_text() for name in pages} == secrets


def test_a_step_that_fails_after_grading_does_not_take_the_closing_lines_away(course, tmp_path, monkeypatch):
    inbox = write(tmp_path / "class", {"anna/x.ipynb": answers(11)})
    monkeypatch.setattr(Course, "release_feedback", lambda self: (_ for _ in ()).throw(OSError(28, "No space left")))
    done = command(monkeypatch, inbox, "--course", course, "--lesson", 11, "--release")
    assert done.exit_code == 2
    assert "index.html" in done.output
    assert "(released)" not in done.output
    assert "The disk is full" in done.output
    assert "Traceback" not in done.output


def test_all_lessons_are_graded_by_one_call_into_one_grade_book(course, tmp_path, monkeypatch):
    inbox = write(
        tmp_path / "class",
        {
            "anna/11_exercise.ipynb": answers(11),
            "anna/10_learning.ipynb": answers(10),
            "ben/week15/all.ipynb": answers(10, WRONG),
            "ben/notes.pdf": b"%PDF",
            "carla/hello.ipynb": answers(11, count=0),
        },
    )
    done = command(monkeypatch, inbox, "--course", course)
    assert done.exit_code == 1, done.output
    term = told(course)
    assert term["students"]["anna"] == {"scores": {"10": points(10), "11": FULL}, "total": points(10) + FULL}
    assert term["max_points"] == points(10) + FULL
    assert term["students"]["ben"] == {"scores": {"10": 0.0}, "total": 0.0}
    assert set(term["nothing"]) == {"carla"}
    assert {one["name"] for one in term["unused"]} == {"ben/notes.pdf", "carla/hello.ipynb"}
    assert "NEEDS A HUMAN" in done.output
    page = (course / "report" / "index.html").read_text(encoding="utf-8")
    for name in ("ben/notes.pdf", "carla/hello.ipynb", "lesson_10/index.html", "lesson_11/index.html"):
        assert name in page
    with Course(course, LESSONS[10]).api.gradebook as book:
        scores = {(one.name, s.student.id): s.score for one in book.assignments for s in one.submissions}
    assert scores == {("lesson_10", "anna"): points(10), ("lesson_11", "anna"): FULL, ("lesson_10", "ben"): 0.0}


def test_a_solved_notebook_counts_beside_a_newer_one_of_another_lesson(course, tmp_path, monkeypatch):
    inbox = write(
        tmp_path / "class",
        {"anna/11_exercise_supervised_sr.ipynb": answers(11), "anna/zz_10_learning.ipynb": answers(10, WRONG)},
    )
    done = command(monkeypatch, inbox, "--course", course, "--lesson", 11)
    assert done.exit_code == 0, done.output
    assert [one["score"] for one in told(course, 11)["students"]] == [FULL]
    assert "zz_10_learning.ipynb" in (course / "report" / "index.html").read_text(encoding="utf-8")


def test_of_two_different_answers_both_scores_are_shown_and_none_counts_until_a_person_has_chosen(
    course, tmp_path, monkeypatch
):
    inbox = write(tmp_path / "class", {"ben/week11/n.ipynb": answers(11, WRONG), "ben/week15/n.ipynb": answers(11)})
    words = (inbox, "--course", course, "--lesson", 11)
    done = command(monkeypatch, *words)
    assert done.exit_code == 1
    (ben,) = told(course, 11)["students"]
    assert ben["score"] is None
    page = (course / "report" / "lesson_11" / "index.html").read_text(encoding="utf-8")
    assert "ben/week11/n.ipynb: 0" in page
    assert f"ben/week15/n.ipynb: {FULL:g}" in page
    collected = command(monkeypatch, "--course", course, "--lesson", 11)  # the question stays without the class folder
    assert collected.exit_code == 1
    assert told(course, 11)["students"][0]["score"] is None
    (course / "choices.csv").write_text("student,lesson,file\nben,11,ben/week15/n.ipynb\n")
    done = command(monkeypatch, *words)
    assert done.exit_code == 0, done.output
    assert [one["score"] for one in told(course, 11)["students"]] == [FULL]


def test_several_notebooks_that_nbgrader_collected_are_sorted_in_the_same_way(course, monkeypatch):
    place = course / "submitted" / "anna" / "lesson_11"
    write(place, {f"{LESSONS[11].stem}.ipynb": answers(11, count=0), "Untitled.ipynb": answers(11)})
    done = command(monkeypatch, "--course", course, "--lesson", 11)
    assert done.exit_code == 0, done.output
    assert [one["score"] for one in told(course, 11)["students"]] == [FULL]


def test_two_spellings_of_one_name_are_asked_about(course, tmp_path, monkeypatch):
    inbox = write(
        tmp_path / "class", {"Ann/x.ipynb": answers(11), "ann/x.ipynb": answers(11), "bob/x.ipynb": answers(11)}
    )
    done = command(monkeypatch, inbox, "--course", course, "--lesson", 11)
    assert done.exit_code == 1
    assert set(told(course)["asks"]) == {"Ann", "ann"}
    assert "same person as" in (course / "report" / "index.html").read_text(encoding="utf-8")


def test_names_reach_the_terminal_without_what_a_terminal_would_act_on(course, tmp_path, monkeypatch):
    evil = "\x1b]0;pwned\x07\x1b[2J\u202e"
    inbox = write(
        tmp_path / "class", {f"anna/{evil}.pdf": b"x", f"{evil}/x.ipynb": answers(11), "anna/x.ipynb": answers(11)}
    )
    done = command(monkeypatch, inbox, "--course", course, "--lesson", 11)
    assert "pwned" in done.output
    assert not set(done.output) & set("\x1b\x07\u202e")


def test_what_a_class_is_told_is_json_too(course, tmp_path, monkeypatch):
    inbox = write(tmp_path / "class", {"anna/x.ipynb": answers(11)})
    command(monkeypatch, inbox, "--course", course, "--lesson", 11)
    assert json.loads((course / "intake" / "lesson_11.json").read_text())["anna"]["files"] == ["anna/x.ipynb"]


def test_what_was_graded_is_sent_to_canvas_by_the_same_command(course, tmp_path, monkeypatch):
    from tests.autograder._platforms import CANVAS_TOKEN, FakeCanvas

    inbox = write(tmp_path / "class", {"ada_1_51_x.ipynb": answers(11), "ben_2_52_x.ipynb": answers(11, WRONG)})
    canvas = FakeCanvas({1: "ada", 2: "ben"})
    monkeypatch.setenv("SRKIT_CANVAS_TOKEN", CANVAS_TOKEN)
    told = tmp_path / "canvas.toml"
    told.write_text(f"[canvas]\nurl = '{canvas.address}'\ncourse = 7\nassignments = {{ 11 = 70 }}\n")
    done = command(monkeypatch, inbox, "--course", course, "--lesson", 11, "--send", told)
    canvas.close()
    assert done.exit_code == 0, done.output
    assert canvas.scores == {1: FULL, 2: 0.0}
    pages = [course / "feedback" / name / "lesson_11" / f"{LESSONS[11].stem}.html" for name in ("ada_1", "ben_2")]
    assert [page for _, page in canvas.comments[1] + canvas.comments[2]] == [page.read_bytes() for page in pages]
    assert CANVAS_TOKEN not in done.output


def test_a_course_within_the_class_folder_is_nobodys_hand_in(course, tmp_path, monkeypatch):
    inbox = write(tmp_path / "class", {"anna/x.ipynb": answers(11), ".ipynb_checkpoints/x.ipynb": b"{}"})
    within = inbox / "build" / "course"
    shutil.copytree(course, within)
    for _ in range(2):
        done = command(monkeypatch, inbox, "--course", within, "--lesson", 11)
        assert done.exit_code == 0, done.output
        assert [one["name"] for one in told(within, 11)["students"]] == ["anna"]
        assert not told(within)["unused"] + [*told(within)["nothing"]]


def test_a_course_given_for_a_class_is_refused(course, monkeypatch):
    done = command(monkeypatch, course, "--course", course, "--lesson", 11)
    assert done.exit_code == 2
    assert "is the course itself" in done.stderr


def test_what_keeps_everybody_from_a_score_is_said_in_full_once_with_status_2(course, tmp_path, monkeypatch):
    def broken(*_):
        raise BoxError("No sandbox works.\nInstall one:\n  a command")

    inbox = write(tmp_path / "class", {name: answers(11, n) for n, name in enumerate(("a/x.ipynb", "b/x.ipynb"))})
    monkeypatch.setattr(ReadingGrader, "grade", broken)
    done = command(monkeypatch, inbox, "--course", course, "--lesson", 11)
    assert done.exit_code == 2
    assert done.output.count("  a command") == 1
    assert "a, b: BoxError: No sandbox works.\nInstall one:" in done.output
    assert done.output.count("NEEDS A HUMAN: BoxError: No sandbox works.\n") == 2


@pytest.mark.parametrize("part", [(), ("--shard", "1/1")], ids=["the class", "a part of it"])
def test_what_the_grader_loses_on_the_way_is_no_zero_is_named_with_status_2_and_graded_by_the_next_call(
    course, tmp_path, monkeypatch, part
):
    grade = ReadingGrader.grade

    def lossy(self, submission, *more):
        if b"return 0" in submission:
            raise OSError(12, "Cannot allocate memory")
        return grade(self, submission, *more)

    inbox = write(tmp_path / "class", {"ada/x.ipynb": answers(11), "ben/x.ipynb": answers(11, WRONG)})
    words = (inbox, "--course", course, "--lesson", 11)
    monkeypatch.setattr(ReadingGrader, "grade", lossy)
    done = command(monkeypatch, *words, *part)
    assert done.exit_code == 2, done.output
    assert "Traceback" not in done.output
    assert "Cannot allocate memory" in done.output
    if not part:
        assert {one["name"]: one["score"] for one in told(course, 11)["students"]} == {"ada": FULL, "ben": None}
        assert "NEEDS A HUMAN: OSError" in done.output
        assert "Grading itself failed for ben: call again" in done.output
    monkeypatch.setattr(ReadingGrader, "grade", grade)
    assert command(monkeypatch, *words, *part).exit_code == 0
    if not part:
        assert {one["name"]: one["score"] for one in told(course, 11)["students"]} == {"ada": FULL, "ben": 0.0}
