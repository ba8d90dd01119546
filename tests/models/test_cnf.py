"""CNF: the count that confirms its layers, the fusion, and how far each member sees."""

from __future__ import annotations

from typing import Any

import pytest
import torch

import srkit
from srkit.errors import BadInput
from srkit.ops.color import rgb_to_y


def small(**sizes: object) -> Any:
    return srkit.models.create("cnf", scale=2, tiny=True, **sizes)


def test_the_weights_without_biases_are_exactly_as_many_as_the_paper_prints() -> None:
    with torch.device("meta"):
        net: Any = srkit.models.create("cnf", scale=3)
    weights = [sum(w.numel() for w in member.parameters() if w.ndim == 4) for member in net.members]
    assert weights == [130_912, 149_344, 167_776]
    assert sum(weights) + 27 == 448_059


def test_a_fusion_of_a_third_each_gives_the_mean_of_the_members() -> None:
    net, lr = small(), torch.rand(1, 3, 9, 8)
    with torch.no_grad():
        opinions = net.opinions(rgb_to_y(lr))
        torch.testing.assert_close(net.fuse(opinions), torch.stack(opinions).mean(0), atol=1e-6, rtol=0)
        net.fusion[1].weight.zero_()
        expected = (opinions[0] + opinions[2]) / 3
        torch.testing.assert_close(net.fuse(opinions), expected, atol=1e-6, rtol=0)


@pytest.mark.parametrize(("member", "side"), [(0, 1 + 8 + 4 + 8 * 2 + 4), (1, 37), (2, 41)])
def test_deeper_members_see_more(member: int, side: int) -> None:
    net: Any = srkit.models.create("cnf", scale=2, channels=(2, 2)).double()
    for weight in net.members.parameters():
        torch.nn.init.constant_(weight, 0.1)  # no ReLU is off
    image = torch.rand(1, 1, 61, 61, dtype=torch.float64, requires_grad=True)
    net.members[member](image)[0, 0, 30, 30].backward()
    assert image.grad is not None
    seen = image.grad[0, 0].nonzero()
    assert (seen.max(0).values - seen.min(0).values + 1).tolist() == [side, side]


def test_it_predicts_an_image_for_each_member_and_the_fused_one_last() -> None:
    net, lr = small(), torch.rand(1, 3, 9, 8)
    with torch.no_grad():
        predictions = net.predictions(lr)
        torch.testing.assert_close(predictions[-1].image, net(lr), atol=1e-6, rtol=0)
    assert [prediction.name for prediction in predictions] == ["4 layers", "5 layers", "6 layers", "fused"]
    assert {prediction.scale for prediction in predictions} == {2}
    torch.testing.assert_close(
        predictions[-1].image, torch.stack([p.image for p in predictions[:-1]]).mean(0), atol=1e-5, rtol=0
    )


@pytest.mark.parametrize("depths", [(), (3, 5)])
def test_members_that_cannot_be_are_refused(depths: tuple[int, ...]) -> None:
    with pytest.raises(BadInput, match="at least 4 layers"):
        small(depths=depths)
