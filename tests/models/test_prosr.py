"""ProSR against public code, and how it grows."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import torch
import torch.nn.functional as F

import srkit
from srkit.errors import BadInput
from srkit.models.prosr import GROWING
from srkit.ops.resize import imresize
from tests.models._outputs import double_input, same_outputs
from tests.models._published import golden, published_file


def growing(scale: int = 8) -> Any:
    return srkit.models.create("prosr", scale=scale, tiny=True, every_scale=True).double()


@pytest.mark.parametrize(("name", "compression"), [("prosr", None), ("prosr_s", (0.4, 0.5))])
def test_a_published_state_dict_gives_both_scales_and_the_blend_of_the_published_code(
    name: str, compression: Any, tmp_path: Path
) -> None:
    record = golden(name)
    net: Any = srkit.models.load(published_file(record, tmp_path)).double()
    assert (net.name, net.scale) == ("prosr", 4)
    sizes = {"channels": 8, "growth": 4, "bottleneck": 2, "n_layers": 3, "levels": (2, 1), "every_scale": True}
    assert net.arguments == {**sizes, "compression": compression, "widest": 312 if compression is None else 20}
    lr = net.range.outwards(double_input(record))
    with torch.no_grad():
        same_outputs(record, [net.residual(lr, 2), net.residual(lr, 4), net.residual(lr, 4, 0.3)])


@pytest.mark.parametrize(("name", "count"), [("prosr", 15_537_609), ("prosr_s", 2_550_191)])
def test_a_network_for_every_scale_has_all_first_and_last_layers(name: str, count: int) -> None:
    with torch.device("meta"):
        net: Any = srkit.models.create(name, scale=8, every_scale=True)
    assert srkit.models.parameters(net) == count
    assert list(net.stems) == list(net.heads) == ["2", "4", "8"]


def test_a_zeroed_head_leaves_the_bicubic_image() -> None:
    net: Any = srkit.models.create("prosr", scale=4, tiny=True)
    for weight in net.heads["4"].parameters():
        torch.nn.init.zeros_(weight)
    lr = torch.rand(1, 3, 8, 9)
    torch.testing.assert_close(net(lr), imresize(lr, 4))


def test_a_grown_network_enlarges_by_its_new_scale() -> None:
    net, lr = growing(), torch.rand(1, 3, 8, 9, dtype=torch.float64)
    for scale in (2, 4, 8):
        net.grow(scale)
        assert (net.scale, net.blend) == (scale, 1)
        assert net(lr).shape == (1, 3, scale * 8, scale * 9)


def test_the_blend_goes_from_the_enlarged_level_below_to_the_newest_level() -> None:
    net, lr = growing(4), torch.rand(1, 3, 8, 9, dtype=torch.float64)
    with torch.no_grad():
        features = net.levels["1"](net.stems["4"](net.range.inwards(lr)))
        below = F.interpolate(net.heads["2"](features), scale_factor=2, mode="bilinear", align_corners=True)
        newest = net.heads["4"](net.levels["2"](features))
        for blend in (0.0, 0.25, 1.0):
            net.grow(4, blend=blend)
            expected = imresize(lr, 4) + (blend * newest + (1 - blend) * below) / 255
            torch.testing.assert_close(net(lr), expected)


def test_while_a_level_is_closed_no_gradient_reaches_it_and_while_it_opens_a_share_does() -> None:
    net, lr = growing(4), torch.rand(1, 3, 8, 8, dtype=torch.float64)
    weight = net.levels["2"].end.weight
    gradients = []
    for scale, blend in ((2, 1.0), (4, 0.0), (4, 0.5), (4, 1.0)):
        net.zero_grad()
        net.grow(scale, blend=blend)
        net(lr).sum().backward()
        gradients.append(torch.zeros_like(weight) if weight.grad is None else weight.grad.clone())
    assert not gradients[0].any()
    assert not gradients[1].any()
    torch.testing.assert_close(gradients[2], gradients[3] / 2)
    assert gradients[3].any()


def test_every_opened_scale_is_predicted_by_its_own_first_and_last_layer() -> None:
    net, lr = growing(), torch.rand(1, 3, 8, 8, dtype=torch.float64)
    with torch.no_grad():
        assert [each.scale for each in net.predictions(lr)] == [2, 4, 8]
        net.grow(4, blend=0.5)
        predictions = net.predictions(lr)
        assert [(each.name, each.scale, each.weight) for each in predictions] == [("x2", 2, 0.5), ("x4", 4, 0.5)]
        torch.testing.assert_close(predictions[-1].image, net(lr), atol=1e-12, rtol=0)
        net.grow(2)
        torch.testing.assert_close(predictions[0].image, net(lr), atol=1e-12, rtol=0)
    single: Any = srkit.models.create("prosr", scale=4, tiny=True)
    assert [each.scale for each in single.predictions(lr.float())] == [4]


def test_the_growing_points_are_those_released() -> None:
    steps = [0.12, 0.25, 0.45, 0.6, 1.0]  # options/prosr.yaml
    assert {4: tuple(steps[:2]), 8: tuple(steps[2:4])} == GROWING


def test_growing_where_the_layers_are_missing_or_blending_too_far_is_refused() -> None:
    single: Any = srkit.models.create("prosr", scale=4, tiny=True)
    with pytest.raises(BadInput, match="every_scale=True"):
        single.grow(2)
    with pytest.raises(BadInput, match="every_scale=True"):
        single.grow(4, blend=0.5)
    with pytest.raises(BadInput, match=r"blend=1\.5"):
        growing().grow(4, blend=1.5)
    with pytest.raises(BadInput, match=r"blend=0\.5"):
        growing().grow(2, blend=0.5)
    with pytest.raises(BadInput, match="not x8"):
        srkit.models.create("prosr", scale=8, levels=(1, 1))
