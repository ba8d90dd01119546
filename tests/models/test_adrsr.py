"""ADRSR against its first author's graph, written out again in plain functions, and what its mean does."""

from __future__ import annotations

import pytest
import torch
import torch.nn.functional as F
from torch import Tensor, nn

import srkit


def _authors_block(layers: list[Tensor], planes: Tensor, n_blocks: int, scale: int) -> Tensor:
    """Compute EDSR_Block of MODEL_ADASR.py: weights and biases are taken in the order in which it makes its layers."""

    def layer(features: Tensor) -> Tensor:
        weight, bias = layers.pop(0), layers.pop(0)
        return F.conv2d(features, weight, bias, padding=1)

    start = tensor = layer(planes)
    for _ in range(n_blocks):
        tensor = tensor + 0.1 * layer(layer(tensor).relu())
    tensor = layer(layer(tensor) + start)
    for r in [2, 2] if scale == 4 else [scale]:
        tensor = F.pixel_shuffle(layer(tensor), r)
    return tensor


@pytest.mark.parametrize("scale", [2, 3, 4, 8])
def test_it_computes_the_authors_graph(scale: int) -> None:
    net = srkit.models.create("adrsr", scale=scale, channels=8, n_blocks=2).eval().double()
    layers = [weight for level in net.levels for weight in level.parameters()]
    lr = torch.rand(2, 3, 12, 8, dtype=torch.float64)
    with torch.no_grad():
        mean = 255 * lr.mean((2, 3), keepdim=True)
        whole = 255 * lr - mean
        half = whole.reshape(2, 3, 6, 2, 4, 2).mean((3, 5))
        quarter = half.reshape(2, 3, 3, 2, 2, 2).mean((3, 5))
        small = _authors_block(layers, quarter, 2, 2)
        middle = _authors_block(layers, torch.cat([small, half], 1), 2, 2)
        large = _authors_block(layers, torch.cat([middle, whole], 1), 2, scale)
        theirs = (F.conv2d(large, net.tail.weight, net.tail.bias, padding=1) + mean) / 255
        ours = net(lr)
    assert not layers, "every layer was used"
    assert (ours - lr.mean((2, 3), keepdim=True)).abs().max() > 1e-3, "the layers must matter"
    torch.testing.assert_close(ours, theirs)


def test_a_colour_added_to_the_image_is_added_to_the_result() -> None:
    net = srkit.models.create("adrsr", scale=2, tiny=True).eval().double()
    lr = torch.rand(1, 3, 9, 11, dtype=torch.float64)
    tint = torch.tensor([0.1, -0.2, 0.3], dtype=torch.float64)[:, None, None]
    with torch.no_grad():
        torch.testing.assert_close(net(lr + tint), net(lr) + tint)


def test_a_zeroed_tail_leaves_the_mean_colour() -> None:
    net = srkit.models.create("adrsr", scale=3, tiny=True).eval()
    nn.init.zeros_(net.tail.weight)
    nn.init.zeros_(net.tail.bias)
    lr = torch.rand(1, 3, 9, 11)
    with torch.no_grad():
        torch.testing.assert_close(net(lr), lr.mean((2, 3), keepdim=True).expand(1, 3, 27, 33))
