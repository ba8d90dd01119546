"""SRFBN against public code, and what feedback means."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch
import torch.nn.functional as F
from torch import nn

import srkit
from tests.models._outputs import double_input, same_outputs
from tests.models._published import golden, published_file


@pytest.mark.parametrize("scale", [2, 3])
def test_a_published_state_dict_gives_the_images_of_all_steps_of_the_published_code(scale: int, tmp_path: Path) -> None:
    record = golden(f"srfbn_scale{scale}")
    net = srkit.models.load(published_file(record, tmp_path))
    assert (net.name, net.scale) == ("srfbn", scale)
    assert net.arguments == {"channels": 8, "n_groups": 3, "rgb_range": 255.0}
    with torch.no_grad():
        predictions = net.double().predictions(double_input(record))  # type: ignore[operator]
        assert torch.equal(predictions[-1].image, net(double_input(record)))
    assert len(predictions) == 4
    same_outputs(record, [each.image for each in predictions])


def test_the_small_network_is_recognised_by_its_weights(tmp_path: Path) -> None:
    torch.save(srkit.models.create("srfbn_s", scale=3).state_dict(), tmp_path / "weights.pt")
    net = srkit.models.load(tmp_path / "weights.pt")
    assert (net.name, net.scale) == ("srfbn_s", 3)


def test_every_step_is_supervised_equally() -> None:
    net = srkit.models.create("srfbn", scale=2, tiny=True, n_steps=5)
    predictions = net.predictions(torch.rand(1, 3, 8, 9))  # type: ignore[operator]
    assert [each.name for each in predictions] == [f"step {n}" for n in range(1, 6)]
    assert {(each.scale, each.weight) for each in predictions} == {(2, 0.2)}


def test_the_steps_share_their_weights_and_differ_by_what_they_hear() -> None:
    net = srkit.models.create("srfbn", scale=2, tiny=True).double()
    lr = torch.rand(1, 3, 8, 8, dtype=torch.float64)
    with torch.no_grad():
        features = net.head(net.range.inwards(lr))  # type: ignore[operator, union-attr]
        first = net.block(features, features)  # type: ignore[operator]
        second = net.block(features, first)  # type: ignore[operator]
        states = net.states(lr)  # type: ignore[operator]
    torch.testing.assert_close(states, [first, second])
    assert (first - second).abs().max() > 1e-3


def test_the_gradient_of_a_shared_weight_is_the_sum_over_the_steps() -> None:
    net = srkit.models.create("srfbn", scale=2, tiny=True).double()
    features = torch.rand(1, 8, 6, 7, dtype=torch.float64)
    block: nn.Module = net.block  # type: ignore[assignment]
    shared = block(features, block(features, features))
    shared.square().sum().backward()
    copies = [
        {key: value.detach().clone().requires_grad_() for key, value in block.named_parameters()} for _ in range(2)
    ]
    state = features
    for copy in copies:
        state = torch.func.functional_call(block, copy, (features, state))
    state.square().sum().backward()
    for key, value in block.named_parameters():
        torch.testing.assert_close(value.grad, copies[0][key].grad + copies[1][key].grad)  # type: ignore[operator]


def test_no_state_leaks_from_one_call_into_the_next() -> None:
    net = srkit.models.create("srfbn", scale=2, tiny=True)
    one, other = torch.rand(2, 1, 3, 8, 8)
    with torch.no_grad():
        before = net(one)
        net(other)
        assert torch.equal(net(one), before)


def test_a_zeroed_tail_leaves_the_bilinear_image() -> None:
    net, lr = srkit.models.create("srfbn", scale=3, tiny=True), torch.rand(1, 3, 8, 9)
    for weight in net.tail[-1].parameters():  # type: ignore[index, union-attr]
        torch.nn.init.zeros_(weight)
    bilinear = F.interpolate(lr, scale_factor=3, mode="bilinear", align_corners=False)
    torch.testing.assert_close(net(lr), bilinear, atol=1e-5, rtol=0)
