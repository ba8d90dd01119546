"""Blind votes without a browser: what is asked, what is left without scripts, and how votes are counted."""

from __future__ import annotations

import html
import json
import re
from collections import Counter

import pytest
import torch

from srkit.errors import BadInput
from srkit.widgets import votes
from srkit.widgets._votes import Ballot, count_wins
from tests.widgets.test_show import Images


def results() -> dict[str, dict[str, torch.Tensor]]:
    return {
        image: {method: torch.full((3, 12, 16), (place + 1) / 8) for place, method in enumerate(("a", "b", "c"))}
        for image in ("cat", "dog")
    }


def ballot(**options: int) -> Ballot:
    made = votes(results(), question="Which?", **options)
    assert isinstance(made, Ballot)
    return made


def test_every_pair_of_methods_is_asked_once_for_each_image() -> None:
    asked = ballot(repeats=0).pairs
    assert Counter((image, *sorted(pair)) for image, *pair in asked) == Counter(
        {(image, *pair): 1 for image in range(2) for pair in ((0, 1), (0, 2), (1, 2))}
    )


def test_repeated_pairs_come_last_with_the_sides_changed() -> None:
    asked = ballot(repeats=2).pairs
    assert asked[-2:] == tuple((image, right, left) for image, left, right in asked[:2])


def test_over_many_seeds_a_method_stands_on_the_left_half_of_the_time() -> None:
    on_the_left = sum(left < right for seed in range(60) for _, left, right in ballot(repeats=0, seed=seed).pairs)
    assert 140 <= on_the_left <= 220  # of 360; the standard deviation is 9.5
    assert ballot(seed=3).pairs == ballot(seed=3).pairs


def test_without_scripts_every_picture_stands_once_under_its_name() -> None:
    images = Images(ballot().page())
    assert [image["alt"] for image in images.images] == [
        f"{method}: {image}" for image in ("cat", "dog") for method in ("a", "b", "c")
    ]
    assert "Which?" in ballot().page()


def test_the_viewer_of_a_pair_is_told_no_name_and_no_number() -> None:
    found = re.search(r'srkit-votes" data-config="([^"]*)"', ballot()._repr_html_())
    assert found
    config = json.loads(html.unescape(found[1]))
    assert len(config["viewers"]) == 2
    for viewer in config["viewers"]:
        assert viewer["names"] == ["A", "B"]
        assert viewer["whole"] == [["", ""], ["", ""]]
        assert viewer["truth"] == -1


def test_a_vote_is_one_win_and_no_preference_half_a_win_for_each() -> None:
    wins = count_wins([(0, 0, 1, 1), (1, 1, 0, 1), (0, 2, 0, -1)], 3)
    assert wins.tolist() == [[0, 0, 0.5], [2, 0, 0], [0.5, 0, 0]]


def test_printed_a_ballot_says_what_will_be_asked() -> None:
    assert repr(ballot(repeats=1)) == "Which? 7 pairs, 3 methods (a, b, c), 2 images (cat, dog)."


@pytest.mark.parametrize(
    "wrong", [{}, {"cat": {"a": torch.zeros(3, 4, 4)}}, {**results(), "fox": {"a": torch.zeros(3, 4, 4)}}]
)
def test_fewer_than_two_methods_or_other_ones_for_an_image_are_refused(
    wrong: dict[str, dict[str, torch.Tensor]],
) -> None:
    with pytest.raises(BadInput, match="same two or more methods"):
        votes(wrong)
