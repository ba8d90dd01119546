"""MS-LapSRN by hand-unrolling, against the authors' weights, and what sharing means."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch
import torch.nn.functional as F
from torch import Tensor

import srkit
from srkit.errors import BadInput
from tests._shared import shared
from tests.models._published import seeded

RECORDED = {2: (0.503355, 0.370018, 0.910687), 5: (0.481883, 0.417482, 0.857117), 8: (0.472493, 0.425141, 0.832342)}


def unrolled(held: dict[str, Tensor], luma: Tensor, *, levels: int, depth: int, recursions: int) -> list[Tensor]:
    """Follow init_MSLapSRN_model.m layer by layer."""
    level_input, image, images = F.conv2d(luma, held["head.weight"], held["head.bias"], padding=1), luma, []
    for _ in range(levels):
        output = level_input
        for _ in range(recursions):
            for i in range(depth):
                weight, bias = (held[f"block.convs.{i}.{kind}"] for kind in ("weight", "bias"))
                output = F.conv2d(F.leaky_relu(output, 0.2), weight, bias, padding=1)
            output = output + level_input
        up = F.conv_transpose2d(F.leaky_relu(output, 0.2), held["up.weight"], held["up.bias"], stride=2)
        level_input = up[..., :-1, :-1]  # crop = [0, 1, 0, 1]
        residual = F.conv2d(level_input, held["residual.weight"], held["residual.bias"], padding=1)
        image = F.conv_transpose2d(image, held["image.weight"], stride=2, padding=1) + residual
        images.append(image)
    return images


def test_it_is_the_released_definition_unrolled_by_hand() -> None:
    net = srkit.models.create("ms_lapsrn", scale=4, channels=6, depth=3, n_recursions=2).double()
    for number, weight in enumerate(net.parameters()):
        with torch.no_grad():
            weight.copy_(0.2 * torch.sin(torch.arange(weight.numel(), dtype=torch.float64) + number).view_as(weight))
    luma = torch.rand(1, 1, 8, 9, dtype=torch.float64)
    expected = unrolled(net.state_dict(), luma, levels=2, depth=3, recursions=2)
    found = net.pyramid(luma)  # type: ignore[operator]
    assert len(found) == 2
    for ours, theirs in zip(found, expected, strict=True):
        torch.testing.assert_close(ours, theirs)


def test_recursions_and_levels_cost_no_parameters() -> None:
    with torch.device("meta"):
        counts = {
            srkit.models.parameters(srkit.models.create("ms_lapsrn", scale=scale, n_recursions=n))
            for scale in (2, 4, 8)
            for n in (2, 5, 8)
        }
    assert counts == {222_801}


def test_the_weights_of_one_scale_serve_another() -> None:
    two, eight = (srkit.models.create("ms_lapsrn", scale=scale, tiny=True) for scale in (2, 8))
    eight.load_state_dict(two.state_dict())
    luma = torch.rand(1, 1, 8, 8)
    with torch.no_grad():
        assert torch.equal(two.pyramid(luma)[0], eight.pyramid(luma)[0])  # type: ignore[operator]


def test_every_level_is_predicted_and_the_last_is_the_result() -> None:
    net, lr = srkit.models.create("ms_lapsrn", scale=8, tiny=True).eval(), torch.rand(1, 3, 8, 9)
    with torch.no_grad():
        predictions = net.predictions(lr)  # type: ignore[operator]
        torch.testing.assert_close(predictions[-1].image, net(lr), atol=1e-5, rtol=0)
    assert [(each.name, each.scale, each.weight) for each in predictions] == [("x2", 2, 1), ("x4", 4, 1), ("x8", 8, 1)]
    assert [tuple(each.image.shape[-2:]) for each in predictions] == [(16, 18), (32, 36), (64, 72)]


def test_a_scale_that_is_no_power_of_two_is_refused() -> None:
    from srkit.models.ms_lapsrn import MSLapSRN

    with pytest.raises(BadInput, match="not x6"):
        MSLapSRN(scale=6)


@pytest.mark.parametrize("recursions", [2, 5, 8])
def test_the_authors_weights_give_the_recorded_values(recursions: int, tmp_path: Path) -> None:
    net = srkit.models.load(shared(f"checkpoints/MSLapSRN_D5R{recursions}.mat"), scale=4, n_recursions=recursions)
    assert net.name == "ms_lapsrn"
    with torch.no_grad():
        out = net.enlarge_luma(seeded())  # type: ignore[operator]
    assert (float(out.mean()), float(out.std())) == pytest.approx(RECORDED[recursions][:2], abs=2e-6)
    assert float(out[0, 0, 5, 7]) == pytest.approx(RECORDED[recursions][2], abs=1e-5)
