"""LapSRN against public code, the authors' weights, and properties of a pyramid."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch
import torch.nn.functional as F

import srkit
from srkit.errors import BadInput
from srkit.ops.color import rgb_to_y
from tests._shared import shared
from tests.models._outputs import double_input, same_outputs
from tests.models._published import golden, published_file, seeded

RECORDED = {2: (0.478150, 0.385114, 0.016393), 4: (0.482617, 0.373786, 0.756113), 8: (0.455711, 0.321459, 0.907129)}


def test_the_state_dict_of_the_widely_used_port_gives_both_images_of_its_code(tmp_path: Path) -> None:
    record = golden("lapsrn_port")
    net = srkit.models.load(published_file(record, tmp_path))
    assert (net.name, net.scale) == ("lapsrn", 4)
    assert net.arguments == {"channels": 64, "depth": 10, "bias": False, "up_size": 4}
    assert srkit.models.parameters(net) == 870_112  # not the 814 242 of the paper's network
    with torch.no_grad():
        images = net.double().pyramid(double_input(record))  # type: ignore[operator]
    assert len(images) == 2
    same_outputs(record, images)


def test_zeroed_residuals_leave_repeated_bilinear_enlargement_in_the_interior() -> None:
    net = srkit.models.create("lapsrn", scale=4, tiny=True).double()
    for level in net.levels:  # type: ignore[union-attr]
        torch.nn.init.zeros_(level.residual.weight)  # type: ignore[arg-type, union-attr]
        torch.nn.init.zeros_(level.residual.bias)  # type: ignore[arg-type, union-attr]
    luma = torch.rand(1, 1, 12, 11, dtype=torch.float64)
    twice = luma
    for _ in range(2):
        twice = F.interpolate(twice, scale_factor=2, mode="bilinear", align_corners=False)
    with torch.no_grad():
        ours = net.enlarge_luma(luma)  # type: ignore[operator]
    torch.testing.assert_close(ours[..., 8:-8, 8:-8], twice[..., 8:-8, 8:-8], atol=1e-12, rtol=0)


def test_one_level_is_what_the_released_definition_says_step_by_step() -> None:
    net = srkit.models.create("lapsrn", scale=2, channels=4, depth=2).double()
    held, luma = net.state_dict(), torch.rand(1, 1, 8, 9, dtype=torch.float64)
    features = F.leaky_relu(F.conv2d(luma, held["head.weight"], held["head.bias"], padding=1), 0.2)
    for i in range(2):
        weight, bias = (held[f"levels.0.convs.{i}.{kind}"] for kind in ("weight", "bias"))
        features = F.leaky_relu(F.conv2d(features, weight, bias, padding=1), 0.2)
    features = F.conv_transpose2d(features, held["levels.0.up.weight"], held["levels.0.up.bias"], stride=2)
    assert features.shape[-2:] == (17, 19)
    features = F.leaky_relu(features[..., :-1, :-1], 0.2)  # crop = [0, 1, 0, 1]
    residual = F.conv2d(features, held["levels.0.residual.weight"], held["levels.0.residual.bias"], padding=1)
    image = F.conv_transpose2d(luma, held["levels.0.image.weight"], stride=2, padding=1)
    torch.testing.assert_close(net.enlarge_luma(luma), image + residual)  # type: ignore[operator]


@pytest.mark.parametrize("scale", [2, 4, 8])
def test_every_level_is_predicted_and_the_last_is_the_result(scale: int) -> None:
    net, lr = srkit.models.create("lapsrn", scale=scale, tiny=True).eval(), torch.rand(2, 3, 8, 9)
    with torch.no_grad():
        predictions = net.predictions(lr)  # type: ignore[operator]
        torch.testing.assert_close(predictions[-1].image, net(lr), atol=1e-6, rtol=0)
    assert [each.scale for each in predictions] == [s for s in (2, 4, 8) if s <= scale]
    assert [each.name for each in predictions] == [f"x{each.scale}" for each in predictions]
    for each in predictions:
        assert each.image.shape == (2, 3, 8 * each.scale, 9 * each.scale)
        assert each.weight == 1


def test_a_loss_on_the_first_level_alone_does_not_reach_the_second() -> None:
    net, lr = srkit.models.create("lapsrn", scale=4, tiny=True), torch.rand(1, 3, 8, 8)
    rgb_to_y(net.predictions(lr)[0].image).sum().backward()  # type: ignore[operator]
    assert net.levels[0].image.weight.grad.any()  # type: ignore[index, union-attr, operator]
    assert all(weight.grad is None for weight in net.levels[1].parameters())  # type: ignore[index, union-attr]


def test_depth_is_10_and_at_x8_it_is_5_as_released() -> None:
    for scale, depth in ((2, 10), (4, 10), (8, 5)):
        with torch.device("meta"):
            net = srkit.models.create("lapsrn", scale=scale)
        assert [len(level.convs) for level in net.levels] == [depth] * (scale.bit_length() - 1)  # type: ignore[union-attr]


def test_a_scale_that_is_no_power_of_two_is_refused() -> None:
    from srkit.models.lapsrn import LapSRN

    with pytest.raises(BadInput, match="not x3"):
        LapSRN(scale=3)


@pytest.mark.parametrize("scale", [2, 4, 8])
def test_the_authors_weights_give_the_recorded_values(scale: int, tmp_path: Path) -> None:
    net = srkit.models.load(shared(f"checkpoints/LapSRN_x{scale}.mat"))
    assert net.scale == scale
    with torch.no_grad():
        out = net.enlarge_luma(seeded())  # type: ignore[operator]
    assert (float(out.mean()), float(out.std())) == pytest.approx(RECORDED[scale][:2], abs=2e-6)
    assert float(out[0, 0, 5, 7]) == pytest.approx(RECORDED[scale][2], abs=1e-5)
