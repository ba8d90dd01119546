"""A protocol says what it does, and refuses what it cannot do."""

from __future__ import annotations

import math
from dataclasses import FrozenInstanceError
from typing import Any

import pytest

from srkit.errors import BadInput
from srkit.metrics import METRICS, Protocol


@pytest.mark.parametrize(
    ("protocol", "words"),
    [
        (Protocol.papers(4), "Y of 8-bit RGB, border 4"),
        (Protocol(), "Y of 8-bit RGB, border 0"),
        (Protocol(channel="rgb", border=10), "RGB of 8 bits, border 10"),
        (Protocol(border=2, round_y=True), "rounded Y of 8-bit RGB, border 2"),
        (Protocol(border=2, quantise=False), "Y of unrounded values, border 2"),
        (Protocol(border=3, grey_as_stored=True), "Y of 8-bit RGB, border 3, grey files as stored"),
    ],
)
def test_it_prints_itself_in_words(protocol: Protocol, words: str) -> None:
    assert str(protocol) == words


def test_it_can_be_compared_and_not_changed() -> None:
    assert Protocol.papers(3) == Protocol(border=3)
    assert len({Protocol.papers(3), Protocol(border=3), Protocol()}) == 2
    with pytest.raises(FrozenInstanceError):
        Protocol().border = 3  # type: ignore[misc]


@pytest.mark.parametrize(
    "wrong", [{"channel": "Y"}, {"channel": "luma"}, {"border": -1}, {"border": 2.0}, {"border": True}]
)
def test_what_makes_no_sense_is_refused(wrong: dict[str, Any]) -> None:
    with pytest.raises(BadInput):
        Protocol(**wrong)


def test_the_gain_is_positive_where_ours_is_better_whichever_way_the_metric_runs() -> None:
    for name, better, worse in (("psnr", 31.5, 30.0), ("niqe", 3.0, 4.5)):
        metric = METRICS.get(name)
        assert (metric.gain(better, worse), metric.gain(worse, better)) == (1.5, -1.5)
        assert metric.gain(math.inf, math.inf) == 0
