"""Feature distillation against its formula written out with convolutions alone."""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import nn

from srkit.layers import conv
from srkit.layers.distillation import DistillationBlock


def test_each_step_keeps_half_of_the_channels_and_refines_all_beside_a_skip() -> None:
    block = DistillationBlock(4, make=conv, activation=nn.LeakyReLU(0.05), attention=nn.Tanh()).double()
    held, features = block.state_dict(), torch.randn(2, 4, 6, 7, dtype=torch.float64)

    def applied(name: str, x: torch.Tensor) -> torch.Tensor:
        weight = held[f"{name}.weight"]
        return F.conv2d(x, weight, held[f"{name}.bias"], padding=weight.shape[-1] // 2)

    rest, kept = features, []
    for step in range(3):
        kept.append(F.leaky_relu(applied(f"keep.{step}", rest), 0.05))
        rest = F.leaky_relu(rest + applied(f"refine.{step}", rest), 0.05)
    kept.append(F.leaky_relu(applied("last", rest), 0.05))
    assert [part.shape[1] for part in kept] == [2, 2, 2, 2]
    torch.testing.assert_close(block(features), applied("join", torch.cat(kept, 1)).tanh())
