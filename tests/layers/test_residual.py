"""Residual blocks against the formula written out with convolutions alone."""

from __future__ import annotations

import pytest
import torch
import torch.nn.functional as F

from srkit.errors import BadInput
from srkit.layers import ResidualBlock, ResidualDenseBlock


@pytest.mark.parametrize("size", [1, 3, 5])
@pytest.mark.parametrize("bias", [True, False])
@pytest.mark.parametrize(("residual_scale", "relu_after"), [(1.0, False), (0.1, False), (0.5, True)])
def test_a_residual_block_is_two_convolutions_beside_a_skip(
    size: int, bias: bool, residual_scale: float, relu_after: bool
) -> None:
    block = ResidualBlock(4, size=size, residual_scale=residual_scale, bias=bias, relu_after=relu_after).double()
    held, features = block.state_dict(), torch.randn(2, 4, 7, 8, dtype=torch.float64)
    assert list(held) == [f"conv{i}.{part}" for i in (1, 2) for part in (("weight", "bias") if bias else ("weight",))]
    before, inside = features.clone(), features
    for name in ("conv1", "conv2"):
        inside = F.conv2d(inside, held[f"{name}.weight"], held.get(f"{name}.bias"), padding=size // 2)
        inside = inside.relu() if name == "conv1" else inside
    expected = features + residual_scale * inside
    torch.testing.assert_close(block(features), expected.relu() if relu_after else expected)
    assert torch.equal(features, before), "the input was changed in place"


def test_a_block_of_even_kernels_is_refused() -> None:
    with pytest.raises(BadInput, match="no centre pixel"):
        ResidualBlock(4, size=2)


def test_a_dense_block_reads_all_before_it_and_adds_what_it_found() -> None:
    block = ResidualDenseBlock(3, growth=2, n_layers=2).double()
    held, features = block.state_dict(), torch.randn(1, 3, 6, 5, dtype=torch.float64)
    first = F.conv2d(features, held["convs.0.weight"], held["convs.0.bias"], padding=1).relu()
    both = torch.cat([features, first], dim=1)
    second = F.conv2d(both, held["convs.1.weight"], held["convs.1.bias"], padding=1).relu()
    seen = torch.cat([both, second], dim=1)
    expected = features + F.conv2d(seen, held["fusion.weight"], held["fusion.bias"])
    torch.testing.assert_close(block(features), expected)
