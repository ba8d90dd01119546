"""What takes long and is asked by CI: the types of the whole project, from nothing."""

from __future__ import annotations

import subprocess
import sys

import pytest

from tests.house._code import ROOT

pytestmark = pytest.mark.processes


def test_the_types_of_the_project_agree() -> None:
    done = subprocess.run([sys.executable, "-m", "mypy"], capture_output=True, text=True, cwd=ROOT, check=False)
    assert done.returncode == 0, (done.stdout + done.stderr)[-4000:]
