"""A run of tests in several processes of which one ends."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

from tests.house._code import ROOT

ENDS = """
import os
from pathlib import Path

def test_before():
    pass

def test_that_ends_its_process_once():
    place = Path(__file__).with_suffix(".ended")
    if not place.exists():
        place.touch()
        os._exit(3)

def test_after():
    pass
"""


def test_a_run_whose_process_ended_in_a_test_names_it_runs_the_others_and_ends(tmp_path: Path) -> None:
    for number in range(6):
        (tmp_path / f"test_{number}.py").write_text("def test_of_this():\n    pass\n", "utf-8")
    (tmp_path / "test_3.py").write_text(ENDS, "utf-8")
    options = ("-n", "2", "--dist", "loadfile", "--no-loadscope-reorder", "-p", "tests._workers", "-c", os.devnull)
    done = subprocess.run(
        [sys.executable, "-m", "pytest", *options, "-p", "no:cacheprovider", "--rootdir", tmp_path, tmp_path],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )
    assert done.returncode == 1
    assert "crashed while running 'test_3.py::test_that_ends_its_process_once'" in done.stdout
    assert "1 failed, 8 passed" in done.stdout
