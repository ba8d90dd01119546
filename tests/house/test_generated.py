"""Rule 14: write it once, press the rest. What is printed from a source is compared with that source."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from tests.house._code import ROOT, relative

PRINTERS = sorted(path for path in (ROOT / "tools").glob("*.py") if '"--check"' in path.read_text("utf-8"))


@pytest.mark.slow
@pytest.mark.parametrize("printer", PRINTERS, ids=lambda path: path.stem)
def test_what_is_printed_is_what_its_source_would_print_now(printer: Path) -> None:
    done = subprocess.run(
        [sys.executable, str(printer), "--check"], capture_output=True, text=True, cwd=ROOT, check=False
    )
    assert done.returncode == 0, f"run: python {relative(printer)}\n{done.stdout}{done.stderr}"


def test_the_atlas_the_lessons_the_glossary_and_the_list_of_weights_are_among_what_is_compared() -> None:
    assert {"atlas", "glossary", "press", "weights"} <= {path.stem for path in PRINTERS}
