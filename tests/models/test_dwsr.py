"""DWSR beside a public port of it, and perfect reconstruction."""

from __future__ import annotations

import pytest
import torch

import srkit
from srkit.errors import BadInput
from srkit.ops.resize import imresize
from srkit.ops.wavelets import analyse, synthesise
from tests.models._formula import weights
from tests.models._published import golden, golden_input, same_as_golden

SIGNS = torch.tensor([1.0, -1.0, -1.0, 1.0])[:, None, None]
"""The port takes right minus left and lower minus upper."""


def test_with_the_weights_of_a_public_port_it_gives_its_pixels() -> None:
    record = golden("dwsr")
    net = srkit.models.create("dwsr", scale=4).eval()
    theirs = weights(record["shapes"])
    order = [0, 2, 1, 3]  # the port lists columns before rows, the authors rows before columns
    state = {
        f"layers.{i}.{kind}": theirs[f"mid_layers.{i}.body.0.{kind}"] for i in range(12) for kind in ("weight", "bias")
    }
    state["layers.0.weight"] = (state["layers.0.weight"] * SIGNS)[:, order]
    state["layers.11.weight"] = (state["layers.11.weight"] * SIGNS[..., None])[order]
    state["layers.11.bias"] = (state["layers.11.bias"] * SIGNS.flatten())[order]
    net.load_state_dict(state)
    with torch.no_grad():
        image = synthesise(net.complete(analyse(golden_input(record))))  # type: ignore[operator]
    assert (image - golden_input(record)).abs().max() > 0.05, "the layers must matter"
    same_as_golden(record, image)


@pytest.mark.parametrize("scale", [2, 3, 4])
def test_a_zeroed_last_layer_leaves_the_bicubic_image(scale: int) -> None:
    net = srkit.models.create("dwsr", scale=scale, tiny=True).eval()
    torch.nn.init.zeros_(net.layers[-1].weight)
    torch.nn.init.zeros_(net.layers[-1].bias)
    lr = torch.rand(1, 3, 9, 11)
    with torch.no_grad():
        torch.testing.assert_close(net(lr), imresize(lr, scale), atol=2e-6, rtol=0)


def test_the_last_layer_may_take_something_away() -> None:
    net = srkit.models.create("dwsr", scale=2, tiny=True).eval()
    torch.nn.init.zeros_(net.layers[-1].weight)
    torch.nn.init.constant_(net.layers[-1].bias, -0.25)
    bands = torch.rand(1, 4, 8, 8)
    with torch.no_grad():
        torch.testing.assert_close(net.complete(bands), bands - 0.25)  # type: ignore[operator]


def test_a_network_of_one_layer_is_refused() -> None:
    with pytest.raises(BadInput, match="at least 2 layers"):
        srkit.models.create("dwsr", scale=2, depth=1)
