"""The spike guard: what it refuses, and that a refused update leaves no trace."""

from __future__ import annotations

import pytest
import torch

from srkit.errors import BadInput
from srkit.training import Callback, Config, run
from srkit.training.state import Guard
from tests.training._toy import Batches, Toy, toy_state, weights

INF, NAN = float("inf"), float("nan")


@pytest.mark.parametrize(("loss", "norm"), [(NAN, 1.0), (INF, 1.0), (-INF, None), (1.0, NAN), (1.0, INF)])
def test_a_loss_or_gradient_that_is_not_finite_is_refused_from_the_first_step_on(loss: float, norm: float) -> None:
    assert Guard().check(loss, norm)


def test_a_spike_is_refused_once_ten_losses_are_known_and_an_ordinary_loss_is_not() -> None:
    guard = Guard(factor=10.0)
    assert not guard.check(500.0)
    for _ in range(9):
        assert not guard.check(1.0)
    assert not guard.check(4000.0)  # eight times the largest of those
    guard = Guard(factor=10.0)
    for _ in range(9):
        guard.check(1.0)
    saved = guard.state_dict()
    assert not guard.check(200.0), "nine losses do not say yet what is usual"
    guard.load_state_dict(saved)
    guard.check(1.0)
    assert "over 10 times the largest recent one" in guard.check(200.0)
    assert not guard.check(9.9)
    assert guard.skipped == 1


def test_a_spike_does_not_become_the_new_normal() -> None:
    guard = Guard(factor=10.0)
    for _ in range(20):
        guard.check(1.0)
    assert guard.check(1000.0)
    assert guard.check(1000.0)


def test_the_hundred_and_first_loss_pushes_the_first_out() -> None:
    guard = Guard(factor=10.0)
    for loss in [500.0] + [1.0] * 99:
        guard.check(loss)
    saved = guard.state_dict()
    assert not guard.check(20.0), "the first of a hundred losses still counts"
    guard.load_state_dict(saved)
    guard.check(1.0)
    assert guard.check(20.0)


def test_the_scale_of_the_loss_may_fall_by_orders_of_magnitude() -> None:
    guard = Guard(factor=2.0, max_skips=1)
    for step in range(2000):
        assert not guard.check(1000.0 * 0.99**step)


def test_too_many_refusals_in_a_row_end_the_run_with_advice() -> None:
    guard = Guard(max_skips=3)
    guard.check(NAN)
    guard.check(NAN)
    guard.check(1.0)
    guard.check(NAN)
    guard.check(NAN)
    with pytest.raises(BadInput, match=r"3 updates in a row .* the loss is nan.*smaller learning_rate"):
        guard.check(NAN)


def test_without_a_factor_everything_is_accepted() -> None:
    guard = Guard(factor=None)
    assert not guard.check(NAN, NAN)
    assert guard.skipped == 0


def test_a_restored_guard_judges_as_the_saved_one_would() -> None:
    guard = Guard(max_skips=4)
    for loss in [*[1.0] * 12, 50.0, NAN, NAN]:
        guard.check(loss)
    other = Guard(max_skips=4)
    other.load_state_dict(guard.state_dict())
    assert other.skipped == guard.skipped == 3
    with pytest.raises(BadInput, match="4 updates in a row"):
        other.check(NAN)


@pytest.mark.parametrize("evil", [NAN, INF, 1e4])
def test_a_refused_update_leaves_weights_optimiser_and_average_untouched(evil: float) -> None:
    bad = 14

    class Watch(Callback):
        def __init__(self) -> None:
            self.before: dict = {}

        def stepped(self, state, outcome) -> None:
            now = {
                "weights": weights(state.net),
                "average": weights(state.average.net),
                "updates": state.average.updates,
                "moments": torch.cat([s["exp_avg"].flatten() for s in state.optimiser.state.values()]),
            }
            if state.step == bad + 1:
                assert outcome.skipped
                assert torch.equal(now["weights"], self.before["weights"])
                assert torch.equal(now["average"], self.before["average"])
                assert torch.equal(now["moments"], self.before["moments"])
                assert now["updates"] == self.before["updates"]
            elif self.before:
                assert not outcome.skipped
                assert not torch.equal(now["weights"], self.before["weights"])
            self.before = now

    state = toy_state(Toy(), ema=0.9)
    state.loss = torch.nn.MSELoss()
    batches = Batches(spoil=lambda step, hr: hr * evil if step == bad else hr)
    run(state, state.config, batches, [Watch()])
    assert state.guard.skipped == 1
    assert bool(weights(state.net).isfinite().all())


def test_without_the_guard_the_same_batch_ruins_the_weights() -> None:
    state = toy_state(Toy(), guard=None)
    state.loss = torch.nn.MSELoss()
    run(state, state.config, Batches(spoil=lambda step, hr: hr * NAN if step == 5 else hr))
    assert not bool(weights(state.net).isfinite().any())


def test_a_run_on_nothing_but_nan_ends_with_the_reason_and_not_with_nan_weights() -> None:
    state = toy_state(Toy(), max_skips=5)
    with pytest.raises(BadInput, match="diverged"):
        run(state, state.config, Batches(spoil=lambda step, hr: hr * NAN))
    assert torch.equal(weights(state.net), weights(Toy()))
    assert Config(steps=1).guard == 10.0, "the guard is on unless it is switched off"
