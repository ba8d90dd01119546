"""PixelTCL: the order in which its pixels are made, and what the mask guarantees."""

from __future__ import annotations

import pytest
import torch
import torch.nn.functional as F

import srkit
from srkit.errors import BadInput
from srkit.models.pixeltcl import InputPixelTCL, PixelTCL


def test_the_filled_lattices_are_left_exactly_as_they_were_and_the_others_hear_their_edge_neighbours() -> None:
    layer, features = PixelTCL(3, 4).double(), torch.rand(1, 3, 5, 6, dtype=torch.float64)
    with torch.no_grad():
        first = F.conv2d(features, layer.first.weight, padding=1)
        second = F.conv2d(first, layer.second.weight, padding=1)
        large = layer(features)
        assert torch.equal(large[..., ::2, ::2], first.relu())
        assert torch.equal(large[..., 1::2, 1::2], second.relu())
        canvas = torch.zeros(1, 4, 12, 14, dtype=torch.float64)  # one pixel of border
        canvas[..., 1:-1:2, 1:-1:2], canvas[..., 2:-1:2, 2:-1:2] = first, second
        taps = {(-1, 0): (0, 1), (0, -1): (1, 0), (0, 1): (1, 2), (1, 0): (2, 1)}
        for rows, columns in ((0, 1), (1, 0)):
            heard = sum(
                torch.einsum(
                    "oc,bchw->bohw",
                    layer.fill.weight[:, :, i, j],
                    canvas[..., 1 + rows + dy : 11 + rows + dy : 2, 1 + columns + dx : 13 + columns + dx : 2],
                )
                for (dy, dx), (i, j) in taps.items()
            )
            torch.testing.assert_close(large[..., rows::2, columns::2], heard.relu())  # type: ignore[union-attr]


def test_masked_weights_have_no_effect_and_stay_out_of_training() -> None:
    layer, features = PixelTCL(3, 4), torch.rand(1, 3, 5, 6)
    before = layer(features)
    before.sum().backward()
    corners = 1 - layer.mask
    assert not (layer.fill.weight.grad * corners).any()  # type: ignore[operator]
    assert (layer.fill.weight.grad * layer.mask).any()  # type: ignore[operator]
    with torch.no_grad():
        layer.fill.weight += 100 * corners
    assert torch.equal(layer(features), before)


@pytest.mark.parametrize(("layer", "stored"), [(PixelTCL, 110_592), (InputPixelTCL, 331_776)])
def test_the_parameters_are_those_counted_by_hand(layer: type, stored: int) -> None:
    made = layer(64, 64)
    assert sum(weight.numel() for weight in made.parameters()) == stored
    if layer is PixelTCL:
        assert stored - made.fill.weight.numel() + int(made.mask.sum()) * 64 * 64 == 90_112
    assert made(torch.rand(1, 64, 3, 4)).shape == (1, 64, 6, 8)


def test_in_the_input_variant_each_lattice_reads_the_input_and_the_lattices_before_it() -> None:
    layer, features = InputPixelTCL(3, 4).double(), torch.rand(1, 3, 5, 6, dtype=torch.float64)
    with torch.no_grad():
        one = F.conv2d(features, layer.first.weight, padding=1)
        two = F.conv2d(torch.cat([features, one], 1), layer.second.weight, padding=1)
        rest = F.conv2d(torch.cat([features, one, two], 1), layer.others.weight, padding=1)
        large = layer(features)
    for place, expected in (((0, 0), one), ((1, 1), two), ((1, 0), rest[:, :4]), ((0, 1), rest[:, 4:])):
        torch.testing.assert_close(large[..., place[0] :: 2, place[1] :: 2], expected.relu())


def test_the_network_takes_either_layer_once_for_each_doubling() -> None:
    for from_input, layer in ((False, PixelTCL), (True, InputPixelTCL)):
        net = srkit.models.create("pixeltcl", scale=4, tiny=True, from_input=from_input)
        assert [type(step) for step in net.enlarge] == [layer, layer]  # type: ignore[union-attr]
        assert net(torch.rand(1, 3, 8, 9)).shape == (1, 3, 32, 36)


def test_its_body_is_that_of_edsrs_baseline() -> None:
    with torch.device("meta"):
        ours, edsr = (srkit.models.create(name, scale=2) for name in ("pixeltcl", "edsr_baseline"))
    steps = {key: value.shape for key, value in edsr.state_dict().items() if not key.startswith("upsampler")}
    assert {key: value.shape for key, value in ours.state_dict().items() if not key.startswith("enlarge")} == steps


def test_a_scale_that_is_no_power_of_two_is_refused() -> None:
    from srkit.models.pixeltcl import PixelTCLNet

    with pytest.raises(BadInput, match="not x3"):
        PixelTCLNet(scale=3)
