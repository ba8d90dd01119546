"""The design after Bae, Yoo and Ye: no code to compare with, so its invariants."""

from __future__ import annotations

import pytest
import torch
from torch import nn

import srkit
from srkit.ops.color import rgb_to_y
from srkit.ops.resize import imresize
from srkit.ops.wavelets import analyse


@pytest.mark.parametrize("scale", [2, 3])
def test_a_zeroed_tail_leaves_the_bicubic_image(scale: int) -> None:
    net = srkit.models.create("wavelet_residual", scale=scale, tiny=True).eval()
    nn.init.zeros_(net.tail.weight)
    nn.init.zeros_(net.tail.bias)
    lr = torch.rand(1, 3, 9, 11)
    with torch.no_grad():
        torch.testing.assert_close(net(lr), imresize(lr, scale), atol=2e-6, rtol=0)


def test_the_tail_gives_the_residual_that_is_subtracted_from_the_bands() -> None:
    net = srkit.models.create("wavelet_residual", scale=2, tiny=True).eval()
    nn.init.zeros_(net.tail.weight)
    residual = torch.tensor([0.1, -0.2, 0.3, 0.05])
    net.tail.bias.data.copy_(residual)
    luma = rgb_to_y(torch.rand(1, 3, 8, 8))
    with torch.no_grad():
        sharp = net.enlarge_luma(luma)  # type: ignore[operator]
    difference = analyse(imresize(luma, 2)) - analyse(sharp)
    torch.testing.assert_close(difference, residual[:, None, None].expand_as(difference[0])[None])


def test_it_has_twenty_layers_and_a_bypass_over_every_six() -> None:
    with torch.device("meta"):
        net = srkit.models.create("wavelet_residual", scale=2)
    assert sum(isinstance(layer, nn.Conv2d) for layer in net.modules()) == 20
    assert [len(module.layers) for module in net.body] == [6, 6, 6]
    module = srkit.models.create("wavelet_residual", scale=2, tiny=True).body[0].eval()
    for norm in (layer.norm for layer in module.layers):
        nn.init.zeros_(norm.weight)
    features = torch.rand(1, 8, 5, 5)
    torch.testing.assert_close(module(features), features)
