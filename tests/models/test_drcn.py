"""DRCN by hand-unrolling, and what its recursion shares."""

from __future__ import annotations

from typing import Any

import pytest
import torch
import torch.nn.functional as F
from torch import nn

import srkit
from srkit.ops.color import rgb_to_y
from srkit.ops.resize import imresize


def small(**sizes: int) -> Any:
    return srkit.models.create("drcn", scale=2, **{"channels": 4, "n_recursions": 3, **sizes}).double()


def test_the_count_of_the_card_is_the_sum_of_the_layer_list() -> None:
    def convolution(inside: int, outside: int) -> int:
        return 9 * inside * outside + outside

    layers = convolution(1, 256) + convolution(256, 256) + convolution(256, 256)
    layers += convolution(256, 256) + convolution(256, 1)
    assert layers == 1_775_105
    assert set(srkit.models.card("drcn").parameters.values()) == {layers + 16}


def test_it_is_one_layer_applied_again_and_again_unrolled_by_hand() -> None:
    net, luma = small(), torch.rand(1, 1, 8, 9, dtype=torch.float64)
    for number, weight in enumerate(net.parameters()):
        with torch.no_grad():
            weight.copy_(0.3 * torch.sin(torch.arange(weight.numel(), dtype=torch.float64) + number).view_as(weight))
    held = dict(net.named_parameters())

    def layer(x: torch.Tensor, name: str) -> torch.Tensor:
        return F.conv2d(x, held[f"{name}.weight"], held[f"{name}.bias"], padding=1)

    bicubic = imresize(luma, 2)
    state = layer(layer(bicubic, "embed.0").relu(), "embed.2").relu()
    expected, images = torch.zeros_like(bicubic), net.recursions(luma)
    for n in range(3):
        state = layer(state, "infer").relu()
        image = bicubic + layer(layer(state, "reconstruct.0").relu(), "reconstruct.2")
        torch.testing.assert_close(images[n], image)
        expected = expected + held["ensemble"][n] * image
    torch.testing.assert_close(net.enlarge_luma(luma), expected)


def test_the_gradient_of_the_recursive_layer_is_the_sum_over_its_uses() -> None:
    net = small()
    weight, state = net.infer.weight, torch.rand(1, 4, 6, 6, dtype=torch.float64)
    three = net.infer(net.infer(net.infer(state).relu()).relu()).square().sum()
    (whole,) = torch.autograd.grad(three, weight)
    copies = [weight.detach().clone().requires_grad_() for _ in range(3)]
    for n, copy in enumerate(copies):
        state = F.conv2d(state if n == 0 else state.relu(), copy, net.infer.bias, padding=1)
    torch.testing.assert_close(whole, sum(torch.autograd.grad(state.square().sum(), copies)))


def test_a_pixel_sees_41_pixels_a_side() -> None:
    net = small(channels=2, n_recursions=16)
    for weight in net.parameters():
        nn.init.constant_(weight, 0.1)  # no ReLU is off
    image = torch.rand(1, 1, 61, 61, dtype=torch.float64, requires_grad=True)
    net.scale = 1
    net.enlarge_luma(image)[0, 0, 30, 30].backward()
    assert image.grad is not None
    seen = image.grad[0, 0].nonzero()
    assert (seen.min(0).values.tolist(), seen.max(0).values.tolist()) == ([10, 10], [50, 50])


@pytest.mark.parametrize("alpha", [1.0, 0.3, 0.0])
def test_every_recursion_is_supervised_and_the_ensemble_takes_over_as_alpha_falls(alpha: float) -> None:
    net, lr = small(), torch.rand(1, 3, 8, 8, dtype=torch.float64)
    net.alpha = alpha
    with torch.no_grad():
        predictions = net.predictions(lr)
        torch.testing.assert_close(predictions[-1].image, net(lr), atol=1e-12, rtol=0)
    assert [each.name for each in predictions] == ["recursion 1", "recursion 2", "recursion 3", "ensemble"]
    assert [each.weight for each in predictions] == pytest.approx([alpha / 3] * 3 + [1 - alpha])
    mean = sum(rgb_to_y(each.image) for each in predictions[:-1]) / 3
    torch.testing.assert_close(rgb_to_y(predictions[-1].image), mean, atol=1e-6, rtol=0)


def test_the_recursion_starts_as_the_identity() -> None:
    state = torch.rand(1, 4, 6, 6, dtype=torch.float64)
    torch.testing.assert_close(small().infer(state), state)


def test_a_zeroed_reconstruction_leaves_the_bicubic_image() -> None:
    net, lr = small(), torch.rand(1, 3, 8, 9, dtype=torch.float64)
    for weight in net.reconstruct[-1].parameters():
        nn.init.zeros_(weight)
    torch.testing.assert_close(net(lr), imresize(lr, 2), atol=1e-6, rtol=0)
