from __future__ import annotations

import pytest

from tests.cli._call import Call


@pytest.fixture
def call(capsys: pytest.CaptureFixture[str]) -> Call:
    """Return a function that runs the command line with the words given."""
    return Call(capsys)
