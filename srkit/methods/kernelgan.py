"""KernelGAN: the kernel of an image is the one that makes its reduction look like the image itself, patch by patch.

S. Bell-Kligler, A. Shocher, M. Irani, "Blind Super-Resolution Kernel Estimation using an Internal-GAN", NeurIPS 2019,
https://arxiv.org/abs/1909.06581. A deep linear network makes crops of the image half as large; a discriminator of small
patches tells them from the image's own. What the linear network has become is the kernel. ZSSR then enlarges with it.

Deviations from the authors' program: the bicubic loss compares each channel with its own reduction (``target="sum"``
is the program's), the noise on what the discriminator sees does not pile up in the image, the linear network is applied
as the one kernel it composes (``compose=False`` goes layer by layer; the results agree), the kernel is moved by Keys'
cubic instead of a spline, and x4 is enlarged in one jump.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor

from srkit.degrade import align, draw
from srkit.errors import BadInput
from srkit.methods._choose import choose
from srkit.methods._fresh import fresh
from srkit.methods._method import MethodCard, Watch
from srkit.methods._registry import register_method
from srkit.methods.blind import BlindMethod, Then, finite
from srkit.methods.crops import CropSource
from srkit.methods.kernelgan_losses import Schedule, Target, bicubic_difference, boundary_mask, verdict
from srkit.methods.kernelgan_nets import LinearReducer, SmallPatchDiscriminator, discriminator_init

__all__ = ["KERNELGAN_PRESETS", "Duel", "KernelGAN", "KernelGANSettings", "analytic_x4", "clean_kernel"]

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
        target: of the bicubic loss, see :func:`~srkit.methods.kernelgan_losses.bicubic_difference`.
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
    "LESSON": KernelGANSettings(steps=1500, learning_rate=4e-4, rate_every=375, schedule_every=100),
}


@register_method("kernelgan", CARD)
class KernelGAN(BlindMethod):
    """Estimates the kernel by adversarial training on patches of the image, then enlarges.

    Args:
        preset: ``"PAPER"``, or ``"LESSON"`` for tens of CPU seconds (which also takes ZSSR's preset of that name).
        then: what enlarges with the kernel found.
        seed: decides first weights, crops and noise.
        **changes: any field of :class:`KernelGANSettings`.

    Raises:
        UnknownName: no such preset.
        BadInput: a setting that does not exist, or a value it cannot have.
    """

    def __init__(self, *, preset: str = "PAPER", then: Then = "zssr", seed: int = 0, **changes: Any) -> None:
        self.settings = choose(KERNELGAN_PRESETS, preset, changes, method="KernelGAN")
        lesson = preset.strip().upper() == "LESSON"
        super().__init__(then=then, zssr="LESSON" if lesson else "X2_GIVEN_KERNEL_CONF", seed=seed)

    @property
    def steps(self) -> int:
        """How many steps the search for the kernel takes."""
        return self.settings.steps

    def estimate(self, lr: Tensor, scale: int, watch: Watch) -> tuple[Tensor, str]:
        """Train on ``(3, h, w)``; returns the kernel, cleaned and aligned, and why the training ended."""
        duel = Duel(lr, self.settings, self.seed)
        kernel = duel.kernel()
        for step in range(self.settings.steps):
            if not watch.goes_on():
                break
            values = duel.one_step(step)
            now = duel.kernel()
            values["kernel sum"] = float(now.sum())
            if not finite(watch, **values):
                break
            kernel = now
            watch.stepped(**values)
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
    kept = (kernel - threshold).clamp_min(0).double()
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
