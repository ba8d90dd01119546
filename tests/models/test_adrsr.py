"""ADRSR: no code to compare with, so the invariants of growing by concatenation."""

from __future__ import annotations

import pytest
import torch
from torch import nn

import srkit
from srkit.errors import BadInput


def test_a_new_stage_that_draws_nothing_of_its_own_enlarges_the_picture_before() -> None:
    small = srkit.models.create("adrsr", scale=2, tiny=True).eval()
    large = srkit.models.create("adrsr", scale=4, tiny=True).eval()
    new = large.start_from(small)  # type: ignore[operator]
    assert new
    assert all(key.startswith(("stages.1.", "pictures.1.")) for key in new)
    draw = large.pictures[1]
    nn.init.zeros_(draw.weight)
    nn.init.zeros_(draw.bias)
    draw.weight.data[:, -3:, 1, 1] = torch.eye(3)  # the last three channels are the picture before
    lr = torch.rand(1, 3, 9, 11)
    with torch.no_grad():
        expected = small(lr).repeat_interleave(2, -1).repeat_interleave(2, -2)
        torch.testing.assert_close(large(lr), expected)


def test_every_stage_predicts_a_picture_and_the_last_is_the_answer() -> None:
    net = srkit.models.create("adrsr", scale=8, tiny=True).eval()
    lr = torch.rand(1, 3, 8, 9)
    with torch.no_grad():
        found = net.predictions(lr)  # type: ignore[operator]
        assert [(p.name, p.scale, tuple(p.image.shape[-2:])) for p in found] == [
            ("x2", 2, (16, 18)),
            ("x4", 4, (32, 36)),
            ("x8", 8, (64, 72)),
        ]
        assert torch.equal(found[-1].image, net(lr))


def test_the_first_pictures_of_a_grown_network_are_those_of_the_smaller_one() -> None:
    small = srkit.models.create("adrsr", scale=4, tiny=True).eval()
    large = srkit.models.create("adrsr", scale=8, tiny=True).eval()
    large.start_from(small)  # type: ignore[operator]
    lr = torch.rand(1, 3, 8, 8)
    with torch.no_grad():
        torch.testing.assert_close(large.predictions(lr)[1].image, small(lr))  # type: ignore[operator]


def test_it_cannot_start_from_itself_or_from_another_network() -> None:
    net = srkit.models.create("adrsr", scale=4, tiny=True)
    for other in (net, srkit.models.create("edsr", scale=2, tiny=True)):
        with pytest.raises(BadInput, match="smaller scale"):
            net.start_from(other)  # type: ignore[operator]
