from __future__ import annotations

import os
import sys
from pathlib import Path

import pytest

from srkit import _home
from srkit.cli import lab
from srkit.cli.lab import find_lessons, stay_until_it_ends
from tests.cli._call import Call
from tests.house._code import ROOT


@pytest.fixture
def opened(monkeypatch: pytest.MonkeyPatch) -> list[list[str]]:
    lines: list[list[str]] = []

    def note(line: list[str], env: dict[str, str]) -> int:
        assert env["JUPYTER_PREFER_ENV_PATH"] == "1"
        lines.append(line)
        return 0

    monkeypatch.setattr(lab, "stay_until_it_ends", note)
    return lines


@pytest.mark.parametrize(("own", "passed"), [(None, "PASSIVE"), ("ACTIVE", "ACTIVE")])
def test_threads_that_wait_sleep_unless_somebody_wants_it_otherwise(
    own: str | None, passed: str, desk: Path, call: Call, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("OMP_WAIT_POLICY", raising=False)
    if own:
        monkeypatch.setenv("OMP_WAIT_POLICY", own)
    seen: list[str] = []
    monkeypatch.setattr(lab, "stay_until_it_ends", lambda line, env: seen.append(env["OMP_WAIT_POLICY"]) or 0)
    assert call("lab", "--no-browser").code == 0
    assert seen == [passed]


@pytest.fixture
def desk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    for folder in ("work", "lessons"):
        (tmp_path / folder).mkdir()
        for name in ("02_colour.ipynb", "11_exercise.ipynb"):
            (tmp_path / folder / name).write_text("{}")
    monkeypatch.chdir(tmp_path)
    return tmp_path


def test_the_first_lesson_of_the_readers_own_copies_opens(call: Call, desk: Path, opened: list[list[str]]) -> None:
    assert call("lab", "--no-browser", "--port", 9999).code == 0
    (line,) = opened
    assert line[:4] == [sys.executable, "-P", "-m", "jupyterlab"]
    assert f"--ServerApp.root_dir={desk / 'work'}" in line
    assert "--LabApp.default_url=/lab/tree/02_colour.ipynb" in line
    assert {"--no-browser", "--port=9999"} <= set(line)


def test_a_lesson_can_be_named_by_its_number(call: Call, desk: Path, opened: list[list[str]]) -> None:
    assert call("lab", "11").code == 0
    assert call("lab", "2").code == 0
    assert "--LabApp.default_url=/lab/tree/11_exercise.ipynb" in opened[0]
    assert "--LabApp.default_url=/lab/tree/02_colour.ipynb" in opened[1]


def test_a_lesson_that_is_not_there_is_refused_with_those_that_are(
    call: Call, desk: Path, opened: list[list[str]]
) -> None:
    answer = call("lab", "99")
    assert answer.code == 2
    assert "11_exercise" in answer.err
    assert opened == []


def test_without_jupyterlab_the_command_says_what_to_install(
    call: Call, desk: Path, opened: list[list[str]], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None)
    answer = call("lab")
    assert answer.code == 2
    assert "make lab" in answer.err


def test_the_course_as_it_came_is_opened_where_there_is_no_desk(desk: Path) -> None:
    for path in (desk / "work").iterdir():
        path.unlink()
    assert find_lessons(desk) == desk / "lessons"


def test_a_course_is_opened_from_within_and_a_clone_from_anywhere(desk: Path, tmp_path: Path) -> None:
    assert find_lessons(desk / "work") == desk / "work"
    (tmp_path / "elsewhere").mkdir()
    assert find_lessons(tmp_path / "elsewhere").parent == ROOT


def test_outside_a_course_an_installed_srkit_opens_nothing_and_names_the_command_that_makes_one(
    call: Call, opened: list[list[str]], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(_home, "clone", lambda: None)
    (tmp_path / "2020_photos.ipynb").write_text("{}")
    monkeypatch.chdir(tmp_path)
    answer = call("lab")
    assert answer.code == 2
    assert "srkit course my_course" in answer.err
    assert opened == []


def test_ctrl_c_is_left_to_the_program_that_was_started() -> None:
    """JupyterLab asks whether to stop; it must not be killed while it asks."""
    program = "import os, signal, sys, time; os.kill(os.getppid(), signal.SIGINT); time.sleep(0.5); sys.exit(7)"
    assert stay_until_it_ends([sys.executable, "-c", program], os.environ) == 7
