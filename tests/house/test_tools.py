"""The tools of ``make check``, so that ``make test`` cannot pass where they fail; mypy is in whole.py."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from tests.house._code import ROOT

pytestmark = pytest.mark.processes
BIN = Path(sys.executable).parent


@pytest.mark.parametrize(
    "command",
    [["ruff", "format", "--check", "."], ["ruff", "check", "."], ["lint-imports"]],
    ids=["formatted", "linted", "layered"],
)
def test_the_code_of_the_project_is(command: list[str]) -> None:
    done = subprocess.run([str(BIN / command[0]), *command[1:]], capture_output=True, text=True, cwd=ROOT, check=False)
    assert done.returncode == 0, (done.stdout + done.stderr)[-4000:]


def test_the_import_contracts_name_every_room_there_is() -> None:
    text = (ROOT / "pyproject.toml").read_text("utf-8")
    layers = text[text.index("layers = [") : text.index("]", text.index("layers = ["))]
    children = [path for path in (ROOT / "srkit").iterdir() if path.suffix == ".py" or any(path.glob("*.py"))]
    rooms = {path.stem for path in children} - {"__init__"}
    named = layers.replace('"', " ").replace("(", " ").replace(")", " ").replace(",", " ").split()
    assert not rooms - set(named)
