"""The experiment on batch normalisation measures what it says."""

from __future__ import annotations

import pytest
import torch
from torch import nn

import srkit
from srkit.papers.batchnorm import ResidualNet, compare_normalisation, range_kept, saved_bytes

FEATURES = torch.randn(4, 8, 10, 12, generator=torch.Generator().manual_seed(0))


def test_a_layer_without_bias_keeps_the_range_and_a_normalised_one_takes_it_away() -> None:
    layer = nn.Conv2d(8, 8, 3, bias=False)
    assert range_kept(layer, FEATURES) == pytest.approx(2, rel=1e-5)
    assert range_kept(nn.Sequential(layer, nn.ReLU()), FEATURES) == pytest.approx(2, rel=1e-5)
    assert range_kept(nn.Sequential(layer, nn.BatchNorm2d(8)), FEATURES) == pytest.approx(1, abs=1e-3)


def test_measuring_the_range_leaves_statistics_and_mode_as_they_were() -> None:
    block = nn.Sequential(nn.Conv2d(8, 8, 3), nn.BatchNorm2d(8)).eval()
    before = {name: value.clone() for name, value in block.state_dict().items()}
    range_kept(block, FEATURES)
    assert not block.training
    assert all(torch.equal(before[name], value) for name, value in block.state_dict().items())


def test_saved_activations_are_those_counted_by_hand() -> None:
    """A convolution keeps its input, a ReLU its output, L1 the difference: 4-byte numbers, each tensor once."""
    net = nn.Sequential(nn.Conv2d(3, 5, 3, padding=1), nn.ReLU(), nn.Conv2d(5, 3, 3, padding=1))
    lr, hr = torch.rand(2, 3, 8, 9), torch.rand(2, 3, 8, 9)
    pixels = 2 * 8 * 9 * 4
    assert saved_bytes(net, lr, hr) == pixels * (3 + 5 + 3)


def test_normalisation_costs_memory_and_range_in_the_whole_experiment() -> None:
    pairs = srkit.datasets.samples(scale=2)
    with_it, without = compare_normalisation(pairs[:2], pairs[2:3], steps=30)
    assert (with_it.normalised, without.normalised) == (True, False)
    assert with_it.range_kept < 1.3 < 1.8 < without.range_kept < 2.2
    assert with_it.saved_bytes > 1.25 * without.saved_bytes
    assert len(with_it.losses) == len(without.losses) == 30
    assert min(with_it.psnr, without.psnr) > 15


def test_both_networks_have_the_same_convolutions() -> None:
    nets = [ResidualNet(scale=2, normalise=normalise) for normalise in (True, False)]
    convolutions = [[m.weight.shape for m in net.modules() if isinstance(m, nn.Conv2d)] for net in nets]
    assert convolutions[0] == convolutions[1]
