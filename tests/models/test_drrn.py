"""DRRN against public code, and what its recursion shares."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import torch
import torch.nn.functional as F
from torch import nn

import srkit
from srkit.ops.resize import imresize
from tests.models._outputs import double_input, same_outputs
from tests.models._published import golden, published_file


def test_the_state_dict_of_the_port_gives_the_pixels_of_its_code(tmp_path: Path) -> None:
    record = golden("drrn")
    net: Any = srkit.models.load(published_file(record, tmp_path), scale=2).double()
    assert (net.name, net.arguments) == ("drrn", {"channels": 128, "bias": False, "norm": False, "clipped": True})
    with torch.no_grad():
        same_outputs(record, [net.sharpen(double_input(record))])


@pytest.mark.parametrize(("n_units", "norms"), [(25, 13_058), (9, 4_866)])
def test_the_convolutions_are_shared_by_all_units_and_the_normalisation_is_not(n_units: int, norms: int) -> None:
    with torch.device("meta"):
        net = srkit.models.create("drrn", scale=2, n_units=n_units)
    kinds = {
        kind: [layer for layer in net.modules() if isinstance(layer, kind)] for kind in (nn.Conv2d, nn.BatchNorm2d)
    }
    assert len(kinds[nn.Conv2d]) == 4
    assert sum(layer.weight.numel() for layer in kinds[nn.Conv2d]) == 297_216  # type: ignore[misc, operator]
    assert len(kinds[nn.BatchNorm2d]) == 1 + 2 * n_units + 1
    assert sum(weight.numel() for layer in kinds[nn.BatchNorm2d] for weight in layer.parameters()) == norms


def test_it_computes_the_caffe_definition_step_by_step() -> None:
    net: Any = srkit.models.create("drrn", scale=2, channels=4, n_units=2).double().eval()
    held = net.state_dict()
    for number, (key, value) in enumerate(held.items()):
        if "norm" in key and value.is_floating_point():
            value.copy_(0.5 + 0.3 * torch.sin(torch.arange(value.numel()) + number) ** 2)

    def step(x: torch.Tensor, norm: str, layer: str) -> torch.Tensor:
        statistics = [held[f"{norm}.{name}"] for name in ("running_mean", "running_var", "weight", "bias")]
        return F.conv2d(F.batch_norm(x, *statistics).relu(), held[f"{layer}.weight"], held[f"{layer}.bias"], padding=1)

    bicubic = torch.rand(1, 1, 9, 8, dtype=torch.float64)
    conv1 = step(bicubic, "head_norm", "head")
    eltwise = conv1
    for unit in range(2):
        eltwise = conv1 + step(step(eltwise, f"norms1.{unit}", "conv1"), f"norms2.{unit}", "conv2")
    with torch.no_grad():
        torch.testing.assert_close(net.sharpen(bicubic), bicubic + step(eltwise, "tail_norm", "tail"))


def test_a_zeroed_tail_leaves_the_bicubic_image() -> None:
    net: Any = srkit.models.create("drrn", scale=3, tiny=True)
    for weight in net.tail.parameters():
        nn.init.zeros_(weight)
    lr = torch.rand(1, 3, 9, 8)
    torch.testing.assert_close(net(lr), imresize(lr, 3), atol=1e-5, rtol=0)
