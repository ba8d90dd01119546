"""The numbers that README gives come from a command, and are still about right."""

from __future__ import annotations

import re

import pytest

from tests.house._code import ROOT

WHOLE = 4000  # a run that collects fewer tests is a part of the suite


def test_readme_gives_the_number_of_tests_to_within_a_fifth(request: pytest.FixtureRequest) -> None:
    found = re.search(r"([\d,]+) tests \(`make test ARGS=--collect-only`", (ROOT / "README.md").read_text("utf-8"))
    assert found
    said, collected = int(found[1].replace(",", "")), request.session.testscollected
    if collected < WHOLE:
        pytest.skip(f"{collected} tests are a part of the suite; the whole is compared")
    assert 0.8 * collected < said < 1.2 * collected, f"there are {collected} tests; README says {said}"
