"""A disk that gets full, a folder that turns read-only: a sentence and status 2 at every step, and nothing is lost."""

import os
import shutil
import subprocess
from pathlib import Path

import pytest

from autograder.cli import main
from autograder.course import Course
from tests.autograder._command import answers, command, points, told, write
from tools.press import sources

LESSON = next(path for path in sources() if path.name.startswith("11_"))


@pytest.fixture(scope="module")
def generated(tmp_path_factory):
    """A course whose assignment was generated; it takes nbgrader seconds."""
    folder = tmp_path_factory.mktemp("generated") / "course"
    Course(folder, LESSON).generate()
    return folder


class Disk:
    """A file system in memory, of a size that can be changed."""

    def __init__(self, place: Path) -> None:
        self.place = place
        place.mkdir()
        self.options("size=64m", "mount", "-t", "tmpfs")

    def options(self, words: str, *command: str) -> None:
        head = command or ("mount", "-t", "tmpfs")
        subprocess.run([*head, "-o", words, "srkit-test", self.place], check=True, capture_output=True)

    def leave(self, free: int) -> None:
        """Leave so many kilobytes free."""
        used = int(
            subprocess.run(["du", "-sk", self.place], check=True, capture_output=True, text=True).stdout.split()[0]
        )
        self.options(f"remount,size={used + free}k")


@pytest.fixture
def disk(tmp_path):
    if os.geteuid() != 0:
        pytest.skip("only root may mount a file system of its own")
    try:
        made = Disk(tmp_path / "disk")
    except subprocess.CalledProcessError as problem:
        pytest.skip(f"no file system can be mounted here: {problem.stderr.decode().strip()}")
    yield made
    subprocess.run(["umount", "-l", made.place], check=True)


@pytest.mark.parametrize("free", [0, 30, 100, 200, 300, 400, 550])
def test_a_full_disk_is_a_sentence_at_every_step_and_the_next_call_finishes(
    generated, tmp_path, disk, monkeypatch, free
):
    shutil.copytree(generated, disk.place / "course")
    inbox = write(tmp_path / "class", {f"s{n}/x.ipynb": answers(11) for n in range(6)})
    words = (inbox, "--course", disk.place / "course", "--lesson", 11)
    disk.leave(free)
    done = command(monkeypatch, *words)
    assert done.exit_code == 2, done.output
    assert "The disk is full" in done.stderr
    assert "Traceback" not in done.output
    assert isinstance(done.exception, SystemExit)
    disk.options("remount,size=64m")
    done = command(monkeypatch, *words)
    assert done.exit_code == 0, done.output
    assert [one["score"] for one in told(disk.place / "course", 11)["students"]] == [points(11)] * 6


def test_a_read_only_course_is_a_sentence_and_nothing_is_lost(generated, tmp_path, disk, monkeypatch):
    shutil.copytree(generated, disk.place / "course")
    words = ("--course", disk.place / "course", "--lesson", 11)
    one = write(tmp_path / "one", {"ada/x.ipynb": answers(11)})
    assert command(monkeypatch, one, *words).exit_code == 0
    disk.options("remount,ro")
    done = command(monkeypatch, write(tmp_path / "two", {"ben/x.ipynb": answers(11)}), *words)
    assert done.exit_code == 2
    assert "Writing is not allowed" in done.stderr
    assert "Traceback" not in done.output
    disk.options("remount,rw")
    assert command(monkeypatch, tmp_path / "two", *words).exit_code == 0
    assert [one["name"] for one in told(disk.place / "course", 11)["students"]] == ["ada", "ben"]


def test_a_demonstration_that_cannot_be_written_is_a_sentence(tmp_path):
    from click.testing import CliRunner

    (tmp_path / "file").write_text("")
    done = CliRunner().invoke(main, ["--demonstration", "--course", str(tmp_path / "file" / "course")])
    assert done.exit_code == 2
    assert "error:" in done.stderr
