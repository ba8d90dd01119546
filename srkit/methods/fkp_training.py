"""Training the kernel prior FKP on random Gaussians, which takes a minute of a CPU for a usable one.

J. Liang et al., "Flow-based Kernel Prior with Application to Blind Super-Resolution", CVPR 2021, section 4.1. The
authors' settings are 100 epochs of 50,000 kernels; their kernels are drawn aside and moved to their centre by a spline,
ours are drawn where they belong.
"""

from __future__ import annotations

import copy
import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor

from srkit.errors import BadInput
from srkit.methods._choose import choose
from srkit.methods._method import Progress, Watch
from srkit.methods.blind import finite
from srkit.methods.fkp import KernelFlow, side_of

__all__ = ["FKP_PRESETS", "FlowRun", "FlowSettings", "random_gaussians", "train_fkp"]


@dataclass(frozen=True, kw_only=True)
class FlowSettings:
    """How the prior is trained; the defaults are the authors'.

    Attributes:
        steps: batches altogether.
        batch: kernels in each.
        learning_rate: of Adam, halved at 40, 50, … 90 per cent of the steps.
        weight_decay: of Adam.
        check_every: steps between measurements on kernels that are not trained on; the best state is kept.
    """

    steps: int = 50_000
    batch: int = 100
    learning_rate: float = 1e-4
    weight_decay: float = 1e-6
    check_every: int = 500

    def __post_init__(self) -> None:
        if min(self.steps, self.check_every) < 1 or self.batch < 2 or self.learning_rate <= 0 or self.weight_decay < 0:
            raise BadInput("Training the prior needs steps from 1, batches from 2 kernels and a learning rate above 0.")


FKP_PRESETS: Mapping[str, FlowSettings] = {
    "PAPER": FlowSettings(),
    "LESSON": FlowSettings(steps=3000, learning_rate=1e-3, check_every=250),
}


@dataclass(frozen=True, kw_only=True)
class FlowRun:
    """What a training gave."""

    flow: KernelFlow  # in its best state, in evaluation, without gradients of its own
    reason: str  # why it ended
    # ``"loss"`` of every step and ``"nll"``, in nats, on kernels that were not trained on
    history: dict[str, list[tuple[int, float]]]


def random_gaussians(count: int, *, scale: int, rng: torch.Generator) -> Tensor:
    """Draw kernels ``(count, side, side)`` as the authors do: any angle, variances from 0.175 to 2.5 times the scale.

    Their centre is at ``(side - scale) / 2``: applied by true convolution they keep the reduced image registered.

    Args:
        count: how many.
        scale: reduction factor; variances are at most 10.
        rng: where they come from.
    """
    low, high = 0.175 * scale, min(2.5 * scale, 10.0)
    first, second, turn = torch.rand(3, count, generator=rng, dtype=torch.float64)
    first, second, turn = low + (high - low) * first, low + (high - low) * second, math.pi * turn
    side = side_of(scale)
    at = torch.arange(side, dtype=torch.float64) - (side - scale) / 2
    x, y = at[None, None, :], at[None, :, None]
    cos, sin = turn.cos()[:, None, None], turn.sin()[:, None, None]
    along, across = x * cos + y * sin, y * cos - x * sin  # (count, side, side)
    kernels = torch.exp(-0.5 * (along**2 / first[:, None, None] + across**2 / second[:, None, None]))
    return kernels / kernels.sum((1, 2), keepdim=True)


def train_fkp(
    *, scale: int, preset: str = "PAPER", seed: int = 0, progress: Progress | None = None, **changes: Any
) -> FlowRun:
    """Train a kernel prior from scratch; Ctrl-C or a true answer of ``progress`` ends it with the best state so far.

    Args:
        scale: reduction factor.
        preset: ``"PAPER"``, or ``"LESSON"`` for about a minute.
        seed: decides everything random.
        progress: called as ``progress(done, total)`` after each step.
        **changes: any field of :class:`FlowSettings`.

    Raises:
        UnknownName: no such preset.
        BadInput: a setting that does not exist, or a value it cannot have.
    """
    settings = choose(FKP_PRESETS, preset, changes, method="FKP's training")
    rng = torch.Generator().manual_seed(seed)
    flow = KernelFlow(scale=scale, rng=rng)
    unseen = flow.prepare(random_gaussians(400, scale=scale, rng=rng), rng).float()
    watch = Watch(progress, total=settings.steps)
    best, lowest = copy.deepcopy(flow.state_dict()), math.inf
    with torch.inference_mode(False), torch.enable_grad(), watch.listening():
        adam = torch.optim.Adam(flow.parameters(), lr=settings.learning_rate, weight_decay=settings.weight_decay)
        while watch.step < settings.steps and watch.goes_on():
            loss = _one_step(flow.train(), adam, settings, watch.step, rng)
            if not finite(watch, loss=loss):
                break
            watch.stepped(loss=loss)
            if watch.step % settings.check_every == 0 or watch.step == settings.steps or watch.stop:
                nll = _nll(flow, unseen)
                watch.record(nll=nll)
                if nll < lowest:
                    best, lowest = copy.deepcopy(flow.state_dict()), nll
    flow.load_state_dict(best)
    return FlowRun(flow=flow.frozen(), reason=watch.stop or f"done: {settings.steps} steps", history=watch.history)


def _one_step(
    flow: KernelFlow, adam: torch.optim.Adam, settings: FlowSettings, step: int, rng: torch.Generator
) -> float:
    tenths = 10 * step // settings.steps  # halved when 40, 50, … 90 per cent are done
    for group in adam.param_groups:
        group["lr"] = settings.learning_rate * 0.5 ** max(0, tenths - 3)
    values = flow.prepare(random_gaussians(settings.batch, scale=flow.scale, rng=rng), rng).float()
    loss = -flow.log_probability(values).mean()
    if bool(loss.isfinite()):
        adam.zero_grad()
        torch.autograd.backward(loss)
        adam.step()
    return float(loss.detach())


@torch.no_grad()
def _nll(flow: KernelFlow, values: Tensor) -> float:
    return -float(flow.eval().log_probability(values).mean())
