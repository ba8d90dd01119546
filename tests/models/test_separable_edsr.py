"""Depthwise separable convolutions by what they are, and EDSR made of them."""

from __future__ import annotations

import pytest
import torch
import torch.nn.functional as F

import srkit
from srkit.models.separable_edsr import separable


def test_a_pair_has_an_eighth_of_the_weights_of_a_full_convolution() -> None:
    pair = separable(64, 64)
    weights = sum(layer.weight.numel() for layer in pair)
    assert sum(p.numel() for p in pair.parameters()) == 4_800
    assert weights / (9 * 64 * 64) == pytest.approx(1 / 64 + 1 / 9)


def test_a_pair_is_the_full_convolution_whose_kernels_are_products() -> None:
    pair = separable(6, 10)
    depthwise, pointwise = pair[0].weight[:, 0], pair[1].weight[:, :, 0, 0]
    full = pointwise[:, :, None, None] * depthwise[None]  # (10, 6, 3, 3)
    bias = pointwise @ pair[0].bias + pair[1].bias
    features = torch.rand(2, 6, 8, 9)
    torch.testing.assert_close(pair(features), F.conv2d(features, full, bias, padding=1))


def test_the_first_of_a_pair_sees_one_channel_for_each_channel_it_writes() -> None:
    features = torch.zeros(1, 6, 5, 5)
    features[:, 2] = torch.rand(5, 5)
    depthwise = separable(6, 10)[0]
    changed = (depthwise(features) - depthwise(torch.zeros_like(features))).abs().amax((0, 2, 3))
    assert changed.nonzero().flatten().tolist() == [2]


def test_only_head_and_tail_are_full_convolutions() -> None:
    with torch.device("meta"):
        net = srkit.models.create("separable_edsr", scale=4)
    full = [
        name
        for name, layer in net.named_modules()
        if isinstance(layer, torch.nn.Conv2d) and layer.kernel_size == (3, 3) and layer.groups == 1
    ]
    assert full == ["head", "tail"]
