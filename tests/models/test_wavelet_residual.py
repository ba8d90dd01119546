"""The network of Bae, Yoo and Ye: no weights to compare with, so its layers and its invariants."""

from __future__ import annotations

import pytest
import torch
from torch import nn

import srkit
from srkit.errors import BadInput
from srkit.ops.resize import imresize
from srkit.ops.wavelets import analyse

NAMES = ("wavelet_residual", "wavelet_residual_luma")


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("scale", [2, 3])
def test_a_zeroed_tail_leaves_the_bicubic_image(name: str, scale: int) -> None:
    net = srkit.models.create(name, scale=scale, tiny=True).eval()
    nn.init.zeros_(net.tail.weight)
    nn.init.zeros_(net.tail.bias)
    lr = torch.rand(1, 3, 9, 11)
    with torch.no_grad():
        torch.testing.assert_close(net(lr), imresize(lr, scale), atol=2e-6, rtol=0)


@pytest.mark.parametrize(("name", "colours"), zip(NAMES, (3, 1), strict=True))
def test_the_tail_gives_the_residual_that_is_subtracted_from_the_bands(name: str, colours: int) -> None:
    net = srkit.models.create(name, scale=2, tiny=True).eval()
    nn.init.zeros_(net.tail.weight)
    residual = torch.linspace(-0.3, 0.4, 4 * colours)
    net.tail.bias.data.copy_(residual)
    image = torch.rand(1, colours, 8, 8)
    with torch.no_grad():
        sharp = net.enlarge(image)  # type: ignore[operator]
    difference = analyse(imresize(image, 2)) - analyse(sharp)
    torch.testing.assert_close(difference, residual[:, None, None].expand_as(difference[0])[None])


def test_it_has_twenty_convolutions_of_which_eighteen_are_normalised() -> None:
    with torch.device("meta"):
        net = srkit.models.create("wavelet_residual", scale=2)
    convolutions = [layer for layer in net.modules() if isinstance(layer, nn.Conv2d)]
    assert [layer.in_channels for layer in convolutions] == [12] + [320] * 19
    assert convolutions[-1].out_channels == 12
    assert sum(isinstance(layer, nn.BatchNorm2d) for layer in net.modules()) == 18
    assert len(net.body) == 5


def test_a_module_whose_layers_give_nothing_lets_what_is_positive_pass() -> None:
    module = srkit.models.create("wavelet_residual", scale=2, tiny=True).body[0].eval()
    nn.init.zeros_(module.layers[-1].norm.weight)
    features = torch.rand(1, 8, 5, 5) - 0.5
    torch.testing.assert_close(module(features), features.relu())


def test_two_colours_are_refused_with_a_reason() -> None:
    with pytest.raises(BadInput, match="1 or 3 colours"):
        srkit.models.create("wavelet_residual", scale=2, colours=2)
