"""A grader that is killed, two of them at once, late hand-ins: nothing is lost, and the next call finishes."""

import os
import shutil
import signal

import pytest

from autograder.course import Course
from autograder.grading import grade_class
from autograder.store import Store
from autograder.work import one_by_one
from tests._fork import ended, in_a_copy
from tests.autograder._command import WRONG, ReadingGrader, answers, command, points, told, write
from tools.press import sources

LESSON = next(path for path in sources() if path.name.startswith("11_"))


@pytest.fixture(scope="module")
def generated(tmp_path_factory):
    """A course whose assignment was generated; it takes nbgrader seconds."""
    folder = tmp_path_factory.mktemp("generated") / "course"
    Course(folder, LESSON).generate()
    return folder


def killed(moment, monkeypatch, *words):
    """Run the command in a copy of this process that is killed when it puts its ``moment``-th file into place."""
    left = [moment]

    def dying(real):
        def put(*given, **named):
            left[0] -= 1
            if left[0] < 0:
                os.kill(os.getpid(), signal.SIGKILL)
            return real(*given, **named)

        return put

    def act():
        os.replace, os.rename = dying(os.replace), dying(os.rename)
        command(monkeypatch, *words)

    return ended(in_a_copy(act)) == -signal.SIGKILL


@pytest.mark.parametrize("moment", [0, 2, 5, 9, 14, 22])
def test_a_grader_killed_at_any_moment_loses_nothing_and_the_next_call_finishes_with_the_latecomer(
    generated, tmp_path, monkeypatch, moment
):
    shutil.copytree(generated, tmp_path / "course")
    inbox = write(tmp_path / "class", {f"s{n}/x.ipynb": answers(11) for n in range(4)})
    words = (inbox, "--course", tmp_path / "course", "--lesson", 11)
    assert killed(moment, monkeypatch, *words), "it ended before it could be killed: fewer files are written"
    write(inbox, {"late/x.ipynb": answers(11, WRONG)})
    done = command(monkeypatch, *words)
    assert done.exit_code == 0, done.output
    assert "Traceback" not in done.output
    scores = {one["name"]: one["score"] for one in told(tmp_path / "course", 11)["students"]}
    assert scores == {**{f"s{n}": points(11) for n in range(4)}, "late": 0.0}
    pages = (tmp_path / "course" / "feedback").glob("*/lesson_11/*.html")
    assert {page.parts[-3] for page in pages} == set(scores)


def test_a_second_grader_of_the_same_class_is_told_so_with_status_2_and_the_first_one_is_not_disturbed(
    generated, tmp_path, monkeypatch
):
    course = tmp_path / "course"
    shutil.copytree(generated, course)
    inbox = write(tmp_path / "class", {"ada/x.ipynb": answers(11)})
    words = (inbox, "--course", course, "--lesson", 11)
    seen = []

    def meanwhile(tasks, grader):
        seen.append(command(monkeypatch, *words))
        return one_by_one(tasks, grader)

    store = Store(course / "records" / "lesson_11")
    assert not grade_class({"ada": answers(11)}, store, ReadingGrader(), meanwhile).failed
    (second,) = seen
    assert second.exit_code == 2, second.output
    assert "is grading" in second.output
    assert "Traceback" not in second.output
    done = command(monkeypatch, *words)
    assert done.exit_code == 0, done.output
    assert [one["score"] for one in told(course, 11)["students"]] == [points(11)]
