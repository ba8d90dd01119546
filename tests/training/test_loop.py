"""The loop against the same steps written out by hand, and what it must not touch."""

from __future__ import annotations

import random
import signal
import threading
from pathlib import Path

import numpy as np
import pytest
import torch
from torch import nn

from srkit.errors import BadInput
from srkit.training import Callback, Config, make_state, one_step, run
from tests.training._toy import Batches, Toy, toy_state, weights


def by_hand(steps: int, **adam: object) -> nn.Module:
    """Train the toy network with nothing but torch."""
    net, batches = Toy(), Batches()
    optimiser = torch.optim.Adam(net.parameters(), **{"lr": 1e-2, **adam})
    for step in range(steps):
        lr, hr = batches.batch(step)
        loss = nn.functional.l1_loss(net(lr), hr)
        optimiser.zero_grad()
        loss.backward()
        optimiser.step()
    return net


def test_the_loop_makes_the_very_steps_one_would_write_by_hand() -> None:
    state = toy_state()
    run(state, state.config, Batches())
    assert torch.equal(weights(state.net), weights(by_hand(20)))


@pytest.mark.parametrize(
    ("settings", "make"),
    [
        ({"optimiser": "adam", "betas": (0.5, 0.9), "weight_decay": 0.1},
         lambda p: torch.optim.Adam(p, 1e-2, betas=(0.5, 0.9), weight_decay=0.1)),
        ({"optimiser": "adamw", "weight_decay": 0.1}, lambda p: torch.optim.AdamW(p, 1e-2, weight_decay=0.1)),
        ({"optimiser": "sgd", "momentum": 0.8}, lambda p: torch.optim.SGD(p, 1e-2, momentum=0.8)),
        ({"optimiser": "rmsprop", "epsilon": 1e-4}, lambda p: torch.optim.RMSprop(p, 1e-2, momentum=0.9, eps=1e-4)),
    ],
)  # fmt: skip
def test_every_optimiser_is_torchs_with_the_settings_that_were_given(settings: dict, make: object) -> None:
    net, batches = Toy(), Batches()
    optimiser = make(net.parameters())
    for step in range(8):
        lr, hr = batches.batch(step)
        optimiser.zero_grad()
        nn.functional.l1_loss(net(lr), hr).backward()
        optimiser.step()
    state = toy_state(steps=8, **settings)
    run(state, state.config, batches)
    assert torch.equal(weights(state.net), weights(net))


@pytest.mark.parametrize("parts", [2, 4])
def test_a_batch_in_parts_gives_the_weights_of_the_whole_batch(parts: int) -> None:
    """In float64: what remains is rounding, not a wrong weight of the parts."""

    class Double(Batches):
        def batch(self, step: int) -> tuple[torch.Tensor, torch.Tensor]:
            lr, hr = super().batch(step)
            return lr.double(), hr.double()

    results, sizes = [], []
    for accumulate in (1, parts):
        state = toy_state(Toy().double(), accumulate=accumulate)
        state.net.register_forward_pre_hook(lambda net, inputs: sizes.append(len(inputs[0])))
        run(state, state.config, Double())
        results.append(weights(state.net))
    assert sizes == [4] * 20 + [4 // parts] * 20 * parts
    torch.testing.assert_close(*results, rtol=0, atol=1e-12)


def test_the_loss_of_a_batch_in_parts_is_that_of_the_whole() -> None:
    whole, parts = toy_state(), toy_state(accumulate=4)
    batch = Batches().batch(0)
    assert one_step(parts, batch).loss == pytest.approx(one_step(whole, batch).loss, rel=1e-6)


def test_the_gradient_is_clipped_as_torch_clips_it_and_reported_as_it_was() -> None:
    lr, hr = Batches().batch(0)
    net = Toy()
    nn.functional.l1_loss(net(lr), hr).backward()
    norm = nn.utils.clip_grad_norm_(net.parameters(), 0.01)
    state = toy_state(clip=0.01)
    outcome = one_step(state, (lr, hr))
    assert outcome.gradient_norm == pytest.approx(float(norm), rel=1e-6)
    assert outcome.gradient_norm > 0.01
    for mine, theirs in zip(state.net.parameters(), net.parameters(), strict=True):
        torch.testing.assert_close(mine.grad, theirs.grad)


def test_the_learning_rate_of_a_step_follows_the_schedule() -> None:
    seen = []
    state = toy_state(steps=6, schedule="multistep@2,4")
    watch = type("Watch", (Callback,), {"stepped": lambda self, s, o: seen.append(s.optimiser.param_groups[0]["lr"])})()
    run(state, state.config, Batches(), [watch])
    assert seen == pytest.approx([1e-2, 1e-2, 5e-3, 5e-3, 2.5e-3, 2.5e-3])


def test_dropout_repeats_by_seed_and_differs_between_steps() -> None:
    def trained(seed: int) -> torch.Tensor:
        state = toy_state(Toy(dropout=0.5), seed=seed)
        torch.rand(random.randrange(10))  # whatever the caller draws has no influence
        run(state, state.config, Batches())
        return weights(state.net)

    assert torch.equal(trained(1), trained(1))
    assert not torch.equal(trained(1), trained(2))

    class Same(Batches):
        def batch(self, step: int) -> tuple[torch.Tensor, torch.Tensor]:
            return super().batch(0)

    masks = []
    net = Toy(dropout=0.5)
    net.dropout.register_forward_hook(lambda module, given, out: masks.append((out == 0) & (given[0] != 0)))
    state = toy_state(net, steps=2, learning_rate=1e-9)
    run(state, state.config, Same())
    assert not torch.equal(*masks), "another step drops other features"


def test_training_leaves_the_global_state_of_the_process_as_it_was() -> None:
    def snapshot() -> tuple[object, ...]:
        return (
            torch.default_generator.get_state().tolist(),
            np.random.get_state()[1].tolist(),
            random.getstate(),
            torch.is_grad_enabled(),
            torch.get_default_dtype(),
            torch.get_num_threads(),
            torch.are_deterministic_algorithms_enabled(),
            torch.backends.cudnn.benchmark,
            signal.getsignal(signal.SIGINT),
            Path.cwd(),
        )

    net = Toy(dropout=0.1)
    with torch.no_grad():
        before = snapshot()
        state = toy_state(net, ema=0.9, clip=1.0)
        run(state, state.config, Batches())
        assert snapshot() == before
    assert not torch.equal(weights(state.net), weights(Toy())), "training works inside no_grad"


def test_every_module_gets_back_its_own_mode() -> None:
    net = Toy()
    net.eval()
    net.first.train()
    seen = []
    state = toy_state(net, steps=2)
    watch = type("Watch", (Callback,), {"stepped": lambda self, s, o: seen.append(s.net.last.training)})()
    run(state, state.config, Batches(), [watch])
    assert seen == [True, True]
    assert not net.training
    assert net.first.training


def test_ctrl_c_lets_the_step_finish_and_ends_the_run() -> None:
    class Press(Callback):
        def stepped(self, state, outcome) -> None:
            if state.step == 7:
                signal.raise_signal(signal.SIGINT)

    state = toy_state()
    run(state, state.config, Batches(), [Press()])
    assert (state.step, state.whole) == (7, True)
    assert "Ctrl-C" in state.stop
    assert torch.equal(weights(state.net), weights(by_hand(7)))
    assert signal.getsignal(signal.SIGINT) is signal.default_int_handler


def test_a_second_ctrl_c_ends_at_once_and_marks_the_step_as_torn() -> None:
    class Impatient(nn.Module):
        scale = 2

        def __init__(self) -> None:
            super().__init__()
            self.toy, self.calls = Toy(), 0

        def forward(self, lr: torch.Tensor) -> torch.Tensor:
            self.calls += 1
            if self.calls == 3:
                signal.raise_signal(signal.SIGINT)
                signal.raise_signal(signal.SIGINT)
            return self.toy(lr)

    state = toy_state(Impatient())
    ended = []
    watch = type("Watch", (Callback,), {"ended": lambda self, s: ended.append(s.whole)})()
    with pytest.raises(KeyboardInterrupt):
        run(state, state.config, Batches(), [watch])
    assert ended == [False]
    assert state.step == 2


def test_training_works_outside_the_main_thread() -> None:
    state = toy_state()
    thread = threading.Thread(target=lambda: run(state, state.config, Batches()))
    thread.start()
    thread.join()
    assert torch.equal(weights(state.net), weights(by_hand(20)))


def test_callbacks_are_told_of_the_end_even_after_an_error() -> None:
    told = []

    class Watch(Callback):
        def started(self, state) -> None:
            told.append("started")

        def stepped(self, state, outcome) -> None:
            raise ZeroDivisionError

        def ended(self, state) -> None:
            told.append("ended")

    state = toy_state()
    with pytest.raises(ZeroDivisionError):
        run(state, state.config, Batches(), [Watch()])
    assert told == ["started", "ended"]


def test_a_network_of_another_scale_than_the_pairs_is_named_with_both_sizes() -> None:
    class Half(Batches):
        def batch(self, step: int) -> tuple[torch.Tensor, torch.Tensor]:
            lr, hr = super().batch(step)
            return lr, hr[..., ::2, ::2]

    state = toy_state()
    with pytest.raises(BadInput, match=r"made \(4, 3, 16, 16\) where the HR patches are \(4, 3, 8, 8\)"):
        run(state, state.config, Half())


def test_a_loss_that_is_cut_off_from_the_network_is_explained() -> None:
    state = toy_state()
    state.loss = lambda sr, hr: (sr.detach() - hr).abs().mean()
    with pytest.raises(BadInput, match=r"does not depend on the weights.*\.detach\(\)"):
        run(state, state.config, Batches())


def test_a_loss_that_is_not_one_number_is_explained() -> None:
    state = toy_state()
    state.loss = nn.L1Loss(reduction="none")
    with pytest.raises(BadInput, match=r"has shape \(4, 3, 16, 16\); a loss is one number"):
        run(state, state.config, Batches())


def test_a_network_without_weights_cannot_be_trained_and_says_so() -> None:
    with pytest.raises(BadInput, match="Upsample has no parameter to train"):
        make_state(nn.Upsample(scale_factor=2), nn.L1Loss(), Config(steps=1))


def test_frozen_weights_stay_as_they_are() -> None:
    net = Toy()
    net.first.requires_grad_(False)
    before = net.first.weight.clone()
    state = toy_state(net, ema=0.9)
    run(state, state.config, Batches())
    assert torch.equal(net.first.weight, before)
    assert not torch.equal(net.last.weight, Toy().last.weight)


def test_bfloat16_is_used_when_asked_for_and_the_loss_stays_in_float32() -> None:
    seen = []

    class Look(Toy):
        def forward(self, lr: torch.Tensor) -> torch.Tensor:
            sr = super().forward(lr)
            seen.append(sr.dtype)
            return sr

    state = toy_state(Look(), precision="bfloat16", steps=3)
    state.loss = lambda sr, hr: seen.append(sr.dtype) or (sr - hr).abs().mean()
    run(state, state.config, Batches())
    assert set(seen[::2]) == {torch.bfloat16}
    assert set(seen[1::2]) == {torch.float32}
    assert state.net.first.weight.dtype == torch.float32


def test_auto_precision_means_float32_on_a_cpu_and_float16_is_refused_there() -> None:
    plain, auto = toy_state(device="cpu"), toy_state(precision="auto", device="cpu")
    run(plain, plain.config, Batches())
    run(auto, auto.config, Batches())
    assert torch.equal(weights(plain.net), weights(auto.net))
    with pytest.raises(BadInput, match=r"float16.*needs a CUDA device"):
        toy_state(precision="float16", device="cpu")


def test_a_scaled_loss_trains_as_an_unscaled_one_and_survives_an_overflow() -> None:
    """The float16 path, with the scaler switched on by hand: a CPU cannot run the network itself in float16."""
    plain, scaled = toy_state(clip=0.1), toy_state(clip=0.1)
    scaled.scaler = torch.amp.GradScaler("cpu", init_scale=2.0**10, growth_interval=1000)
    run(plain, plain.config, Batches())
    run(scaled, scaled.config, Batches())
    torch.testing.assert_close(weights(scaled.net), weights(plain.net), rtol=0, atol=1e-6)

    over = toy_state(steps=40)
    over.scaler = torch.amp.GradScaler("cpu", init_scale=2.0**127 * 1.9)
    run(over, over.config, Batches())
    assert over.guard.skipped == 0, "an overflow is the scaler's business, not a spike"
    assert over.scaler.get_scale() < 2.0**127 * 1.9
    assert bool(weights(over.net).isfinite().all())


def test_a_device_that_is_not_there_is_refused_with_those_that_are() -> None:
    with pytest.raises(BadInput, match=r"device 'quantum' cannot be used here.*Available: cpu"):
        toy_state(device="quantum")
