"""The training loop: :func:`run` repeats :func:`one_step`; everything else is a callback.

:func:`one_step` is the step written by hand in the lessons, with three things added that cost a line each: the batch
may go through in parts, the gradient may be clipped, and an update that would ruin the weights is not made.
"""

from __future__ import annotations

import contextlib
import signal
import threading
import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, field, replace
from functools import reduce
from types import FrameType
from typing import Any, Protocol

import torch
from torch import Tensor, nn

from srkit.errors import BadInput
from srkit.layers import Prediction
from srkit.training.config import Config, learning_rate_at
from srkit.training.curriculum import grow, growth_at, parse_growth
from srkit.training.state import State
from srkit.training.supervise import Batch, Batches, split, supervised_terms, terms_of
from srkit.training.world import chance, mean_over

__all__ = ["Batches", "Callback", "Outcome", "finish_step_first", "one_step", "run"]


@dataclass(frozen=True)
class Outcome:
    """What one step gave."""

    loss: float  # the whole loss, over all parts and processes
    terms: dict[str, float]  # its weighted terms
    gradient_norm: float | None  # L2 norm of the gradient before clipping; None where neither guard nor clip wants it
    skipped: str  # why the update was not made; empty if it was
    # further numbers of the step that are not part of the loss, for example a discriminator's
    beside: Mapping[str, float] = field(default_factory=dict)


class Callback:
    """Called during a run; may end it by setting ``state.stop`` to the reason.

    Subclass it and override what is needed; a plain function ``f(state, outcome)`` is accepted wherever a callback is.
    """

    def started(self, state: State) -> None:
        """Called once, before the first step."""

    def stepped(self, state: State, outcome: Outcome) -> None:
        """Called after each step; ``state.step`` already counts it."""

    def ended(self, state: State) -> None:
        """Called once at the end, whatever the reason; ``state.whole`` says whether the state may be saved."""


def run(state: State, config: Config, batches: Batches, callbacks: Iterable[Callback] = ()) -> State:
    """Train until ``config.steps`` steps are made or a callback or Ctrl-C stops the run.

    A first Ctrl-C lets the step in hand finish; a second one ends at once, and then the state is not saved.
    """
    watching = list(callbacks)
    with contextlib.ExitStack() as stack:
        stack.enter_context(training_mode(state.net))
        for callback in watching:
            stack.callback(callback.ended, state)
            callback.started(state)
        stack.enter_context(finish_step_first(state))
        while state.step < config.steps and not state.stop:
            start = time.perf_counter()
            batch = batches.batch(state.step)
            set_learning_rate(state, learning_rate_at(state.step, config))
            if config.growth:
                let_grow(state, config)
            state.whole = False
            outcome = whole_step(state, batch)
            state.step, state.whole = state.step + 1, True
            state.seconds += time.perf_counter() - start
            for callback in watching:
                callback.stepped(state, outcome)
            agree_to_stop(state)
    return state


def whole_step(state: State, batch: Batch) -> Outcome:
    """Make one step of the network, then one of every discriminator on the images it was given."""
    for one in state.discriminators:
        one.seen.clear()
    outcome = one_step(state, batch)
    beside = dict(outcome.beside)
    for one in state.discriminators:
        for number in range(one.term.updates if one.seen else 0):
            beside |= one.learn(state, number)
    return replace(outcome, beside=beside)


def one_step(state: State, batch: Batch) -> Outcome:
    """Make one step: forget the old gradient, predict, compare, differentiate, update the weights."""
    state.optimiser.zero_grad()
    terms = differentiate(state, batch)  # sr = net(lr); loss(sr, hr).backward()
    norm = measure_gradient(state)  # and clip it to config.clip
    outcome = weigh(state, terms, norm)
    if not outcome.skipped:
        update(state)  # optimiser.step(), then the average follows
    return outcome


def differentiate(state: State, batch: Batch) -> dict[str, Tensor]:
    """Run the network forward and backward; returns the terms of the loss, averaged over the parts of the batch."""
    config, parts = state.config, state.config.accumulate
    shares = split(batch, parts, device=state.device, channels_last=config.channels_last, processes=state.world.size)
    found: list[dict[str, Tensor]] = []
    with chance(config.seed, state.step, state.world.rank, device=state.device):
        for number, (lr, hr, condition) in enumerate(shares):
            with hold_sync(state, until=number == parts - 1):
                with state.autocast():
                    sr = state.model(lr, **condition)  # (b, 3, scale*h, scale*w), or all predictions of the network
                terms = compare(state, sr, hr)
                loss = reduce(torch.add, terms.values())
                torch.autograd.backward(state.scaler.scale(loss if parts == 1 else loss / parts))
            found.append({name: term.detach() for name, term in terms.items()})
    return found[0] if parts == 1 else {name: torch.stack([f[name] for f in found]).mean() for name in found[0]}


def compare(state: State, sr: Tensor | Sequence[Prediction], hr: Tensor) -> dict[str, Tensor]:
    """Return the weighted terms of the loss, after checking that they can be trained on.

    Raises:
        BadInput: sizes differ, a term is not a single number, or nothing in the loss depends on the network.
    """
    half = state.config.precision != "float32"
    if isinstance(sr, Tensor):
        _check_sizes(sr, hr)
        terms = terms_of(state.loss, sr.float() if half else sr, hr)
    else:
        whole = [replace(one, image=one.image.float()) for one in sr] if half else sr
        terms = supervised_terms(state.loss, whole, hr)
    for name, term in terms.items():
        if term.dim():
            raise BadInput(f"Loss term {name!r} has shape {tuple(term.shape)}; a loss is one number: average it.")
    if not any(term.requires_grad for term in terms.values()):
        raise BadInput(
            "The loss does not depend on the weights: something on the way detaches the result "
            "(.detach(), .item(), .data, torch.no_grad() or rounding). Compute it with differentiable operations."
        )
    return terms


def _check_sizes(sr: Tensor, hr: Tensor) -> None:
    if sr.shape != hr.shape:
        raise BadInput(
            f"The network made {tuple(sr.shape)} where the HR patches are {tuple(hr.shape)}: its scale is not that of "
            "the pairs, or it crops. Create it with the scale of the data."
        )


def measure_gradient(state: State) -> float | None:
    """Return the L2 norm of the whole gradient and clip it to ``config.clip``; None if it is not needed."""
    config = state.config
    if config.clip is None and config.guard is None:
        return None
    state.scaler.unscale_(state.optimiser)
    gradients = [p.grad for p in state.net.parameters() if p.grad is not None]
    norm = nn.utils.get_total_norm(gradients)
    if config.clip is not None:
        nn.utils.clip_grads_with_norm_(state.net.parameters(), config.clip, norm)
    return float(norm)


def weigh(state: State, terms: dict[str, Tensor], norm: float | None) -> Outcome:
    """Return the outcome of the step and whether its update may be made, the same in every process."""
    values = mean_over(state.world, torch.stack([*terms.values()])).tolist()
    loss = float(sum(values))
    known = None if state.scaler.is_enabled() else norm  # in float16 an infinite gradient is the scaler's own affair
    skipped = state.guard.check(loss, known)
    return Outcome(loss, dict(zip(terms, values, strict=True)), norm, skipped)


def update(state: State) -> None:
    """Update the weights, and then their average."""
    state.scaler.step(state.optimiser)
    state.scaler.update()
    if state.average is not None:
        state.average.update()


def agree_to_stop(state: State) -> None:
    """Make all processes stop after the same step when one of them stops; with one process, do nothing."""
    if state.world.size > 1:
        wanted = torch.tensor(float(bool(state.stop)), device=state.device)
        if float(mean_over(state.world, wanted)) > 0 and not state.stop:
            state.stop = "another process of this run stopped"


def set_learning_rate(state: State, rate: float) -> None:
    """Set the learning rate of every parameter group."""
    for group in state.optimiser.param_groups:
        group["lr"] = rate


def let_grow(state: State, config: Config) -> None:
    """Grow a network to its state at this step; the best validation of another scale is discarded."""
    scale, blend = growth_at(state.step, parse_growth(config.growth), config.steps)
    if scale != state.net.scale and state.step:
        state.best = None
    grow([state.net] if state.average is None else [state.net, state.average.net], scale, blend)


@contextlib.contextmanager
def training_mode(net: nn.Module) -> Iterator[None]:
    """Put a network into training mode with gradients on, and each of its modules back as it was."""
    before = [(module, module.training) for module in net.modules()]
    net.train()
    try:
        with torch.enable_grad():
            yield
    finally:
        for module, training in before:
            module.training = training


def hold_sync(state: State, *, until: bool) -> AbstractContextManager[Any]:
    """Return a context in which processes do not exchange gradients, unless ``until`` says this is the last part."""
    model = state.model
    if until or not isinstance(model, nn.parallel.DistributedDataParallel):
        return contextlib.nullcontext()
    return model.no_sync()


class Stoppable(Protocol):
    """Anything that ends when its ``stop`` is not empty."""

    stop: str
    step: int


@contextlib.contextmanager
def finish_step_first(state: Stoppable) -> Iterator[None]:
    """Turn the first Ctrl-C inside a ``with`` block into ``state.stop``; a second one interrupts at once.

    Python's own Ctrl-C handling is put back at the end. Where other code handles Ctrl-C already, or outside the main
    thread, nothing is changed.
    """
    ours = threading.current_thread() is threading.main_thread()
    if not ours or signal.getsignal(signal.SIGINT) is not signal.default_int_handler:
        yield
        return

    def ask(number: int, frame: FrameType | None) -> None:
        if state.stop:
            raise KeyboardInterrupt
        state.stop = "interrupted by Ctrl-C"

    signal.signal(signal.SIGINT, ask)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, signal.default_int_handler)
