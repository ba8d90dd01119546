"""VDSR against public code, the authors' weights, and properties of a residual network."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch

import srkit
from srkit.errors import BadInput
from srkit.ops.resize import imresize
from tests._shared import shared
from tests.models._published import golden, golden_input, published_file, same_as_golden, seeded


def test_the_state_dict_of_the_widely_used_port_gives_the_pixels_of_its_code(tmp_path: Path) -> None:
    record = golden("vdsr")
    net = srkit.models.load(published_file(record, tmp_path), scale=2)
    assert net.name == "vdsr"
    assert net.arguments == {"channels": 64, "depth": 20, "bias": False, "colours": 1}
    luma = golden_input(record)
    with torch.no_grad():
        sharp = net.sharpen(luma)  # type: ignore[operator]
    assert (sharp - luma).abs().max() > 0.05, "the layers must matter"
    same_as_golden(record, sharp)


def test_the_state_dict_of_the_colour_variant_gives_the_pixels_of_its_code(tmp_path: Path) -> None:
    record = golden("vdsr_rgb")
    net = srkit.models.load(published_file(record, tmp_path), scale=3)
    assert net.arguments == {"channels": 64, "depth": 20, "bias": True, "colours": 3, "rgb_range": 255.0}
    bicubic = golden_input(record)
    with torch.no_grad():
        sharp = net.range.outwards(net.sharpen(net.range.inwards(bicubic)))  # type: ignore[operator, union-attr]
    assert (sharp - bicubic).abs().max() > 0.02, "the layers must matter"
    same_as_golden(record, sharp)


def test_a_zeroed_last_layer_leaves_the_bicubic_image() -> None:
    for colours in (1, 3):
        net = srkit.models.create("vdsr", scale=3, tiny=True, colours=colours)
        torch.nn.init.zeros_(net.layers[-1].weight)  # type: ignore[index, union-attr]
        lr = torch.rand(1, 3, 9, 8)
        torch.testing.assert_close(net(lr), imresize(lr, 3), atol=1e-5, rtol=0)


def test_a_pixel_sees_41_pixels_a_side() -> None:
    net = srkit.models.create("vdsr", scale=2, channels=2).double()
    for weight in net.parameters():
        torch.nn.init.constant_(weight, 0.1)  # no ReLU is off
    image = torch.rand(1, 1, 61, 61, dtype=torch.float64, requires_grad=True)
    net.sharpen(image)[0, 0, 30, 30].backward()  # type: ignore[operator]
    assert image.grad is not None
    seen = image.grad[0, 0].nonzero()
    assert (seen.min(0).values.tolist(), seen.max(0).values.tolist()) == ([10, 10], [50, 50])


@pytest.mark.parametrize(("colours", "depth"), [(2, 20), (1, 1)])
def test_a_size_that_cannot_be_is_refused(colours: int, depth: int) -> None:
    with pytest.raises(BadInput, match="1 or 3 colours"):
        srkit.models.create("vdsr", scale=2, colours=colours, depth=depth)


def test_the_authors_weights_give_the_recorded_values(tmp_path: Path) -> None:
    net = srkit.models.load(shared("checkpoints/VDSR_Official.mat"), scale=2)
    with torch.no_grad():
        out = net.sharpen(seeded())  # type: ignore[operator]
    assert float(out.mean()) == pytest.approx(0.479900, abs=1e-5)
    assert float(out.std()) == pytest.approx(0.377737, abs=1e-5)
    assert float(out[0, 0, 5, 7]) == pytest.approx(0.174445, abs=1e-4)
