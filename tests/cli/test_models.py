from __future__ import annotations

import srkit
from tests.cli._call import Call


def test_the_list_has_one_line_for_each_network_that_matches(call: Call) -> None:
    lines = call("models", "list").out.strip().splitlines()
    assert [line.split()[0] for line in lines] == srkit.models.names()
    assert [line.split()[0] for line in call("models", "list", "edsr*").out.splitlines()] == srkit.models.names("edsr*")


def test_a_pattern_that_matches_nothing_is_an_error(call: Call) -> None:
    answer = call("models", "list", "zzz*")
    assert answer.code == 2
    assert "a2001sr" in answer.err


def test_a_card_shows_paper_sizes_and_every_number_with_its_source(call: Call) -> None:
    card = srkit.models.card("edsr_baseline")
    text = " ".join(call("models", "card", "edsr_baseline").out.split())
    assert card.title in text
    assert card.url in text
    for count in card.parameters.values():
        assert f"{count:,}" in text
    for score in card.published:
        assert f"{score.psnr:.2f} dB" in text
        assert score.source in text
