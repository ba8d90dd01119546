"""The table of published numbers: its form, what cards draw from it, and the tool that opens its sources."""

from __future__ import annotations

import re

import pytest

from srkit.models import card
from srkit.models._published import SETS, published, sources
from srkit.models._registry import MODELS
from tools.published import wrong


def test_every_row_names_a_network_a_scale_and_a_line_and_no_number_stands_twice() -> None:
    seen = set()
    for source in sources():
        assert re.fullmatch(r"[\w.-]+/[\w.-]+", source["repository"])
        assert re.fullmatch(r"[0-9a-f]{40}", source["commit"])
        for row in source["rows"]:
            assert row["scale"] in card(row["network"]).scales
            assert row["line"] > 0
            for dataset in set(SETS) & set(row):
                assert (row["network"], row["scale"], dataset) not in seen
                seen.add((row["network"], row["scale"], dataset))
    assert len(seen) > 100


@pytest.mark.parametrize("name", MODELS.names())
def test_every_table_shows_what_is_of_our_own_design(name: str) -> None:
    told = card(name)
    words = " ".join((*told.deviations, told.parameters_source, told.citation))
    ours = any(claim in words for claim in ("design is ours", "our own design", "this course"))
    assert ("(course design" in told.title) == ours, "tables print titles"


@pytest.mark.parametrize("network", sorted({row["network"] for source in sources() for row in source["rows"]}))
def test_a_card_shows_what_the_table_has(network: str) -> None:
    assert set(published(network)) <= set(MODELS.get(network).card.published)
    assert all("line " in score.source for score in published(network))


def test_a_number_that_does_not_stand_in_its_line_is_found() -> None:
    row = {"network": "x", "scale": 2, "line": 2, "set5": [37.5, 0.96], "set14": [33.0]}
    source = {"file": "table.md", "rows": [row]}
    assert not list(wrong(source, ["", "|X| x2 |37.50/0.960 | 33.0/- |"]))
    assert len(list(wrong(source, ["", "|X| x2 |37.51/0.960 | 33.0/- |"]))) == 1
    assert len(list(wrong(source, ["|X| x2 |37.50/0.960 | 33.0/- |"]))) == 3
