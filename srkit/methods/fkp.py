"""FKP: a normalising flow trained on blur kernels; every point of a sphere is mapped to a kernel.

J. Liang, K. Zhang, S. Gu, L. Van Gool, R. Timofte, "Flow-based Kernel Prior with Application to Blind
Super-Resolution", CVPR 2021, https://arxiv.org/abs/2103.15977. The flow is RealNVP on the kernel's values (L. Dinh, J.
Sohl-Dickstein, S. Bengio, "Density estimation using Real NVP", ICLR 2017) with batch normalisation between the
couplings. Trained weights for x2, x3 and x4 are public (Apache-2.0) at https://github.com/JingyunLiang/FKP,
``data/pretrained_models``; :func:`load_fkp` reads them, :func:`train_fkp` makes one's own in a minute of a CPU.

The authors' kernels are drawn around ``(k - scale) / 2``, where true convolution wants them for a registered reduction;
in training (section 4.1: 100 epochs of 50,000 random Gaussians) theirs are drawn aside and moved there by a spline.
"""

from __future__ import annotations

import copy
import math
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn

from srkit.errors import BadFile, BadInput
from srkit.methods._choose import choose
from srkit.methods._method import Progress, Watch
from srkit.methods.blind import finite
from srkit.models._files import read_weights

__all__ = [
    "FKP_PRESETS",
    "Coupling",
    "FlowNorm",
    "FlowRun",
    "FlowSettings",
    "KernelFlow",
    "SphereAdam",
    "load_fkp",
    "normalisation_for",
    "random_gaussians",
    "side_of",
    "train_fkp",
]

_ALPHA = 1e-6
_BLOCKS = 5


def side_of(scale: int) -> int:
    """Return the side of FKP's kernels: 4 * scale + 3, at most 21."""
    return min(4 * scale + 3, 21)


class Coupling(nn.Module):
    """Half of the values stay, the others are scaled and moved by amounts that the first half decides (RealNVP, eq. 8).

    Args:
        size: number of values.
        hidden: width of the two small networks.
        parity: whether the odd (1) or the even (0) values stay.
        rng: where the first weights come from. The network of the moves begins as a copy of that of the scales.
    """

    mask: Tensor

    def __init__(self, size: int, hidden: int, parity: int, rng: torch.Generator) -> None:
        super().__init__()
        self.register_buffer("mask", (torch.arange(size) % 2 == parity).float())
        layers = [_linear(i, o, rng) for i, o in ((size, hidden), (hidden, hidden), (hidden, size))]
        self.s_net = nn.Sequential(layers[0], nn.Tanh(), layers[1], nn.Tanh(), layers[2])
        copies = copy.deepcopy(layers)
        self.t_net = nn.Sequential(copies[0], nn.ReLU(), copies[1], nn.ReLU(), copies[2])

    def forward(self, x: Tensor) -> tuple[Tensor, Tensor]:
        """Return ``(b, d)`` for ``(b, d)``, and the log-determinants ``(b,)``."""
        kept, moves = x * self.mask, 1 - self.mask
        log_scale: Tensor = self.s_net(kept)
        shift: Tensor = self.t_net(kept)
        u = kept + moves * (x - shift) * torch.exp(-log_scale)
        return u, -(moves * log_scale).sum(1)

    def inverse(self, u: Tensor) -> Tensor:
        """Return the ``x`` of which ``u`` was made, ``(b, d)``."""
        kept, moves = u * self.mask, 1 - self.mask
        x: Tensor = kept + moves * (u * torch.exp(self.s_net(kept)) + self.t_net(kept))
        return x


class FlowNorm(nn.Module):
    """Batch normalisation as a step of a flow: by the batch in training, by running statistics otherwise.

    Args:
        memory: share of the running statistics that is kept at each step.
    """

    running_mean: Tensor
    running_var: Tensor

    def __init__(self, size: int, *, memory: float = 0.9, eps: float = 1e-5) -> None:
        super().__init__()
        self.memory, self.eps = memory, eps
        self.log_gamma = nn.Parameter(torch.zeros(size))
        self.beta = nn.Parameter(torch.zeros(size))
        self.register_buffer("running_mean", torch.zeros(size))
        self.register_buffer("running_var", torch.ones(size))

    def forward(self, x: Tensor) -> tuple[Tensor, Tensor]:
        """Return ``(b, d)`` for ``(b, d)``, and the log-determinant, the same for all."""
        mean, var = self.running_mean, self.running_var
        if self.training:
            mean, var = x.mean(0), x.var(0)
            with torch.no_grad():
                self.running_mean.lerp_(mean, 1 - self.memory)
                self.running_var.lerp_(var, 1 - self.memory)
        u = self.log_gamma.exp() * (x - mean) / torch.sqrt(var + self.eps) + self.beta
        return u, (self.log_gamma - 0.5 * torch.log(var + self.eps)).sum()

    def inverse(self, u: Tensor) -> Tensor:
        """Return the ``x`` of which ``u`` was made under the running statistics, ``(b, d)``."""
        x = (u - self.beta) * torch.exp(-self.log_gamma)
        return x * torch.sqrt(self.running_var + self.eps) + self.running_mean


class KernelFlow(nn.Module):
    """The prior: five couplings with normalisations, from kernels to codes and back.

    Args:
        scale: reduction factor; decides the side of the kernels and the width of the networks.
        rng: where the first weights come from.
        hidden: width of the couplings' networks; None is the authors', 15, 20 and 25 for x2, x3 and x4.

    Attributes:
        side: of the kernels.
        normalisation: what kernels are divided by, so that the narrowest has values up to nearly 1.
    """

    kernel_size: Tensor
    normalization: Tensor
    alpha: Tensor

    def __init__(self, *, scale: int, rng: torch.Generator, hidden: int | None = None) -> None:
        super().__init__()
        if isinstance(scale, bool) or not isinstance(scale, int) or scale < 2:
            raise BadInput(f"A kernel prior is for a whole scale of at least 2; {scale!r} was given.")
        self.scale, self.side = scale, side_of(scale)
        self.register_buffer("kernel_size", torch.tensor([float(self.side)]))
        self.register_buffer("alpha", torch.tensor([_ALPHA]))
        self.register_buffer("normalization", torch.tensor([normalisation_for(scale)]))
        size, hidden = self.side**2, hidden or min(5 * (scale + 1), 25)
        steps: list[nn.Module] = []
        for block in range(_BLOCKS):
            steps += [Coupling(size, hidden, 1 - block % 2, rng), FlowNorm(size)]
        self.net = nn.Sequential(*steps)

    def forward(self, values: Tensor) -> tuple[Tensor, Tensor]:
        """Return the codes ``(b, side*side)`` of prepared kernels ``(b, side*side)`` and log-determinants ``(b,)``."""
        total = values.new_zeros(len(values))
        for step in self.net:
            values, log_determinant = step(values)
            total = total + log_determinant
        return values, total

    def inverse(self, codes: Tensor) -> Tensor:
        """Return the prepared kernels ``(b, side*side)`` of codes ``(b, side*side)``."""
        for step in reversed(list(self.net)):
            codes = step.inverse(codes)  # type: ignore[operator]
        return codes

    def log_probability(self, values: Tensor) -> Tensor:
        """Return the log-density ``(b,)`` in nats of prepared kernels ``(b, side*side)``."""
        codes, log_determinant = self(values)
        normal: Tensor = -0.5 * (codes.square() + math.log(2 * math.pi)).sum(1)
        total: Tensor = normal + log_determinant
        return total

    def prepare(self, kernels: Tensor, rng: torch.Generator | None = None) -> Tensor:
        """Return ``(b, side*side)`` without bounds of kernels ``(b, side, side)`` that add up to 1.

        Args:
            kernels: as they are.
            rng: where the evenly drawn noise of up to 1/720 comes from, which spreads the many zeros; None for none.

        Raises:
            BadInput: kernels of another size.
        """
        if kernels.ndim != 3 or kernels.shape[-2:] != (self.side, self.side):
            raise BadInput(f"This prior knows kernels (b, {self.side}, {self.side}); {tuple(kernels.shape)} was given.")
        part = kernels.clamp_min(0).flatten(1) / self.normalization.to(kernels)
        if rng is not None:
            noise = torch.rand(part.shape, generator=rng, device=rng.device, dtype=torch.float64)
            part = part + noise.to(part) / 720
        return torch.logit(self.alpha.to(part) + (1 - 2 * self.alpha.to(part)) * part)

    def kernels(self, codes: Tensor) -> Tensor:
        """Return the kernels ``(b, side, side)`` of codes ``(b, side*side)``; they add up to 1 nearly, not exactly."""
        part = (torch.sigmoid(self.inverse(codes)) - self.alpha) / (1 - 2 * self.alpha)
        return part.view(-1, self.side, self.side) * self.normalization

    def sample(self, count: int, rng: torch.Generator, *, on_sphere: bool = False) -> Tensor:
        """Draw ``count`` kernels ``(count, side, side)``, from normal codes or from codes on the sphere."""
        codes = torch.randn(count, self.side**2, generator=rng, device=rng.device).to(self.normalization)
        with torch.no_grad():
            return self.kernels(self.to_sphere(codes) if on_sphere else codes)

    def to_sphere(self, codes: Tensor) -> Tensor:
        """Return codes ``(b, side*side)`` of length side - 1, about where those of real kernels lie."""
        return codes / (codes.square().sum(1, keepdim=True) + 1e-9).sqrt() * (self.side - 1)

    def frozen(self) -> KernelFlow:
        """Return itself, in evaluation and without gradients of its own."""
        return self.eval().requires_grad_(False)


class SphereAdam:
    """Adam on a code, which is put back onto the sphere after each step."""

    def __init__(self, code: Tensor, flow: KernelFlow, **settings: Any) -> None:
        self.code, self.flow = code, flow
        self.adam = torch.optim.Adam([code], **settings)

    def step(self) -> None:
        """Step, and go back to the sphere; where there is no gradient, only the latter."""
        self.adam.step()
        with torch.no_grad():
            self.code.copy_(self.flow.to_sphere(self.code))


def load_fkp(path: str | Path) -> KernelFlow:
    """Read a trained prior: the authors' ``FKP_x2.pt``, ``FKP_x3.pt``, ``FKP_x4.pt``, or one's own state dict.

    No code in the file is run.

    Returns:
        The flow, in evaluation, without gradients of its own.
    """
    entries = {key.removeprefix("model_state/"): value for key, value in read_weights(path).items()}
    scales = {side_of(scale) ** 2: scale for scale in (2, 3, 4)}
    scale = scales.get(entries["net.0.mask"].numel()) if "net.0.mask" in entries else None
    if scale is None:
        raise BadFile(
            f"{path} holds no kernel prior for x2, x3 or x4. The authors' files are called FKP_x2.pt, FKP_x3.pt and "
            f"FKP_x4.pt; this one has {', '.join(sorted(entries)[:4])}, …"
        )
    first = entries.get("net.0.s_net.0.weight")
    flow = KernelFlow(scale=scale, rng=torch.Generator(), hidden=None if first is None else len(first))
    own = flow.state_dict()
    wrong = [key for key, value in own.items() if key not in entries or entries[key].shape != value.shape]
    if wrong:
        raise BadFile(f"{path} is no complete kernel prior for x{scale}; missing or of another size: {wrong[:4]}.")
    flow.load_state_dict({key: entries[key] for key in own})
    return flow.frozen()


def _linear(inputs: int, outputs: int, rng: torch.Generator) -> nn.Linear:
    layer: nn.Linear = nn.Linear(inputs, outputs, device="meta").to_empty(device="cpu")  # no draw from the global one
    bound = 1 / math.sqrt(inputs)
    for weights in layer.parameters():
        nn.init.uniform_(weights, -bound, bound, generator=rng)
    return layer


def normalisation_for(scale: int) -> float:
    """Return what kernels for ``scale`` are divided by: the peak of the narrowest, to five digits, and 0.01.

    It is that of a Gaussian of variance 0.175 * scale in both directions, centred as the authors centre theirs.
    """
    side = side_of(scale)
    at = torch.arange(side, dtype=torch.float64) - (side - scale) / 2
    bell = torch.exp(-(at**2) / (0.35 * scale))
    return round(float((bell.max() / bell.sum()) ** 2), 5) + 0.01


@dataclass(frozen=True, kw_only=True)
class FlowSettings:
    """How the prior is trained; the defaults are the authors'.

    Attributes:
        steps: batches altogether.
        batch: kernels in each.
        learning_rate: of Adam, halved at 40, 50, … 90 per cent of the steps.
        weight_decay: of Adam.
        check_every: steps between measurements on kernels that are not trained on; the best state is kept.
        hidden: width of the couplings' networks; None is the authors'.
    """

    steps: int = 50_000
    batch: int = 100
    learning_rate: float = 1e-4
    weight_decay: float = 1e-6
    check_every: int = 500
    hidden: int | None = None

    def __post_init__(self) -> None:
        if (
            min(self.steps, self.check_every, self.hidden or 1) < 1
            or self.batch < 2
            or self.learning_rate <= 0
            or self.weight_decay < 0
        ):
            raise BadInput(
                "Training the prior needs steps and widths from 1, batches from 2 kernels and a learning rate above 0."
            )


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
    flow = KernelFlow(scale=scale, rng=rng, hidden=settings.hidden)
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
