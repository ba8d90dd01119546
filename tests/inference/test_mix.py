"""Between two networks: exact ends, every entry on the line, and noise between strangers."""

from __future__ import annotations

import pytest
import torch
from torch import nn

import srkit
from srkit import models
from srkit.errors import BadInput
from srkit.inference import mix
from tests.inference._nets import Convolutional, noise, seeded


def small(seed: int, **arguments: object) -> nn.Module:
    with torch.random.fork_rng():
        torch.manual_seed(seed)
        return models.create("edsr_baseline", scale=2, tiny=True, **arguments).eval()


@pytest.mark.parametrize("alpha", [0.0, 1.0])
def test_the_ends_are_the_two_networks_bit_for_bit(alpha: float) -> None:
    nets = small(0), small(1)
    found = mix(*nets, alpha)
    for name, value in nets[int(alpha)].state_dict().items():
        assert torch.equal(found.state_dict()[name], value)
    lr = noise(1, 3, 9, 8)
    assert torch.equal(found(lr), nets[int(alpha)](lr))


def test_every_entry_lies_on_the_line_and_the_networks_stay_as_they_are() -> None:
    first, second = small(0), small(1)
    before = [value.clone() for value in first.state_dict().values()]
    found = mix(first, second, 0.25)
    for name, value in found.state_dict().items():
        expected = torch.lerp(first.state_dict()[name], second.state_dict()[name], 0.25)
        torch.testing.assert_close(value, expected, rtol=1e-6, atol=1e-8)
    assert all(torch.equal(old, new) for old, new in zip(before, first.state_dict().values(), strict=True))
    assert found.name == "edsr_baseline"


def test_statistics_are_mixed_and_counters_are_those_of_the_nearer_network() -> None:
    first, second = seeded(Convolutional), seeded(Convolutional)
    second.body[0][1].running_var.fill_(3.0)
    second.body[0][1].num_batches_tracked.fill_(9)
    found = mix(first, second, 0.75)
    assert found.body[0][1].running_var.eq(2.5).all()
    assert found.body[0][1].num_batches_tracked == 9


def test_halfway_to_a_fine_tuned_network_works_and_halfway_to_a_stranger_does_not() -> None:
    pairs = srkit.datasets.samples(scale=2)[:2]
    lr, hr = srkit.datasets.Patches(pairs, patch=32, batch=16, seed=9).batch(0)

    def trained(net: nn.Module, loss: str, steps: int) -> nn.Module:
        settings = {"steps": steps, "batch": 4, "patch": 32, "learning_rate": 2e-3, "progress": False}
        return srkit.train(net, pairs, loss=loss, **settings).net

    def error(net: nn.Module) -> float:
        with torch.no_grad():
            return float((net(lr) - hr).abs().mean())

    first, stranger = (trained(models.create("espcn", scale=2), "1*L1", 120) for _ in range(2))
    start = models.create("espcn", scale=2)
    start.load_state_dict(first.state_dict())
    tuned = trained(start, "1*MSE", 40)
    ends = max(error(first), error(tuned), error(stranger))
    assert error(mix(first, tuned, 0.5)) < 1.1 * ends
    assert error(mix(first, stranger, 0.5)) > 1.5 * ends


@pytest.mark.parametrize(
    ("second", "reason"),
    [
        (lambda: small(0, n_blocks=3), "only one of them has"),
        (lambda: models.create("espcn", scale=2), "one is a EDSR, the other a ESPCN"),
        (lambda: models.create("edsr_baseline", scale=3, tiny=True), "the scale of one is 2, of the other 3"),
        (lambda: small(0, channels=24), r"is \(\d+, 3, 3, 3\) in one and \(24, 3, 3, 3\) in the other"),
    ],
)
def test_networks_that_differ_are_refused_with_the_first_difference(second, reason: str) -> None:
    with pytest.raises(BadInput, match=reason):
        mix(small(0), second(), 0.5)


def test_a_place_that_is_no_number_is_refused() -> None:
    with pytest.raises(BadInput, match="alpha=nan"):
        mix(small(0), small(0), float("nan"))
