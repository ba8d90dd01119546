"""``make release``: what is published is one commit, built twice to the same bytes, and tried."""

from __future__ import annotations

import importlib
import subprocess
import sys
from pathlib import Path
from types import ModuleType

import pytest

PROJECT = """
[build-system]
requires = ["hatchling"]
build-backend = "hatchling.build"
[project]
name = "small"
version = "1"
"""


@pytest.fixture
def release(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    """The tool, let loose on a small project with one commit."""
    module = importlib.import_module("release")
    project = tmp_path / "project"
    (project / "small").mkdir(parents=True)
    (project / "small" / "__init__.py").write_text("")
    (project / "pyproject.toml").write_text(PROJECT)
    person = ["-c", "user.name=a", "-c", "user.email=a@example.org"]
    for words in (["init", "-q"], ["add", "."], [*person, "commit", "-qm", "one"]):
        subprocess.run(["git", *words], cwd=project, check=True)
    monkeypatch.setattr(module, "ROOT", project)
    return module


def test_two_builds_of_one_commit_have_the_same_bytes_wherever_and_whenever_they_are_made(
    release: ModuleType, tmp_path: Path
) -> None:
    first = release.build(tmp_path / "one")
    for file in (tmp_path / "project" / "small").iterdir():
        file.touch()
    assert release.build(tmp_path / "a longer path, two") == first
    assert sorted(name.rpartition(".")[2] for name in first) == ["gz", "whl"]


def test_what_is_not_committed_is_not_released(release: ModuleType, tmp_path: Path) -> None:
    (tmp_path / "project" / "small" / "__init__.py").write_text("changed = True")
    with pytest.raises(release.Stop, match="not committed"):
        release.build(tmp_path / "one")


@pytest.mark.parametrize(
    ("outcomes", "code"),
    [
        ({(3, 11): "ok", (3, 12): "ok"}, 0),
        ({(3, 11): "ok", (3, 12): "not tried"}, 0),
        ({(3, 11): "ok", (3, 12): "broken"}, 1),
        ({(3, 11): "not tried"}, 1),
    ],
)
def test_a_wheel_is_kept_only_if_every_python_it_could_be_tried_on_was_content_with_it(
    release: ModuleType, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str],
    outcomes: dict[tuple[int, int], str], code: int,
) -> None:  # fmt: skip
    def try_on(command: list[str], wheel: Path, folder: Path) -> str:
        assert wheel.is_file()
        outcome = outcomes[(3, int(command[0].rpartition(".")[2]))]
        if outcome != "ok":
            raise (release.NotTried if outcome == "not tried" else release.Stop)(outcome)
        return "PyTorch 2"

    monkeypatch.setattr(sys, "version_info", (3, 11, 0))
    monkeypatch.setattr(release.sys, "executable", sys.executable)
    monkeypatch.setattr(release, "candidates", lambda: iter([f"python3.{minor}"] for _, minor in outcomes))
    monkeypatch.setattr(release, "version_of", lambda command: (3, int(command[0].rpartition(".")[2])))
    monkeypatch.setattr(release, "try_on", try_on)
    assert release.main() == code
    assert (release.ROOT / "dist").is_dir() == (code == 0)
    said = capsys.readouterr().out
    for outcome in set(outcomes.values()) - {"ok"}:
        assert outcome in said
