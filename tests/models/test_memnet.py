"""MemNet by hand-unrolling its Caffe definition, and what its gates hear."""

from __future__ import annotations

from typing import Any

import pytest
import torch
import torch.nn.functional as F
from torch import Tensor, nn

import srkit
from srkit.ops.resize import imresize


def used() -> Any:
    """Return a small network with statistics as after training."""
    net: Any = srkit.models.create("memnet", scale=2, channels=3, n_blocks=2, n_recursions=2).double().eval()
    for number, (key, value) in enumerate(net.state_dict().items()):
        if ("norm" in key or key == "ensemble") and value.is_floating_point():
            value.copy_(0.5 + 0.3 * torch.sin(torch.arange(value.numel()) + number) ** 2)
    return net


def test_it_computes_the_caffe_definition_step_by_step() -> None:
    net, luma = used(), torch.rand(1, 1, 8, 9, dtype=torch.float64)
    held = net.state_dict()

    def step(x: Tensor, norm: str, layer: str) -> Tensor:
        names = ("running_mean", "running_var", "weight", "bias")
        active = F.batch_norm(x, *[held[f"{norm}.norm.{name}"] for name in names]).relu()
        weight = held[f"{layer}.weight"]
        return F.conv2d(active, weight, held[f"{layer}.bias"], padding=weight.shape[-1] // 2)

    data = imresize(luma, 2)
    memories, recovered = [step(data, "head_norm", "head")], []
    for m in range(2):
        eltwise, recent = memories[-1], []
        for r in range(2):
            inside = step(eltwise, f"blocks.{m}.norms1.{r}", f"blocks.{m}.conv1")
            eltwise = eltwise + step(inside, f"blocks.{m}.norms2.{r}", f"blocks.{m}.conv2")
            recent.append(eltwise)
        concat = torch.cat(memories + recent, 1)  # conv1, conv_transition_01, …, eltwise_01, …
        memories.append(step(concat, f"blocks.{m}.gate_norm", f"blocks.{m}.gate"))
        recovered.append(data + step(memories[-1], f"tail_norms.{m}", "tail"))
    with torch.no_grad():
        torch.testing.assert_close(net.reconstructions(luma), recovered)
        weighed = held["ensemble"][0] * recovered[0] + held["ensemble"][1] * recovered[1]
        torch.testing.assert_close(net.enlarge_luma(luma), weighed)


@pytest.mark.parametrize(("size", "weights"), [(6, 676_992), (10, 1_373_312)])
def test_the_weights_alone_are_what_the_paper_counts(size: int, weights: int) -> None:
    with torch.device("meta"):
        net = srkit.models.create("memnet", scale=2, n_blocks=size, n_recursions=size)
    layers = [layer for layer in net.modules() if isinstance(layer, nn.Conv2d)]
    assert sum(layer.weight.numel() for layer in layers) == weights
    if size == 6:
        assert sum(weight.numel() for layer in layers for weight in layer.parameters()) == 678_209
        norms = [layer for layer in net.modules() if isinstance(layer, nn.BatchNorm2d)]
        assert sum(weight.numel() for layer in norms for weight in layer.parameters()) == 17_282


def test_a_gate_hears_its_recursions_and_all_earlier_memories() -> None:
    with torch.device("meta"):
        net: Any = srkit.models.create("memnet", scale=2)
    assert [block.gate.in_channels for block in net.blocks] == [64 * (6 + m) for m in range(1, 7)]
    small = used()
    memories = [torch.rand(1, 3, 6, 6, dtype=torch.float64, requires_grad=True) for _ in range(2)]
    small.blocks[1](memories).sum().backward()
    assert all(memory.grad is not None and memory.grad.any() for memory in memories)


def test_every_block_is_supervised_and_the_ensemble_as_much_as_each() -> None:
    net, lr = used(), torch.rand(1, 3, 8, 8, dtype=torch.float64)
    with torch.no_grad():
        predictions = net.predictions(lr)
        torch.testing.assert_close(predictions[-1].image, net(lr), atol=1e-12, rtol=0)
    assert [each.name for each in predictions] == ["block 1", "block 2", "ensemble"]
    assert [each.weight for each in predictions] == pytest.approx([1 / 3] * 3)


def test_a_zeroed_tail_and_equal_weights_leave_the_bicubic_image() -> None:
    net: Any = srkit.models.create("memnet", scale=2, tiny=True)
    for weight in net.tail.parameters():
        nn.init.zeros_(weight)
    lr = torch.rand(1, 3, 8, 9)
    torch.testing.assert_close(net(lr), imresize(lr, 2), atol=1e-5, rtol=0)
