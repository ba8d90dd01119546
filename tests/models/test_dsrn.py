"""DSRN: the recurrence written out by hand, and what sharing its weights means."""

from __future__ import annotations

from typing import Any

import pytest
import torch
import torch.nn.functional as F
from torch import Tensor

import srkit
from srkit.errors import BadInput
from srkit.ops.resize import imresize


def small(scale: int = 2, **sizes: int) -> Any:
    return srkit.models.create("dsrn", scale=scale, tiny=True, **sizes)


@pytest.mark.parametrize("scale", [2, 3, 4])
def test_the_states_are_those_of_the_recurrence_written_out(scale: int) -> None:
    """Rows are time, as the authors' graph: a state is the ReLU of the sum of what its edges bring from before."""
    net, lr = small(scale), torch.rand(1, 3, 9, 8)
    held = net.state_dict()

    def convolve(x: Tensor, name: str) -> Tensor:
        return F.conv2d(x, held[f"{name}.weight"], held[f"{name}.bias"], padding=1)

    def refine(x: Tensor, name: str) -> Tensor:
        return convolve(convolve(x, f"{name}.conv1").relu(), f"{name}.conv2")

    def up(x: Tensor) -> Tensor:
        return F.conv_transpose2d(x, held["up.weight"], held["up.bias"], stride=scale)

    with torch.no_grad():
        small0 = convolve(convolve(lr, "head.0").relu(), "head.2").relu()
        small1, large1 = (small0 + refine(small0, "refine_small")).relu(), up(small0).relu()
        down1 = large1.unflatten(-1, (-1, scale)).unflatten(-3, (-1, scale)).mean(dim=(-1, -3))
        small2 = (small1 + refine(small1, "refine_small") + down1).relu()
        large2 = (large1 + refine(large1, "refine_large") + up(small1)).relu()
        large3 = (large2 + refine(large2, "refine_large") + up(small2)).relu()
        for ours, theirs in zip(net.large_states(lr), (large1, large2, large3), strict=True):
            torch.testing.assert_close(ours, theirs, atol=1e-6, rtol=1e-5)
        mean = (large1 + large2 + large3) / 3
        residual = F.conv2d(mean, held["tail.weight"], held["tail.bias"])
        torch.testing.assert_close(net(lr), imresize(lr, scale) + residual, atol=1e-5, rtol=1e-5)


def test_the_result_is_the_mean_of_what_every_step_would_give() -> None:
    net, lr = small(), torch.rand(1, 3, 8, 9)
    with torch.no_grad():
        drafts = net.drafts(lr)
        torch.testing.assert_close(net(lr), torch.stack(drafts).mean(0), atol=1e-6, rtol=1e-5)
    assert len(drafts) == 3
    assert not torch.allclose(drafts[0], drafts[2])


def test_more_steps_cost_no_parameter() -> None:
    assert srkit.models.parameters(small(steps=2)) == srkit.models.parameters(small(steps=9))


def test_the_count_of_the_card_is_the_sum_of_the_authors_layer_list() -> None:
    def convolution(size: int, inside: int, outside: int) -> int:
        return size * size * inside * outside + outside

    head = convolution(3, 3, 64) + convolution(3, 64, 128)
    refine = 2 * convolution(3, 128, 128)
    for scale, count in srkit.models.card("dsrn").parameters.items():
        assert count == head + 2 * refine + convolution(scale, 128, 128) + convolution(1, 128, 3)


def test_one_step_is_refused_because_the_large_state_would_not_be_read() -> None:
    with pytest.raises(BadInput, match="at least 2 steps"):
        small(steps=1)
