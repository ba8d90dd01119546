"""Rule 14: write it once, press the rest. What is printed from a source is compared with that source."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest

from tests.house._code import ROOT
from tools.reprint import PRINTERS


@pytest.mark.slow
@pytest.mark.parametrize("printer", PRINTERS)
def test_what_is_printed_is_what_its_source_would_print_now(printer: str, capsys: pytest.CaptureFixture[str]) -> None:
    status = PRINTERS[printer](["--check"])
    assert status == 0, f"run: make print\n{''.join(capsys.readouterr())}"


@pytest.mark.slow
def test_references_are_found_again_on_a_processor_without_vector_instructions() -> None:
    plain = {**os.environ, "ATEN_CPU_CAPABILITY": "default", "MKL_CBWR": "COMPATIBLE"}
    words = [sys.executable, "tools/references.py", "--check"]
    asked = subprocess.run(words, cwd=ROOT, env=plain, capture_output=True, text=True, check=False)
    assert asked.returncode == 0, asked.stdout + asked.stderr


def test_every_tool_that_can_compare_what_it_prints_is_among_the_printers() -> None:
    able = {path.stem for path in (ROOT / "tools").glob("*.py") if '"--check"' in path.read_text("utf-8")}
    assert able - {"reprint"} <= {printer.__module__.rpartition(".")[2] for printer in PRINTERS.values()}
