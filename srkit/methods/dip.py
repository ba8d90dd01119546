"""Deep image prior: an untrained network, fitted to one LR image, produces natural images before it overfits.

D. Ulyanov, A. Vedaldi, V. Lempitsky, "Deep Image Prior", CVPR 2018, https://arxiv.org/abs/1711.10925. The parameters of
a network that is fed fixed noise are sought for which its image, made small, is the LR image. Nothing is learned
beforehand, and the fit has to end early: in the long run the network draws the noise as well. The settings are those of
the authors' super-resolution notebook. The network is an hourglass of normalised convolutions with narrow skip
connections (supplement, figure 21); with non-local blocks after X. Wang et al., "Non-local Neural Networks", CVPR 2018,
it is also the image network of DIP-FKP. On smooth pictures the method loses to bicubic interpolation, in the paper too.

Deviations: any size goes in (the notebook cuts to multiples of 32); for odd scales the Lanczos kernel is centred on a
pixel. Two things are added that are off as in the paper: the mean of the images on the way (``average``), and an end
when they begin to differ more again (``patience``), by the running variance of H. Wang et al., "Early Stopping for Deep
Image Prior", https://arxiv.org/abs/2112.06074, in its exponential form.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from srkit.degrade import draw
from srkit.errors import BadInput
from srkit.methods._choose import choose
from srkit.methods._fresh import fresh
from srkit.methods._method import LOADED, Method, MethodCard, Progress, Result, Watch, as_grey_as
from srkit.methods._registry import register_method
from srkit.methods.blind import finite
from srkit.models.count import living_at_once
from srkit.ops.pixels import pad

__all__ = [
    "DIP",
    "DIP_PRESETS",
    "DIPSettings",
    "NonLocal",
    "SkipNet",
    "check_side",
    "lanczos_kernel",
    "lanczos_reduce",
    "step_bytes",
]


_WORKSPACE = 1.7  # what convolutions and their gradients take beside the maps


class NonLocal(nn.Module):
    """Non-local attention by the dot product of two embeddings; adds nothing at first.

    Args:
        channels: in and out; embeddings have half as many.
    """

    def __init__(self, channels: int) -> None:
        super().__init__()
        inner = max(channels // 2, 1)
        self.values = nn.Conv2d(channels, inner, 1)
        self.back = nn.Sequential(nn.Conv2d(inner, channels, 1), _ZeroNorm(channels))
        self.queries = nn.Conv2d(channels, inner, 1)
        self.keys = nn.Conv2d(channels, inner, 1)

    def forward(self, x: Tensor) -> Tensor:
        """Apply non-local attention to ``(b, c, h, w)``, at least 2 x 2; the shape stays."""
        values = F.max_pool2d(self.values(x), 2).flatten(2)  # (b, c/2, n)
        keys = F.max_pool2d(self.keys(x), 2).flatten(2)  # (b, c/2, n)
        queries = self.queries(x).flatten(2)  # (b, c/2, h*w)
        alike = queries.transpose(1, 2) @ keys / keys.shape[-1]  # (b, h*w, n)
        seen = (alike @ values.transpose(1, 2)).transpose(1, 2)  # (b, c/2, h*w)
        added: Tensor = self.back(seen.unflatten(2, x.shape[-2:]))  # (b, c, h, w)
        return added + x


class SkipNet(nn.Module):
    """Five scales by default, each with a skip connection of a few channels.

    Args:
        inputs: channels of the noise that goes in.
        channels: of each scale.
        skip: of each skip connection.
        depth: number of scales.
        non_local: from which scale on, counted from 0, a non-local block looks around; None for none.
    """

    def __init__(
        self, *, inputs: int = 32, channels: int = 128, skip: int = 4, depth: int = 5, non_local: int | None = None
    ) -> None:
        super().__init__()
        if min(inputs, channels, skip, depth) < 1:
            raise BadInput("The skip network needs at least one input, channel, skip channel and scale.")
        self.depth = depth
        self.body = _Scale(inputs, channels, skip, depth, non_local)
        self.tail = nn.Conv2d(channels, 3, 1)

    @property
    def smallest(self) -> int:
        """The smallest side that can go in: the deepest scale has at least 2 pixels."""
        return int(2**self.depth + 1)

    def forward(self, noise: Tensor) -> Tensor:
        """Make an image ``(b, 3, h, w)`` in (0, 1) of noise ``(b, inputs, h, w)``."""
        return torch.sigmoid(self.tail(self.body(noise)))  # (b, 3, h, w)


def step_bytes(net: SkipNet, size: tuple[int, int], *, inputs: int) -> float:
    """Return the bytes of one training step of a network that draws an image of ``size`` (h, w) from noise.

    The step is made on the "meta" device, which computes nothing.

    Args:
        net: a network on the "meta" device.
        inputs: channels of the noise.
    """
    if min(size) < net.smallest:
        return LOADED  # refused by check_side
    noise = torch.empty(1, inputs, *size, device="meta")
    weights = [*net.parameters()]
    taken = living_at_once(lambda: torch.autograd.grad(net(noise).sum(), weights))
    kept = 4 * sum(weight.nbytes for weight in weights)  # the gradient and two means beside each
    around = 3 * inputs + 24  # maps: the noise and what is added to it, the image, its reduction, the loss
    return LOADED + _WORKSPACE * taken + kept + 4 * around * size[0] * size[1]


class _ZeroNorm(nn.BatchNorm2d):
    """A normalisation whose scale begins at zero."""

    def draw_first(self, rng: torch.Generator) -> None:
        self.reset_parameters()
        nn.init.zeros_(self.weight)


class _Scale(nn.Module):
    """A scale and, inside, those below it."""

    def __init__(self, inputs: int, channels: int, skip: int, depth: int, non_local: int | None) -> None:
        super().__init__()
        around = [NonLocal(channels)] if non_local is not None and non_local <= 0 else []
        deeper = None if non_local is None else non_local - 1
        self.skip = _block(inputs, skip, 1)
        self.down = nn.Sequential(*_block(inputs, channels, 3, stride=2), *around, *_block(channels, channels, 3))
        self.below = _Scale(channels, channels, skip, depth - 1, deeper) if depth > 1 else nn.Identity()
        self.norm = nn.BatchNorm2d(skip + channels)
        self.up = nn.Sequential(*_block(skip + channels, channels, 3), *_block(channels, channels, 1))

    def forward(self, x: Tensor) -> Tensor:
        """Return ``(b, channels, h, w)`` for ``(b, inputs, h, w)``."""
        small = self.below(self.down(x))  # (b, channels, ceil(h/2), ceil(w/2))
        beside = self.skip(x)  # (b, skip, h, w)
        large = F.interpolate(small, scale_factor=2, mode="bilinear")  # (b, channels, 2*ceil(h/2), 2*ceil(w/2))
        large = large[..., : beside.shape[-2], : beside.shape[-1]]  # (b, channels, h, w)
        x = self.norm(torch.cat([beside, large], dim=1))  # (b, skip + channels, h, w)
        out: Tensor = self.up(x)  # (b, channels, h, w)
        return out


def _block(inputs: int, outputs: int, side: int, *, stride: int = 1) -> nn.Sequential:
    layer = nn.Conv2d(inputs, outputs, side, stride, padding=side // 2, padding_mode="reflect")
    return nn.Sequential(layer, nn.BatchNorm2d(outputs), nn.LeakyReLU(0.2, inplace=True))


CARD = MethodCard(
    title="Deep image prior",
    year=2018,
    citation='D. Ulyanov, A. Vedaldi, V. Lempitsky, "Deep Image Prior", CVPR 2018',
    url="https://arxiv.org/abs/1711.10925",
    idea="A network that could draw anything draws natural images first: fit it to one LR image, and stop early.",
    tiny={"steps": 50, "channels": 4, "skip": 2, "depth": 3},
)


def lanczos_kernel(scale: int, *, support: int = 2) -> Tensor:
    """Return the Lanczos reduction of the authors, ``(n, n)``, adding up to 1.

    Its side is twice ``support * scale``, and one less for odd scales, where it has a middle pixel.
    """
    if isinstance(scale, bool) or not isinstance(scale, int) or scale < 2:
        raise BadInput(f"The Lanczos reduction exists for whole scales of 2 and more; {scale!r} was given.")
    side = 2 * support * scale - scale % 2
    at = (torch.arange(side, dtype=torch.float64) - (side - 1) / 2) / scale
    taps = torch.sinc(at) * torch.sinc(at / support)  # (side,)
    return taps[:, None] * taps[None, :] / taps.sum() ** 2


def lanczos_reduce(image: Tensor, scale: int) -> Tensor:
    """Make ``(b, c, s*h, s*w)`` small, ``(b, c, h, w)``: the Lanczos kernel over each block, the rim repeated."""
    kernel = lanczos_kernel(scale).to(image)[None, None]
    around = (kernel.shape[-1] - scale) // 2
    padded = pad(image, (around,) * 4, border="replicate").flatten(0, 1)[:, None]
    small = F.conv2d(padded, kernel, stride=scale)  # (b*c, 1, h, w)
    return small.view(*image.shape[:2], *small.shape[-2:])  # (b, c, h, w)


@dataclass(frozen=True, kw_only=True)
class DIPSettings:
    """How the prior is fitted; the defaults are the authors' for x4.

    Attributes:
        steps: of Adam; the authors take twice as many for x8.
        learning_rate: of Adam.
        jitter: standard deviation of the noise that is added to the input at each step; the authors' 0.05 for x8.
        inputs: channels of the input.
        strength: the input is drawn evenly between 0 and this.
        channels: of the network.
        skip: channels of its skip connections.
        depth: its scales.
        variation: weight of the image's total variation, 0 in the paper.
        average: how much of the mean of earlier images is kept at each step; 0 takes the last image.
        patience: end where the images' running variance has not fallen for so many steps; 0 goes on to the end.
        look_every: steps between two looks at the true image, where it is given.
    """

    steps: int = 2000
    learning_rate: float = 0.01
    jitter: float = 0.03
    inputs: int = 32
    strength: float = 0.1
    channels: int = 128
    skip: int = 4
    depth: int = 5
    variation: float = 0.0
    average: float = 0.0
    patience: int = 0
    look_every: int = 25

    def __post_init__(self) -> None:
        if min(self.steps, self.look_every) < 1 or self.learning_rate <= 0 or self.strength <= 0:
            raise BadInput("A deep image prior needs steps from 1 and a learning rate and input strength above 0.")
        if min(self.jitter, self.variation, self.patience) < 0 or not 0 <= self.average < 1:
            raise BadInput("jitter, variation and patience are 0 or more, average lies in [0, 1).")

    def for_scale(self, scale: int) -> DIPSettings:
        """Return the authors' changes for x8, twice the steps and more jitter, where nothing else was requested."""
        if scale >= 8 and (self.steps, self.jitter) == (2000, 0.03):
            return replace(self, steps=4000, jitter=0.05)
        return self


DIP_PRESETS: Mapping[str, DIPSettings] = {
    "PAPER": DIPSettings(),
    "LESSON": DIPSettings(steps=500, channels=32, average=0.98),
}


@register_method("dip", CARD)
class DIP(Method):
    """Fits a fresh network to one image.

    Args:
        preset: ``"PAPER"``, or ``"LESSON"``, which fits a small image in tens of CPU seconds.
        seed: decides first weights and noise.
        truth: the true HR image, if it is known: the PSNR of the images on the way is then a curve, which rises and,
            where the LR image is noisy, falls again. It is never fitted to.
        **changes: any field of :class:`DIPSettings`.

    Raises:
        UnknownName: no such preset.
        BadInput: a setting that does not exist, or a value it cannot have.
    """

    def __init__(self, *, preset: str = "PAPER", seed: int = 0, truth: Tensor | None = None, **changes: Any) -> None:
        self.settings = choose(DIP_PRESETS, preset, changes, method="DIP")
        self.seed, self.truth = seed, truth

    def foreseen_bytes(self, size: tuple[int, int], scale: int) -> float:
        """Return the bytes of a training step on an image of the result's size."""
        s = self.settings
        with torch.device("meta"):
            net = SkipNet(inputs=s.inputs, channels=s.channels, skip=s.skip, depth=s.depth)
        return step_bytes(net, (scale * size[0], scale * size[1]), inputs=s.inputs)

    def run(self, lr: Tensor, scale: int, progress: Progress | None) -> Result:
        """Fit the network to ``(3, h, w)`` and take its image."""
        settings = self.settings.for_scale(scale)
        size = (scale * lr.shape[-2], scale * lr.shape[-1])
        watch = Watch(progress, total=settings.steps)
        fit = _Fit(lr, size, settings, self.seed)
        with watch.listening():
            while watch.step < settings.steps and watch.goes_on():
                loss, made = fit.one_step(scale)
                if not finite(watch, loss=loss):
                    break
                fit.remember(made)
                watch.stepped(loss=loss, variance=fit.variance)
                self._look(fit, watch)
                if settings.patience and watch.step - fit.calmest > settings.patience:
                    break
        early = watch.step < settings.steps
        reason = f"done: the images began to differ after step {fit.calmest}" if early else f"done: {watch.step} steps"
        return watch.result(as_grey_as(fit.result(early=early and not watch.stop), lr), reason)

    def _look(self, fit: _Fit, watch: Watch) -> None:
        if self.truth is None or watch.step % self.settings.look_every:
            return
        truth = self.truth.to(fit.lr)
        for name, image in (("psnr", fit.made), ("psnr of the mean", fit.mean)):
            error = float((image.clamp(0, 1) - truth).square().mean())
            watch.record(**{name: -10 * math.log10(max(error, 1e-12))})


class _Fit:
    """The network of one image, its noise, and its outputs so far."""

    def __init__(self, lr: Tensor, size: tuple[int, int], settings: DIPSettings, seed: int) -> None:
        self.lr, self.settings = lr, settings
        self.rng = torch.Generator().manual_seed(seed)
        make = {"inputs": settings.inputs, "channels": settings.channels}
        self.net = fresh(lambda: SkipNet(skip=settings.skip, depth=settings.depth, **make), self.rng).to(lr)
        check_side(size, self.net, "DIP")
        self.noise = settings.strength * torch.rand(1, settings.inputs, *size, generator=self.rng).to(lr)
        self.adam = torch.optim.Adam(self.net.parameters(), lr=settings.learning_rate)
        self.made = self.mean = self.best = F.interpolate(lr[None], size, mode="nearest")[0]
        self.variance, self.least, self.calmest, self.seen = 0.0, math.inf, 0, 0

    def one_step(self, scale: int) -> tuple[float, Tensor]:
        """Step once; returns the loss and the image before the step. Where the loss is not finite, there is none."""
        jitter = self.settings.jitter * draw.normal(self.rng, self.noise.shape, self.noise)
        image = self.net(self.noise + jitter)  # (1, 3, H, W)
        loss = F.mse_loss(lanczos_reduce(image, scale), self.lr[None])
        if self.settings.variation:
            loss = loss + self.settings.variation * (image.diff(dim=-1).abs().sum() + image.diff(dim=-2).abs().sum())
        if bool(loss.isfinite()):
            self.adam.zero_grad()
            torch.autograd.backward(loss)
            self.adam.step()
        return float(loss.detach()), image.detach()[0]

    def remember(self, made: Tensor) -> None:
        """Put an image into the running mean and variance (the mean is that of all images while they are few)."""
        self.seen += 1
        keep = min(self.settings.average or 0.9, 1 - 1 / self.seen)
        difference = made - self.mean
        self.mean = made if self.seen == 1 else self.mean + (1 - keep) * difference
        if self.seen > 1:
            self.variance = keep * (self.variance + (1 - keep) * float(difference.square().mean()))
        self.made = made
        if self.seen > 10 and self.variance < self.least:
            self.least, self.calmest, self.best = self.variance, self.seen, self.mean

    @torch.no_grad()
    def result(self, *, early: bool) -> Tensor:
        """Return the image where the variance was least, the mean, or what the network draws without jitter."""
        if early:
            return self.best
        if self.settings.average or not self.seen:
            return self.mean
        last: Tensor = self.net(self.noise)[0]
        return last if bool(last.isfinite().all()) else self.made


def check_side(size: tuple[int, int], net: SkipNet, name: str) -> None:
    """Refuse images that are smaller than the network's deepest scale."""
    if min(size) < net.smallest:
        raise BadInput(
            f"{name}'s network of {net.depth} scales draws images of at least {net.smallest} pixels a side; this one "
            f"would be {size[0]}x{size[1]} (height x width). Use a smaller depth."
        )
