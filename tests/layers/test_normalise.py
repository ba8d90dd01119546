"""Normalisation over channels, against its formula."""

from __future__ import annotations

import torch

from srkit.layers.normalise import ChannelNorm


def test_every_pixel_is_normalised_by_itself() -> None:
    layer = ChannelNorm(5, eps=1e-3).double()
    torch.nn.init.normal_(layer.weight)
    torch.nn.init.normal_(layer.bias)
    features = torch.randn(2, 5, 3, 4, dtype=torch.float64)
    centred = features - features.mean(1, keepdim=True)
    deviation = (centred.square().mean(1, keepdim=True) + 1e-3).sqrt()
    expected = centred / deviation * layer.weight[:, None, None] + layer.bias[:, None, None]
    torch.testing.assert_close(layer(features), expected)
