"""Sampling at learned places, against PyTorch's bilinear enlargement and whole shifts."""

from __future__ import annotations

import pytest
import torch
import torch.nn.functional as F

from srkit.errors import BadInput
from srkit.layers.dysample import DySample


@pytest.mark.parametrize("scale", [1, 2, 3, 4])
def test_without_offsets_it_enlarges_bilinearly(scale: int) -> None:
    layer = DySample(6, None, scale, groups=3).double()
    torch.nn.init.zeros_(layer.offset.weight)
    torch.nn.init.zeros_(layer.offset.bias)  # type: ignore[arg-type]
    features = torch.rand(2, 6, 5, 7, dtype=torch.float64)
    expected = F.interpolate(features, scale_factor=float(scale), mode="bilinear", align_corners=False)
    torch.testing.assert_close(layer(features), expected)


def test_an_offset_of_four_quarters_to_the_right_is_one_pixel_and_moves_its_own_group_alone() -> None:
    layer = DySample(4, None, 1, groups=2).double()
    torch.nn.init.zeros_(layer.offset.weight)
    with torch.no_grad():  # half of a sigmoid of 0 makes a quarter of each
        layer.offset.bias.copy_(torch.tensor([4.0, 0.0, 0.0, 0.0]))  # type: ignore[union-attr]
    features = torch.rand(1, 4, 5, 7, dtype=torch.float64)
    moved = layer(features)
    torch.testing.assert_close(moved[:, :2, :, :-1], features[:, :2, :, 1:])
    torch.testing.assert_close(moved[:, 2:], features[:, 2:])


def test_channels_that_do_not_divide_are_refused() -> None:
    with pytest.raises(BadInput, match="do not divide among 4"):
        DySample(6, 3, 2, groups=4)
