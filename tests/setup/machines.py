"""Clones where people put them, made by somebody who is not root, with the distribution's own Python.

No part of the suite, since it needs a network and six minutes: ``.ci/run`` runs it after the suite. A clone called
``srkit`` below ``/tmp`` sets itself up, passes the doctor, grades the demonstration class and passes the tests of
grader and exercises that are not slow; a second one, in a path with blanks and Hangul, grades with the first one's
environment behind a link called ``.venv``. Nothing is set that a user has not: no number of threads, no path of ours.

Not tried, for want of such machines: macOS and Windows; WSL; conda, Nix and Guix; Fedora and others whose libraries lie
in ``lib64``; musl; processors other than x86-64; Ubuntu with AppArmor's rule against user namespaces; SELinux; a home
on a network file system; a Python or packages that only their owner may read, graded by root; Docker and Podman.
"""

from __future__ import annotations

import os
import pwd
import shutil
import subprocess
import sys
import tempfile
import uuid
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.house._code import ROOT

pytestmark = [pytest.mark.needs("bubblewrap"), pytest.mark.timeout(3000)]
TESTS = ("tests/autograder", "tests/exercises")
Run = Callable[..., "subprocess.CompletedProcess[str]"]


@pytest.fixture(scope="module")
def visitor() -> Iterator[str]:
    """A user who is not root: one made for these tests, or whoever runs them."""
    if os.geteuid() != 0:
        yield pwd.getpwuid(os.geteuid()).pw_name
        return
    name = f"visitor-{uuid.uuid4().hex[:8]}"
    subprocess.run(["useradd", "--create-home", "--shell", "/bin/sh", name], check=True)
    yield name
    subprocess.run(["userdel", "--remove", name], capture_output=True, check=False)


@pytest.fixture(scope="module")
def python() -> str:
    """The distribution's Python where it can make environments, else the one that runs the tests."""
    trial = "import sys, venv, ensurepip; raise SystemExit(not (3, 11) <= sys.version_info[:2] <= (3, 13))"
    for program in ("/usr/bin/python3", str(getattr(sys, "_base_executable", sys.executable))):
        if (
            Path(program).exists()
            and subprocess.run([program, "-c", trial], capture_output=True, check=False).returncode == 0
        ):
            return program
    pytest.skip("no Python from 3.11 to 3.13 here can make environments (sudo apt-get install python3-venv)")


@pytest.fixture(scope="module")
def run(visitor: str) -> Run:
    """Run a command as the visitor, in her own environment, and show what it said where it fails."""

    def call(folder: Path, *command: str) -> subprocess.CompletedProcess[str]:
        network = {k: v for k, v in os.environ.items() if k.startswith("PIP_") or k.lower().endswith("_proxy")}
        home = pwd.getpwnam(visitor).pw_dir
        own = {"HOME": home, "PATH": "/usr/local/bin:/usr/bin:/bin", "LANG": "C.UTF-8", "USER": visitor, **network}
        user = visitor if os.geteuid() == 0 else None
        done = subprocess.run(
            command, cwd=folder, env=own, user=user, group=user, extra_groups=[] if user else None,
            stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False,
        )  # fmt: skip
        assert done.returncode == 0, f"{' '.join(command)} in {folder}:\n{done.stdout[-4000:]}"
        return done

    return call


@pytest.fixture(scope="module")
def folder(visitor: str) -> Iterator[Path]:
    """An empty folder of the visitor's below /tmp."""
    place = Path(tempfile.mkdtemp(prefix="visit-", dir="/tmp"))
    _give(place, visitor)
    yield place
    shutil.rmtree(place)


@pytest.fixture(scope="module")
def clone(folder: Path, visitor: str, run: Run, python: str) -> Path:
    """A clone called srkit that has set itself up."""
    place = _clone(folder / "srkit", visitor)
    said = run(place, "make", "test", f"PYTHON={python}", "ARGS=--version").stdout
    assert "Ready after" in said
    return place


@pytest.fixture(scope="module")
def second(clone: Path, folder: Path, visitor: str) -> Path:
    """A clone in a path with blanks and Hangul, whose environment is a link."""
    place = _clone(folder / "한글 und Blanks" / ("x" * 100) / "srkit", visitor)
    (place / ".venv").symlink_to(clone / ".venv")
    return place


def test_the_doctor_finds_a_sandbox_with_walls_for_each_case(clone: Path, run: Run) -> None:
    said = run(clone, ".venv/bin/srkit", "doctor").stdout
    assert "grading sandbox   bubblewrap (walls for each case): an answer was run in it" in said


@pytest.mark.parametrize("where", ["clone", "second"])
def test_the_demonstration_class_comes_out_as_its_authors_said(
    where: str, run: Run, request: pytest.FixtureRequest
) -> None:
    said = run(request.getfixturevalue(where), ".venv/bin/python", "-m", "autograder", "--demonstration").stdout
    assert "DIFFERS" not in said
    assert said.count("NEEDS A HUMAN") == 5


def test_the_tests_of_grader_and_exercises_pass(clone: Path, run: Run) -> None:
    run(clone, ".venv/bin/python", "-m", "pytest", "-n", "2", "--dist", "loadfile", "-m", "not slow", *TESTS)


def test_the_tests_of_boxes_and_messages_pass_in_a_strange_path(second: Path, run: Run) -> None:
    some = ("tests/autograder/test_boxes.py", "tests/autograder/test_places.py", "tests/exercises/test_measuring.py")
    run(second, ".venv/bin/python", "-m", "pytest", "-m", "not slow", *some)


def _clone(place: Path, visitor: str) -> Path:
    place.parent.mkdir(parents=True, exist_ok=True)
    subprocess.run(["git", "clone", "--quiet", "--no-hardlinks", str(ROOT), str(place)], check=True)
    for path in (place, place.parent, *place.rglob("*"), *(place / ".git").rglob("*")):
        _give(path, visitor)
    return place


def _give(path: Path, visitor: str) -> None:
    if os.geteuid() == 0:
        shutil.chown(path, visitor, visitor)
