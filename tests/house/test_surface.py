"""The public names are recorded: none vanishes and none appears without somebody deciding so."""

from __future__ import annotations

import json

import srkit
from tests.house._surface import RECORD, surface

HOW = "if this is on purpose: make print, and say so in CHANGELOG.md"


def test_no_public_name_has_vanished_or_appeared_unnoticed() -> None:
    recorded = {(module, name) for module, names in json.loads(RECORD.read_text("utf-8")).items() for name in names}
    now = {(module, name) for module, names in surface().items() for name in names}
    assert recorded - now == set(), f"gone; {HOW}"
    assert now - recorded == set(), f"new; {HOW}"


def test_the_front_page_of_the_library_fits_on_one_screen() -> None:
    assert 15 <= len(srkit.__all__) <= 25
    assert srkit.__all__ == sorted(srkit.__all__)
