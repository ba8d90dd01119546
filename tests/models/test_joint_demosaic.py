"""The course's joint demosaicing network: what it reads, and what it ignores."""

from __future__ import annotations

import torch

import srkit
from srkit.ops.mosaic import bayer_masks, mosaic


def test_an_image_and_its_mosaic_give_the_same_result() -> None:
    net = srkit.models.create("joint_demosaic", scale=2, tiny=True).eval()
    lr = torch.rand(1, 3, 9, 11)
    with torch.no_grad():
        assert torch.equal(net(lr), net(mosaic(lr)))


def test_the_gradient_reaches_every_recorded_number_and_no_other() -> None:
    net = srkit.models.create("joint_demosaic", scale=3, tiny=True).eval()
    lr = torch.rand(1, 3, 9, 11, requires_grad=True)
    (gradient,) = torch.autograd.grad(net(lr).square().sum(), lr)
    assert torch.equal(gradient[0] != 0, bayer_masks(9, 11).bool())


def test_reflection_at_odd_sides_keeps_the_pattern() -> None:
    """Flat colours stay flat colours, so a row and a column less change nothing."""
    net = srkit.models.create("joint_demosaic", scale=2, tiny=True).eval().double()
    flat = torch.tensor([0.2, 0.5, 0.9], dtype=torch.float64)[:, None, None]
    with torch.no_grad():
        even, odd = net(flat.expand(1, 3, 32, 32)), net(flat.expand(1, 3, 31, 31))
    torch.testing.assert_close(odd[..., :40, :40], even[..., :40, :40])
    torch.testing.assert_close(odd, even[..., :62, :62])
