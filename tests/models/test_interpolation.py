"""Nearest and bilinear interpolation beside PyTorch's, and what distinguishes them."""

from __future__ import annotations

import pytest
import torch
import torch.nn.functional as F

import srkit


@pytest.mark.parametrize("scale", [2, 3, 4, 8])
@pytest.mark.parametrize("name", ["nearest", "bilinear"])
def test_an_interpolation_is_pytorchs(name: str, scale: int) -> None:
    lr = torch.rand(2, 3, 9, 11, dtype=torch.float64)
    centres = {"align_corners": False} if name == "bilinear" else {}
    theirs = F.interpolate(lr, scale_factor=scale, mode=name, **centres)
    torch.testing.assert_close(srkit.models.create(name, scale=scale)(lr), theirs, atol=1e-12, rtol=0)


def test_only_bicubic_overshoots_an_edge_and_only_nearest_invents_no_value() -> None:
    lr = torch.zeros(1, 3, 8, 8)
    lr[..., 4:] = 1
    nearest, bilinear, bicubic = (srkit.models.create(name, scale=4)(lr) for name in ("nearest", "bilinear", "bicubic"))
    assert set(nearest.unique().tolist()) == {0.0, 1.0}
    assert bilinear.min() >= 0
    assert bilinear.max() <= 1
    assert len(bilinear.unique()) > 2
    assert bicubic.max() > 1.01
    assert bicubic.min() < -0.01
