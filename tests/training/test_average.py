"""The moving average of the weights."""

from __future__ import annotations

import pytest
import torch
from torch import nn
from torch.optim.swa_utils import AveragedModel, get_ema_multi_avg_fn

from srkit.training import state
from srkit.training.state import Average


def test_after_its_start_the_average_moves_as_torchs_does() -> None:
    net = nn.Conv2d(3, 4, 3).double()
    ours = Average(net, decay=0.9)
    ours.updates = 1000  # past the rising start
    theirs = AveragedModel(net, multi_avg_fn=get_ema_multi_avg_fn(0.9))
    theirs.n_averaged += 1
    rng = torch.Generator().manual_seed(0)
    for _ in range(30):
        for parameter in net.parameters():
            parameter.data += torch.randn(parameter.shape, generator=rng, dtype=torch.float64)
        ours.update()
        theirs.update_parameters(net)
    for mine, other in zip(ours.net.parameters(), theirs.module.parameters(), strict=True):
        torch.testing.assert_close(mine, other, rtol=1e-12, atol=1e-12)


def test_at_the_start_the_average_is_the_weighted_sum_its_formula_says() -> None:
    net = nn.Linear(1, 1, bias=False).double()
    net.weight.data.fill_(5.0)
    ours, expected = Average(net, decay=0.999), 5.0
    for step, value in enumerate([1.0, -2.0, 7.0, 3.0]):
        net.weight.data.fill_(value)
        ours.update()
        decay = min(0.999, (1 + step) / (10 + step))
        expected = decay * expected + (1 - decay) * value
    assert ours.net.weight.item() == pytest.approx(expected, rel=1e-12)


def test_the_decay_rises_to_its_value_and_stays() -> None:
    decays = [state.decay_at(n, 0.99) for n in range(2000)]
    assert decays[0] == 0.1
    assert decays == sorted(decays)
    assert decays[-1] == 0.99


def test_buffers_are_copied_and_the_averaged_network_asks_for_no_gradient() -> None:
    net = nn.Sequential(nn.Conv2d(3, 3, 1), nn.BatchNorm2d(3)).train()
    ours = Average(net, decay=0.9)
    net(torch.rand(2, 3, 4, 4))
    ours.update()
    assert torch.equal(ours.net[1].running_mean, net[1].running_mean)
    assert not ours.net.training
    assert not any(parameter.requires_grad for parameter in ours.net.parameters())


def test_a_restored_average_goes_on_as_the_saved_one() -> None:
    net = nn.Linear(2, 2)
    one = Average(net, decay=0.9)
    net.weight.data += 1
    one.update()
    two = Average(net, decay=0.9)
    two.load_state_dict(one.state_dict())
    net.weight.data += 1
    one.update()
    two.update()
    assert torch.equal(one.net.weight, two.net.weight)
