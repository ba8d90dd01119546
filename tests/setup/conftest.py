"""The set-up tools are scripts, not a package: put their folder on the path for these tests."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

TOOLS = Path(__file__).resolve().parents[2] / "tools"


@pytest.fixture(autouse=True)
def tools_on_the_path(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Make ``import bootstrap`` and its companions work."""
    monkeypatch.syspath_prepend(str(TOOLS))
    return
