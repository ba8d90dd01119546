"""The Bayer mosaic by what a sensor's colour filter is."""

from __future__ import annotations

import pytest
import torch

from srkit.errors import BadInput
from srkit.ops.bayer import bayer_mask, mosaic, mosaic_plane


def test_the_pattern_is_red_green_green_blue() -> None:
    mask = bayer_mask(2, 2).int()
    assert mask.argmax(0).tolist() == [[0, 1], [1, 2]]
    assert mask.sum(0).eq(1).all(), "each pixel records one colour"


def test_a_quarter_of_the_pixels_is_red_half_is_green_and_a_quarter_is_blue() -> None:
    assert bayer_mask(10, 14).float().mean((1, 2)).tolist() == [0.25, 0.5, 0.25]


def test_a_mosaic_keeps_what_was_recorded_and_nothing_else() -> None:
    image = torch.rand(2, 3, 5, 7) + 0.1
    recorded = mosaic(image)
    assert recorded[0, 0, 2, 4] == image[0, 0, 2, 4]
    assert recorded[1, 1, 2, 3] == image[1, 1, 2, 3]
    assert recorded[1, 2, 1, 3] == image[1, 2, 1, 3]
    assert (recorded == 0).float().mean() == pytest.approx(2 / 3)
    assert torch.equal(mosaic(recorded), recorded)
    assert torch.equal(mosaic_plane(image)[:, 0], recorded.amax(1))


def test_what_has_no_three_colours_has_no_mosaic() -> None:
    with pytest.raises(BadInput, match="3, h, w"):
        mosaic(torch.rand(1, 8, 8))
    with pytest.raises(BadInput, match="0x8"):
        bayer_mask(0, 8)
