"""Everything that changes while a network trains, in one place."""

from __future__ import annotations

import contextlib
import copy
import math
from collections import deque
from collections.abc import Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import torch
from torch import Tensor, nn

from srkit._html import table
from srkit.errors import BadInput
from srkit.metrics import METRICS
from srkit.metrics._registry import Metric
from srkit.ops.device import pick_device, warn_of_bfloat16
from srkit.training.config import Config
from srkit.training.history import History, Ledger
from srkit.training.supervise import LossFunction, Predicting, has_predictions
from srkit.training.world import World

if TYPE_CHECKING:
    from srkit.training.adversarial import Discriminator

__all__ = ["Average", "Best", "Guard", "Run", "State", "decay_at", "make_optimiser", "make_state"]


def decay_at(update: int, decay: float) -> float:
    """Return the decay of update number ``update`` (the first is 0): ``min(decay, (1 + n) / (10 + n))``.

    The rising start lets the average forget the random first weights within a few dozen updates; with a constant
    0.999 they would still weigh 37 % after a thousand.
    """
    return min(decay, (1 + update) / (10 + update))


class Average:
    """A second copy of a network that follows it slowly: ``average = decay * average + (1 - decay) * weights``.

    Args:
        decay: weight of the past, in (0, 1).

    Attributes:
        net: the averaged network, in evaluation mode, without gradients.
        updates: how many updates were averaged.

    Buffers (means, running statistics) are copied, not averaged.
    """

    def __init__(self, net: nn.Module, *, decay: float) -> None:
        self.net = copy.deepcopy(net).eval().requires_grad_(False)
        self.decay = decay
        self.updates = 0
        self._link(net)

    def _link(self, net: nn.Module) -> None:
        self._mine: list[Tensor] = list(self.net.parameters())
        self._theirs: list[Tensor] = list(net.parameters())
        self._buffers = list(zip(self.net.buffers(), net.buffers(), strict=True))

    @torch.no_grad()
    def update(self) -> None:
        """Move the average towards the present weights of the network."""
        share = 1 - decay_at(self.updates, self.decay)
        if self._mine:
            torch._foreach_lerp_(self._mine, self._theirs, share)
        for mine, other in self._buffers:
            mine.copy_(other)
        self.updates += 1

    def state_dict(self) -> dict[str, Any]:
        """Return the averaged weights and the number of updates in them."""
        return {"net": self.net.state_dict(), "updates": self.updates}

    def load_state_dict(self, saved: dict[str, Any]) -> None:
        """Take up where :meth:`state_dict` left off."""
        self.net.load_state_dict(saved["net"])
        self.updates = int(saved["updates"])


_WINDOW = 100
_WARM = 10


class Guard:
    """Decide for each step whether its update may be made.

    Deep SR networks without normalisation now and then meet a batch on which the loss jumps by orders of magnitude; one
    such update can undo days of training. The guard looks at the loss and at the norm of the gradient *before* the
    optimiser moves, so that a refused step leaves weights, optimiser and average exactly as they were.

    Args:
        factor: refuse a loss more than this many times the largest of the last 100 accepted ones (once ten were
            accepted); None accepts everything, NaN included.
        max_skips: refuse this many in a row, and :meth:`check` raises.

    Attributes:
        skipped: how many updates were refused so far.
    """

    def __init__(self, *, factor: float | None = 10.0, max_skips: int = 50) -> None:
        self.factor = factor
        self.max_skips = max_skips
        self.skipped = 0
        self._in_a_row = 0
        self._recent: deque[float] = deque(maxlen=_WINDOW)

    def check(self, loss: float, gradient_norm: float | None = None) -> str:
        """Return the reason to skip the update, or ``""`` to make it.

        Args:
            gradient_norm: L2 norm of the whole gradient before clipping; None where it was not computed.
        """
        reason = "" if self.factor is None else self._reason(loss, gradient_norm)
        if not reason:
            self._recent.append(loss)
            self._in_a_row = 0
            return ""
        self.skipped += 1
        self._in_a_row += 1
        if self._in_a_row >= self.max_skips:
            raise BadInput(
                f"{self._in_a_row} updates in a row had to be skipped (the last because {reason}): the run has "
                "diverged. Start again from the last good checkpoint with a smaller learning_rate, or with clip=1.0, "
                "and look at the images if the very first step fails. guard=None switches this check off."
            )
        return reason

    def _reason(self, loss: float, gradient_norm: float | None) -> str:
        if not math.isfinite(loss):
            return f"the loss is {loss}"
        if gradient_norm is not None and not math.isfinite(gradient_norm):
            return f"the norm of the gradient is {gradient_norm}"
        largest = max(self._recent) if len(self._recent) >= _WARM else math.inf
        if self.factor is not None and loss > self.factor * largest > 0:
            return f"the loss {loss:.3g} is over {self.factor:g} times the largest recent one, {largest:.3g}"
        return ""

    def state_dict(self) -> dict[str, Any]:
        """Return what a resumed run needs to decide as this one would have."""
        return {"skipped": self.skipped, "in_a_row": self._in_a_row, "recent": list(self._recent)}

    def load_state_dict(self, saved: dict[str, Any]) -> None:
        """Take up where :meth:`state_dict` left off."""
        self.skipped, self._in_a_row = int(saved["skipped"]), int(saved["in_a_row"])
        self._recent = deque(saved["recent"], maxlen=_WINDOW)


@dataclass(frozen=True)
class Best:
    """The best validation so far."""

    step: int  # after how many steps
    scores: Mapping[str, float]  # mean of each metric over the validation images, the one that decides first
    # the weights that were validated (the averaged ones, where ``ema`` is on)
    weights: Mapping[str, Tensor] = field(repr=False)
    values: tuple[float, ...] = field(repr=False)  # the first metric image by image

    @property
    def metric(self) -> Metric:
        """What decides which validation is the best."""
        return METRICS.get(next(iter(self.scores)))

    @property
    def psnr(self) -> float:
        """Mean PSNR in dB."""
        return self.scores["psnr"]

    @property
    def spoken(self) -> str:
        """The deciding score with its unit and name: ``"31.04 dB PSNR"``."""
        metric = self.metric
        parts = (metric.spoken(self.scores[metric.name]), metric.unit, metric.title)
        return " ".join(filter(None, parts))


@dataclass
class State:
    """A run between two steps.

    Attributes:
        net: the network whose weights are trained.
        loss: ``loss(sr, hr)`` gives a scalar; where it has ``terms(sr, hr)``, each term gets its own column.
        optimiser: any torch optimiser over ``net.parameters()``.
        config: the settings.
        device: where the network is.
        model: what is called to train: ``net`` itself, all its predictions, or a DistributedDataParallel wrapper.
        world: this process among all.
        guard: decides which updates are made.
        average: the moving average of the weights, or None.
        scaler: scales the loss in float16; passes it through otherwise.
        discriminators: of an adversarial training, usually one; empty otherwise.
        step: how many steps were made.
        seconds: how long they took, without validation and saving.
        history: one row per logged step, made with the first one.
        skips: step, loss, gradient norm and reason of every skipped update.
        best: the best validation so far.
        stop: why the run should end after the present step; empty to go on.
        whole: False while a step is being made; only a whole state may be saved.
    """

    net: nn.Module
    loss: LossFunction
    optimiser: torch.optim.Optimizer
    config: Config
    device: torch.device
    model: nn.Module
    world: World
    guard: Guard
    average: Average | None
    scaler: torch.amp.GradScaler
    discriminators: list[Discriminator] = field(default_factory=list)
    step: int = 0
    seconds: float = 0.0
    history: History | None = None
    skips: Ledger = field(default_factory=lambda: Ledger(("step", "loss", "gradient_norm", "reason")))
    best: Best | None = None
    stop: str = ""
    whole: bool = True

    @property
    def result(self) -> nn.Module:
        """The network to validate and to keep: the averaged one where there is one."""
        return self.net if self.average is None else self.average.net

    def autocast(self) -> AbstractContextManager[Any]:
        """Return the context of the forward pass: mixed precision, or nothing."""
        kind = precision_of(self.config.precision, self.device)
        if kind == torch.float32:
            return contextlib.nullcontext()
        return torch.autocast(self.device.type, dtype=kind)


@dataclass(frozen=True)
class Run:
    """A finished (or interrupted) training.

    Attributes:
        net: the network given, holding the result: the averaged weights where ``ema`` is on, those of the best
            validation with ``keep="best"``, else the last.
        history: every logged number; ``run.history.plot()`` draws it.
        config: the settings.
        best: step, PSNR, SSIM and weights of the best validation; None without ``valid``.
        folder: the run folder, or None.
        steps: how many steps were made in all, before and after resuming.
        skipped: how many updates the guard refused.
        seconds: time spent on steps, validation and saving not counted.
        interrupted: why the run ended before ``config.steps``; empty if it did not.
    """

    net: nn.Module = field(repr=False)
    history: History = field(repr=False)
    config: Config
    best: Best | None
    folder: Path | None
    steps: int
    skipped: int
    seconds: float
    interrupted: str

    def __str__(self) -> str:
        return "\n".join(f"{name}: {value}" for name, value in self._facts())

    def _repr_html_(self) -> str:
        return table(self._facts(), caption="Training run", named=True)

    def _facts(self) -> list[tuple[str, str]]:
        facts = [("steps", f"{self.steps:,} of {self.config.steps:,} in {self.seconds:,.1f} s")]
        losses = self.history["loss"]
        if losses:
            facts.append(("loss", f"{losses[0]:.4g} at the first step, {losses[-1]:.4g} at the last"))
        if self.best is not None:
            facts.append(("best validation", f"{self.best.spoken} at step {self.best.step:,}"))
        if self.skipped:
            facts.append(("skipped updates", str(self.skipped)))
        if self.interrupted:
            facts.append(("ended early", self.interrupted))
        if self.folder is not None:
            facts.append(("folder", str(self.folder)))
        return facts


def make_state(net: nn.Module, loss: LossFunction, config: Config, *, world: World | None = None) -> State:
    """Prepare a run of ``net``: move it to its device; make optimiser, average and guard; wrap it for many processes.

    Raises:
        BadInput: the network has nothing to train, or the device or precision cannot be had.
    """
    world = world or World()
    device = pick_device(config.device, rank=world.local_rank)
    half = precision_of(config.precision, device) == torch.float16
    if config.precision == "bfloat16":
        warn_of_bfloat16(device)
    layout = torch.channels_last if config.channels_last else torch.preserve_format
    net = net.to(device, memory_format=layout)  # type: ignore[call-overload]  # torch's stub lacks device with memory_format
    return State(
        net=net,
        loss=loss.to(device) if isinstance(loss, nn.Module) else loss,
        optimiser=make_optimiser(net, config),
        config=config,
        device=device,
        model=_spread(
            Predicting(net) if config.supervision and has_predictions(net) else net,
            world,
            device,
            partly=bool(config.growth or config.scales),
        ),
        world=world,
        guard=Guard(factor=config.guard, max_skips=config.max_skips),
        average=Average(net, decay=config.ema) if config.ema else None,
        scaler=torch.amp.GradScaler(device.type, enabled=half),
    )


def make_optimiser(net: nn.Module, config: Config) -> torch.optim.Optimizer:
    """Return the optimiser the config names, over the parameters that want a gradient."""
    parameters = [parameter for parameter in net.parameters() if parameter.requires_grad]
    if not parameters:
        raise BadInput(
            f"{type(net).__name__} has no parameter to train. Interpolation has nothing to learn; otherwise check "
            "that layers are attributes of the module and that requires_grad is True."
        )
    rate, decay = config.learning_rate, config.weight_decay
    if config.optimiser == "sgd":
        return torch.optim.SGD(parameters, rate, momentum=config.momentum, weight_decay=decay)
    if config.optimiser == "rmsprop":
        return torch.optim.RMSprop(parameters, rate, momentum=config.momentum, eps=config.epsilon, weight_decay=decay)
    kind = torch.optim.AdamW if config.optimiser == "adamw" else torch.optim.Adam
    return kind(parameters, rate, betas=config.betas, eps=config.epsilon, weight_decay=decay)


def precision_of(name: str, device: torch.device) -> torch.dtype:
    """Return the number format of the forward pass."""
    if name == "auto":
        if device.type != "cuda":
            return torch.float32
        return torch.bfloat16 if torch.cuda.is_bf16_supported() else torch.float16
    if name == "float16" and device.type != "cuda":
        raise BadInput(f"precision='float16' needs a CUDA device and this run is on {device.type}: use 'float32'.")
    return {"float32": torch.float32, "bfloat16": torch.bfloat16, "float16": torch.float16}[name]


def _spread(net: nn.Module, world: World, device: torch.device, *, partly: bool) -> nn.Module:
    """Wrap a network for many processes; ``partly`` says that a step may use only some of its weights."""
    if world.size == 1:
        return net
    ids = [device.index] if device.type == "cuda" else None
    return nn.parallel.DistributedDataParallel(net, device_ids=ids, find_unused_parameters=partly)
