"""KernelGAN: the kernel of an image is the one that makes its reduction look like the image itself, patch by patch.

S. Bell-Kligler, A. Shocher, M. Irani, "Blind Super-Resolution Kernel Estimation using an Internal-GAN", NeurIPS 2019,
https://arxiv.org/abs/1909.06581. A deep linear network makes crops of the image half as large; a discriminator of small
patches tells them from the image's own. What the linear network has become is the kernel. ZSSR then enlarges with it.
The losses of the kernel are those of section 4.1 and the supplement; their weights and when these change, of the
authors' program.

Deviations from the authors' program: the bicubic loss compares each channel with its own reduction (the preset
``PROGRAM`` compares as the program does, ``target="sum"``; docs/BENCHMARKS.md says what that changes), the noise on
what the discriminator sees does not pile up in the image, the linear network is applied as the one kernel it composes
(``compose=False`` goes layer by layer; the results agree), the kernel is moved by Keys' cubic instead of a spline, and
x4 is enlarged in one jump.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

import torch
import torch.nn.functional as F
from torch import Tensor

from srkit.degrade import align, draw
from srkit.degrade.kernels import bicubic_kernel
from srkit.errors import BadInput
from srkit.methods._choose import choose
from srkit.methods._fresh import fresh
from srkit.methods._method import MethodCard, Watch
from srkit.methods._registry import register_method
from srkit.methods.blind import BlindMethod, Then
from srkit.methods.kernelgan_parts import CropSource, LinearReducer, SmallPatchDiscriminator, discriminator_init
from srkit.ops.device import exact

__all__ = [
    "KERNELGAN_PRESETS",
    "Duel",
    "KernelGAN",
    "KernelGANSettings",
    "Schedule",
    "Target",
    "analytic_x4",
    "bicubic_difference",
    "boundary",
    "boundary_mask",
    "clean_kernel",
    "off_centre",
    "sparsity",
    "sum_to_one",
    "verdict",
]

Target = Literal["channel", "sum"]


def verdict(scores: Tensor, *, real: bool, norm: Literal["l1", "l2"] = "l1") -> Tensor:
    """Return how far patch scores ``(…)`` are from 1 (``real``) or 0: least squares GAN with the authors' L1 distance.

    ``"l2"`` is the distance of X. Mao et al., "Least Squares Generative Adversarial Networks", ICCV 2017.
    """
    distance = scores - (1.0 if real else 0.0)
    return distance.abs().mean() if norm == "l1" else distance.square().mean()


def bicubic_difference(image: Tensor, small: Tensor, *, target: Target = "channel") -> Tensor:
    """Return the mean squared difference of ``small`` to the bicubic reduction of ``image``, registered with it.

    Args:
        small: what a kernel of 13 x 13 made of it at stride 2, ``(1, c, (h - 11) // 2, (w - 11) // 2)``.
        target: ``"channel"`` compares each channel with its own reduction. ``"sum"`` is the authors' released program,
            which compares each with the sum of all channels' reductions: grey of 0.5 should become 1.5.
    """
    if target not in ("channel", "sum"):
        raise BadInput(f"target is 'channel' or 'sum'; {target!r} was given.")
    margin = 3  # 13 taps centred half a pixel to the right of their middle, 8 taps centred in theirs
    kernel = bicubic_kernel(2).to(image)[None, None]  # (1, 1, 8, 8)
    reduced = F.conv2d(image.transpose(0, 1)[..., margin:, margin:], kernel, stride=2).transpose(0, 1)
    if target == "sum":
        reduced = reduced.sum(1, keepdim=True)  # (1, 1, …)
    return (small - reduced[..., : small.shape[-2], : small.shape[-1]]).square().mean()


def sum_to_one(kernel: Tensor) -> Tensor:
    """Return by how much the sum of ``(k, k)`` misses 1."""
    return (1 - kernel.sum()).abs()


def boundary_mask(size: int, *, strength: float = 30.0) -> Tensor:
    """Return the weights ``(size, size)`` with which values near the rim are punished; 0 in the middle."""
    at = torch.arange(size, dtype=torch.float64) - (size - 1) / 2
    bell = torch.exp(-(at**2) / (2 * size**2))
    mask = strength * (1 - bell[:, None] * bell[None, :] / bell.max() ** 2)
    margin = (size - (size // 2 + size % 2)) // 2 - 1
    mask[margin : size - margin, margin : size - margin] = 0
    return mask


def boundary(kernel: Tensor, mask: Tensor) -> Tensor:
    """Return the mean of ``(k, k)`` weighted by :func:`boundary_mask`, in absolute value."""
    return (kernel * mask.to(kernel)).abs().mean()


def off_centre(kernel: Tensor, *, scale: int = 2) -> Tensor:
    """Return the mean squared distance of the centre of mass of ``(k, k)``, k odd, from where it is registered."""
    size = kernel.shape[-1]
    place = torch.arange(size, dtype=kernel.dtype, device=kernel.device)
    found = torch.stack([kernel.sum(1) @ place, kernel.sum(0) @ place]) / kernel.sum()
    return (found - (size // 2 + (scale - 1) / 2)).square().mean()


def sparsity(kernel: Tensor, *, power: float = 0.2) -> Tensor:
    """Return the mean of the values' absolute ``power``, which is small where few values are not 0."""
    return (kernel.abs() ** power).mean()


@dataclass
class Schedule:
    """The weights of the losses, and when they change.

    While the reduction does not resemble bicubic (difference below ``similar``, three steps running), it is pulled
    there. From then on the weight of that loss falls a hundredfold at every ``every``-th step; when it first is below
    5e-3, the centre and sparsity are requested.
    """

    every: int = 200  # steps between changes
    similar: float = 0.4  # below this difference the reduction resembles bicubic
    bicubic: float = 5.0  # weight of :func:`bicubic_difference`
    centre: float = 0.0  # weight of :func:`off_centre`
    sparse: float = 0.0  # weight of :func:`sparsity`
    sum_to_one: float = 0.5  # weight of :func:`sum_to_one`
    boundary: float = 0.5  # weight of :func:`boundary`
    _running: int = field(default=0, repr=False)

    def after(self, step: int, difference: float) -> None:
        """Change the weights after step number ``step``, counted from 0, which had this bicubic difference."""
        if step == 0:
            return
        if self._running < 3:
            self._running = self._running + 1 if difference < self.similar else 0
        elif step % self.every == 0 and self.bicubic > 5e-6:
            self.bicubic = max(self.bicubic / 100, 5e-6)
            if self.bicubic < 5e-3 and math.isclose(self.sparse, 0):
                self.centre, self.sparse = 1.0, 5.0

    def total(self, kernel: Tensor, difference: Tensor, mask: Tensor) -> Tensor:
        """Return the weighted sum of the losses of ``kernel`` (13 x 13)."""
        asked = self.bicubic * difference + self.sum_to_one * sum_to_one(kernel)
        asked = asked + self.boundary * boundary(kernel, mask)
        if self.sparse:
            asked = asked + self.centre * off_centre(kernel) + self.sparse * sparsity(kernel)
        return asked


CARD = MethodCard(
    title="KernelGAN",
    year=2019,
    citation='S. Bell-Kligler, A. Shocher, M. Irani, "Blind Super-Resolution Kernel Estimation using an Internal-GAN", '
    "NeurIPS 2019",
    url="https://arxiv.org/abs/1909.06581",
    idea="The kernel of an image makes its reduction look like the image itself, patch by patch.",
    estimates_kernel=True,
    tiny={"crop": 28, "steps": 50, "channels": 4, "real": True},
)


@dataclass(frozen=True, kw_only=True)
class KernelGANSettings:
    """How KernelGAN works; the defaults are the authors'.

    Attributes:
        steps: of both networks.
        crop: side of the crops that are made small.
        channels: of both networks.
        learning_rate: of both, divided by 10 after every ``rate_every`` steps.
        rate_every: see there.
        schedule_every: steps between changes of the losses' weights.
        target: of the bicubic loss, see :func:`~srkit.methods.kernelgan.bicubic_difference`.
        compose: apply the linear network as one kernel.
        real: a photograph as it is: nothing is cut off its rim.
        keep: how many of the 169 values count; the rest is noise.
    """

    steps: int = 3000
    crop: int = 64
    channels: int = 64
    learning_rate: float = 2e-4
    rate_every: int = 750
    schedule_every: int = 200
    target: Target = "channel"
    compose: bool = True
    real: bool = False
    keep: int = 40

    def __post_init__(self) -> None:
        if min(self.steps, self.channels, self.rate_every, self.schedule_every) < 1 or self.learning_rate <= 0:
            raise BadInput("KernelGAN needs at least one step and one channel, and a learning rate above 0.")
        if self.crop < 28 or self.crop % 2:
            raise BadInput(f"KernelGAN's crops have an even side of at least 28 pixels; {self.crop} was given.")
        if not 0 < self.keep < LinearReducer.kernel_size**2:
            raise BadInput(f"keep is between 1 and {LinearReducer.kernel_size**2 - 1}; {self.keep} was given.")


KERNELGAN_PRESETS: Mapping[str, KernelGANSettings] = {
    "PAPER": KernelGANSettings(),
    "PROGRAM": KernelGANSettings(target="sum"),
    "LESSON": KernelGANSettings(steps=1500, learning_rate=4e-4, rate_every=375, schedule_every=100),
}


@register_method("kernelgan", CARD)
class KernelGAN(BlindMethod):
    """Estimates the kernel by adversarial training on patches of the image, then enlarges.

    Args:
        preset: ``"PAPER"``; ``"PROGRAM"``, with the bicubic loss of the released program; or ``"LESSON"`` for tens of
            CPU seconds (which also takes ZSSR's preset of that name).
        then: what enlarges with the kernel found.
        seed: decides first weights, crops and noise.
        **changes: any field of :class:`KernelGANSettings`.

    Raises:
        UnknownName: no such preset.
        BadInput: a setting that does not exist, or a value it cannot have.
    """

    def __init__(self, *, preset: str = "PAPER", then: Then = "zssr", seed: int = 0, **changes: Any) -> None:
        settings = choose(KERNELGAN_PRESETS, preset, changes, method="KernelGAN")
        super().__init__(settings, preset=preset, then=then, seed=seed)

    def estimate(self, lr: Tensor, scale: int, watch: Watch) -> tuple[Tensor, str]:
        """Train on ``(3, h, w)``; returns the kernel, cleaned and aligned, and why the training ended."""
        duel = Duel(lr, self.settings, self.seed)
        kernel = self.search(lambda: duel.one_step(watch.step), duel.kernel, watch)
        cleaned = clean_kernel(kernel, keep=self.settings.keep)
        found = cleaned if scale == 2 else align(analytic_x4(cleaned), 4)
        return found, f"done: {self.settings.steps} steps of KernelGAN"


class Duel:
    """The two networks of one image."""

    def __init__(self, lr: Tensor, settings: KernelGANSettings, seed: int) -> None:
        self.settings = settings
        self.rng = torch.Generator().manual_seed(seed)
        self.reducer = fresh(lambda: LinearReducer(channels=settings.channels), self.rng).to(lr)
        self.discriminator = fresh(lambda: SmallPatchDiscriminator(channels=settings.channels), self.rng).to(lr)
        discriminator_init(self.discriminator, self.rng)
        reduced = (settings.crop - LinearReducer.kernel_size) // 2 + 1
        self.source = CropSource(lr, large=settings.crop, small=reduced, rim=0 if settings.real else 10)
        self.schedule = Schedule(every=settings.schedule_every)
        self.mask = boundary_mask(LinearReducer.kernel_size).to(lr)
        self.optimisers = [
            torch.optim.Adam(net.parameters(), lr=settings.learning_rate, betas=(0.5, 0.999))
            for net in (self.reducer, self.discriminator)
        ]

    def kernel(self) -> Tensor:
        """Return the kernel ``(13, 13)`` as it is now."""
        return self.reducer.kernel().detach()

    def one_step(self, step: int) -> dict[str, float]:
        """Make one step of both networks; returns their losses. If one is not finite, no weight is changed."""
        image = 2 * self.source.draw("large", self.rng)[None] - 1  # (1, 3, crop, crop)
        real = self.source.draw("small", self.rng)[None]  # (1, 3, small, small)
        real = 2 * (real + draw.normal(self.rng, real.shape, real) / 255) - 1
        small, kernel = self._reduce(image)
        difference = bicubic_difference(image, small, target=self.settings.target)
        loss = verdict(self.discriminator(small), real=True) + self.schedule.total(kernel, difference, self.mask)
        values = {"loss": float(loss.detach()), "bicubic difference": float(difference.detach())}
        if not bool(loss.isfinite()):
            return values
        self._learn(0, loss)
        fake = self._reduce(image)[0].detach()
        fake = fake + draw.normal(self.rng, fake.shape, fake) / 255
        told_apart = (verdict(self.discriminator(real), real=True) + verdict(self.discriminator(fake), real=False)) / 2
        self._learn(1, told_apart)
        self._after(step, values["bicubic difference"])
        return values | {"discriminator": float(told_apart.detach())}

    def _reduce(self, image: Tensor) -> tuple[Tensor, Tensor]:
        kernel = self.reducer.kernel()
        if not self.settings.compose:
            return self.reducer(image), kernel
        small = F.conv2d(image.transpose(0, 1), kernel[None, None], stride=2)  # (3, 1, small, small)
        return small.transpose(0, 1), kernel

    def _learn(self, who: int, loss: Tensor) -> None:
        self.optimisers[who].zero_grad()
        parameters = [p for group in self.optimisers[who].param_groups for p in group["params"]]
        torch.autograd.backward(loss, inputs=parameters)
        self.optimisers[who].step()

    def _after(self, step: int, difference: float) -> None:
        if step and step % self.settings.rate_every == 0:
            for optimiser in self.optimisers:
                for group in optimiser.param_groups:
                    group["lr"] /= 10
        self.schedule.after(step, difference)


def clean_kernel(kernel: Tensor, *, keep: int = 40) -> Tensor:
    """Return ``kernel`` without its small values, adding up to 1, moved to its aligned centre for x2.

    Three quarters of the largest value that does not count any more are subtracted, and what falls below 0 is 0.
    """
    threshold = 0.75 * kernel.flatten().sort(descending=True).values[keep]
    kept = exact((kernel - threshold).clamp_min(0))
    if not float(kept.sum()) > 0:
        raise BadInput("Nothing of this kernel stands out: its values are all alike, or not numbers.")
    return align(kept / kept.sum(), 2)


def analytic_x4(kernel: Tensor) -> Tensor:
    """Return the kernel of reducing by 2 twice: ``(k, k)`` with itself, its rim of k // 2 cut off, adding up to 1."""
    side = kernel.shape[-1]
    wide = kernel.new_zeros(2 * side - 1, 2 * side - 1)
    wide[::2, ::2] = kernel
    both = F.conv_transpose2d(wide[None, None], kernel[None, None])[0, 0]  # (3k - 2, 3k - 2)
    rim = side // 2
    both = both[rim : both.shape[0] - rim, rim : both.shape[1] - rim]
    return both / both.sum()
