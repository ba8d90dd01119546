"""Attention to places, against its formula written out, and on images smaller than its window."""

from __future__ import annotations

import warnings

import pytest
import torch
import torch.nn.functional as F

from srkit.layers.spatial import SpatialAttention


@pytest.mark.parametrize("exporting", [False, True])
@pytest.mark.parametrize("size", [(20, 23), (8, 9), (14, 30)])
def test_features_are_multiplied_with_a_mask_made_at_a_small_size(
    size: tuple[int, int], exporting: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("srkit.layers.spatial.is_exporting", lambda: exporting)
    layer = SpatialAttention(6, 4).double()
    features = torch.randn(2, 6, *size, dtype=torch.float64)
    slim = F.conv2d(features, layer.narrow.weight, layer.narrow.bias)
    strided = F.conv2d(slim, layer.stride.weight, layer.stride.bias, stride=2)
    whole = tuple(strided.shape[-2:])
    pooled = F.max_pool2d(strided, [min(7, side) for side in whole], 3)
    small = layer.middle(pooled)
    large = F.interpolate(small, size=size, mode="bilinear", align_corners=False)
    mask = torch.sigmoid(layer.widen(large + layer.beside(slim)))
    torch.testing.assert_close(layer(features), features * mask)
    assert mask.std() > 0


def test_what_is_traced_at_one_size_computes_every_other() -> None:
    torch.manual_seed(0)
    layer = SpatialAttention(6, 4)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # tracing is deprecated; the converters to ncnn and OpenVINO use it
        traced = torch.jit.trace(layer, torch.rand(1, 6, 37, 50), check_trace=False)
    for size in ((8, 8), (11, 40), (14, 9), (40, 15), (31, 58)):
        features = torch.rand(1, 6, *size)
        torch.testing.assert_close(traced(features), layer(features))
