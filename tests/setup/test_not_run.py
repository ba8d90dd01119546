"""What cannot be run or does not end is said: a test without its system package, a test that nothing can interrupt."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from tests.house._code import ROOT

BODY = """
import socket, pytest

@pytest.mark.needs("chromium")
def test_one(): ...

@pytest.mark.browser
def test_two(): ...

@pytest.mark.needs("teapot")
def test_of_something_unlisted(): ...

def test_reaching_out():
    with pytest.raises(OSError, match="tests use no network"):
        socket.create_connection(("192.0.2.1", 80), timeout=1)
"""


HANGS = """
import time, pytest, tests.conftest
tests.conftest.GRACE = 1

@pytest.fixture
def never_ending():
    yield
    time.sleep(1000)

@pytest.mark.timeout(1)
def test_one(never_ending):
    time.sleep(1000)
"""


def run(folder: Path, *words: str, ci: str = "", body: str = BODY) -> str:
    """Run tests, by default the four above, on a machine that has no programs at all; return what pytest says."""
    (folder / "test_it.py").write_text(body, "utf-8")
    (folder / "empty.ini").write_text("[pytest]\nmarkers =\n  needs: x\n  browser: x\n", "utf-8")
    command = [sys.executable, "-m", "pytest", "-p", "tests.conftest", "-c", "empty.ini", "-q", *words, "test_it.py"]
    environment = {**os.environ, "PYTHONPATH": str(ROOT), "PATH": str(folder), "CI": ci, "PYTEST_ADDOPTS": ""}
    to_one = {"stdout": subprocess.PIPE, "stderr": subprocess.STDOUT, "text": True}
    return subprocess.run(command, cwd=folder, env=environment, check=False, **to_one).stdout


@pytest.mark.parametrize("words", [(), ("-n", "1")], ids=["alone", "in worker processes"])
def test_the_last_line_says_what_was_not_run_and_the_command_that_changes_it(
    tmp_path: Path, words: tuple[str, ...]
) -> None:
    lines = run(tmp_path, *words).strip().splitlines()
    assert lines[-1] == "NOT RUN: 2 tests that need chromium; to run them: sudo apt-get install chromium"
    assert "1 passed, 2 skipped, 1 error" in lines[-2]


def test_in_ci_a_missing_system_package_is_a_failure_and_an_unlisted_one_always_is(tmp_path: Path) -> None:
    said = run(tmp_path, ci="true")
    assert "1 passed, 3 errors" in said
    assert "needs the package chromium (sudo apt-get install chromium)" in said
    assert "'teapot' is not listed in [tool.srkit.system]" in said
    assert "NOT RUN" not in said


def test_what_clears_up_after_a_test_that_ran_into_its_limit_has_a_limit_too(tmp_path: Path) -> None:
    said = run(tmp_path, body=HANGS)
    assert "test_one failed (call)" in said
    assert "Timeout (>1.0s) from pytest-timeout" in said
    assert re.search(r"Timeout \(0:00:01\)!\n.*test_it\.py\", line 8 in never_ending", said, re.S)
