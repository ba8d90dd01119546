"""SRResNet: the layer list of figure 4, counted by hand, and what batch normalisation does in it."""

from __future__ import annotations

from typing import Any

import pytest
import torch
import torch.nn.functional as F
from torch import Tensor, nn

import srkit
from srkit.errors import BadInput


def small(scale: int = 4) -> Any:
    return srkit.models.create("srresnet", scale=scale, tiny=True).eval()


def used(net: nn.Module) -> nn.Module:
    """Give every running statistic and slope a value of its own, as after training."""
    for number, (key, value) in enumerate(net.state_dict().items()):
        if value.is_floating_point() and ("norm" in key or value.numel() == 1 or "running" in key):
            value.copy_(0.5 + 0.3 * torch.sin(torch.arange(value.numel()) + number).reshape(value.shape) ** 2)
    return net


def test_the_layers_are_those_of_figure_4() -> None:
    with torch.device("meta"):
        net = srkit.models.create("srresnet", scale=4)
    kinds = [layer for layer in net.modules() if isinstance(layer, nn.Conv2d)]
    assert len(kinds) == 1 + 2 * 16 + 1 + 2 + 1
    assert [layer.kernel_size for layer in (kinds[0], kinds[-1])] == [(9, 9), (9, 9)]
    assert {layer.kernel_size for layer in kinds[1:-1]} == {(3, 3)}
    assert sum(layer.weight.numel() for layer in kinds) == 1_542_528  # the 1543K that tables print
    assert sum(isinstance(layer, nn.BatchNorm2d) for layer in net.modules()) == 2 * 16 + 1
    slopes = [layer.weight.numel() for layer in net.modules() if isinstance(layer, nn.PReLU)]
    assert slopes == [1] * (1 + 16 + 2)


def test_the_count_of_the_card_is_the_sum_of_the_layer_list() -> None:
    def convolution(size: int, inside: int, outside: int) -> int:
        return size * size * inside * outside + outside

    block = 2 * convolution(3, 64, 64) + 2 * 128 + 1
    step = convolution(3, 64, 256) + 1
    fixed = convolution(9, 3, 64) + 1 + 16 * block + convolution(3, 64, 64) + 128 + convolution(9, 64, 3)
    assert srkit.models.card("srresnet").parameters == {2: fixed + step, 4: fixed + 2 * step}


def test_it_computes_what_its_weights_say_step_by_step() -> None:
    net, lr = used(small()), torch.rand(1, 3, 9, 8)
    held = net.state_dict()

    def convolve(x: Tensor, name: str) -> Tensor:
        weight = held[f"{name}.weight"]
        return F.conv2d(x, weight, held[f"{name}.bias"], padding=weight.shape[-1] // 2)

    def normalise(x: Tensor, name: str) -> Tensor:
        mean, var, gain, shift = (
            held[f"{name}.{part}"].view(1, -1, 1, 1) for part in ("running_mean", "running_var", "weight", "bias")
        )
        normal: Tensor = (x - mean) / (var + 1e-5).sqrt() * gain + shift
        return normal

    def prelu(x: Tensor, name: str) -> Tensor:
        return torch.where(x > 0, x, held[f"{name}.weight"] * x)

    with torch.no_grad():
        shallow = features = prelu(convolve(lr, "head.0"), "head.1")
        for block in ("body.0", "body.1"):
            inside = prelu(normalise(convolve(features, f"{block}.conv1"), f"{block}.norm1"), f"{block}.activation")
            features = features + normalise(convolve(inside, f"{block}.conv2"), f"{block}.norm2")
        features = shallow + normalise(convolve(features, "body_end.0"), "body_end.1")
        for first in (0, 3):
            features = prelu(F.pixel_shuffle(convolve(features, f"enlarge.{first}"), 2), f"enlarge.{first + 2}")
        expected = (convolve(features, "tail") + 1) / 2
        torch.testing.assert_close(net(lr), expected, atol=1e-5, rtol=1e-5)


def test_an_output_of_minus_one_is_black_and_of_one_is_white() -> None:
    net = small(2)
    with torch.no_grad():
        net.tail.weight.zero_()
        net.tail.bias.copy_(torch.tensor([-1.0, 0.0, 1.0]))
        sr = net(torch.rand(1, 3, 8, 8))
    assert [float(plane.mean()) for plane in sr[0]] == pytest.approx([0.0, 0.5, 1.0])
    assert float(sr.std(dim=(-2, -1)).max()) == 0


def test_its_blocks_forget_the_contrast_of_a_batch_in_training_and_not_in_evaluation() -> None:
    block = small(2).body[0]
    features = torch.rand(2, 16, 12, 12)
    with torch.no_grad():
        block.conv1.bias.zero_()
        residual = [block.train()(gain * features) - gain * features for gain in (1, 8)]
        torch.testing.assert_close(residual[0], residual[1], atol=1e-2, rtol=0.05)
        residual = [block.eval()(gain * features) - gain * features for gain in (1, 8)]
    assert float((residual[1] - residual[0]).abs().max()) > 0.5


def test_srgan_is_the_same_network_under_the_card_of_the_adversarial_training() -> None:
    one, other = (srkit.models.create(name, scale=4, tiny=True) for name in ("srresnet", "srgan"))
    other.load_state_dict(one.state_dict())
    lr = torch.rand(1, 3, 8, 8)
    with torch.no_grad():
        assert torch.equal(one.eval()(lr), other.eval()(lr))
    assert srkit.models.card("srgan").published
    assert not srkit.models.card("srresnet").published


def test_a_scale_that_is_no_power_of_two_is_refused() -> None:
    from srkit.models.srresnet import SRResNet

    with pytest.raises(BadInput, match="x3"):
        SRResNet(scale=3)
