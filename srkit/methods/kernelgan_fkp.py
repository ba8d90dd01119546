"""KernelGAN-FKP: KernelGAN's training with a kernel prior in place of the deep linear network.

J. Liang, K. Zhang, S. Gu, L. Van Gool, R. Timofte, "Flow-based Kernel Prior with Application to Blind
Super-Resolution", CVPR 2021, section 3.4, https://arxiv.org/abs/2103.15977. Only a point on the prior's sphere is
learned, so none of KernelGAN's losses on the kernel is needed. The training is that of I. Gulrajani et al., "Improved
Training of Wasserstein GANs", 2017, with the gradient's length taken over colours at each pixel, as in the program.

Deviations: ZSSR or back-projection enlarges (the paper: USRNet); the kernel found is moved to the aligned centre; crops
are made small anew for each turn of the kernel, where the program takes the same gradient's images three times.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from srkit.degrade import align
from srkit.errors import BadInput
from srkit.methods._choose import choose
from srkit.methods._fresh import fresh
from srkit.methods._method import MethodCard, Watch
from srkit.methods._registry import register_method
from srkit.methods.blind import BlindMethod, Then
from srkit.methods.dip_fkp import prior_for
from srkit.methods.fkp import KernelFlow, SphereAdam
from srkit.methods.kernelgan import analytic_x4
from srkit.methods.kernelgan_parts import CropSource
from srkit.ops.device import exact

__all__ = [
    "KERNELGAN_FKP_PRESETS",
    "KernelGANDiscriminator",
    "KernelGANFKP",
    "KernelGANFKPSettings",
    "gradient_penalty",
]

_MAPS = 56  # that are held at once, of the size of a batch's
CARD = MethodCard(
    title="KernelGAN-FKP",
    year=2021,
    citation='J. Liang, K. Zhang, S. Gu, L. Van Gool, R. Timofte, "Flow-based Kernel Prior with Application to Blind '
    'Super-Resolution", CVPR 2021',
    url="https://arxiv.org/abs/2103.15977",
    idea="KernelGAN's training, but every kernel it can make is one that a prior knows.",
    estimates_kernel=True,
    tiny={"crop": 34, "batch": 2, "steps": 50, "channels": 4, "real": True},
)


class KernelGANDiscriminator(nn.Module):
    """Five convolutions of 3 x 3 without padding, four of them normalised: a score for each patch of 11 x 11 pixels."""

    def __init__(self, *, channels: int = 32, depth: int = 5) -> None:
        super().__init__()
        layers: list[nn.Module] = []
        for number in range(depth - 1):
            layers += [nn.Conv2d(channels if number else 3, channels, 3), nn.BatchNorm2d(channels), nn.LeakyReLU(0.2)]
        self.layers = nn.Sequential(*layers, nn.Conv2d(channels, 1, 3))

    def forward(self, image: Tensor) -> Tensor:
        """Score ``(b, 3, h, w)`` in [0, 1]: ``(b, 1, h - 10, w - 10)``, higher for real."""
        scores: Tensor = self.layers(2 * image - 1)  # (b, 1, h - 10, w - 10)
        return scores

    def draw_first(self, rng: torch.Generator) -> None:
        """Draw weights with deviation 0.02, normalisations around 1, as the authors do."""
        for module in self.layers:
            if isinstance(module, nn.Conv2d):
                bound = module.weight[0].numel() ** -0.5
                nn.init.normal_(module.weight, 0, 0.02, generator=rng)
                nn.init.uniform_(torch.as_tensor(module.bias), -bound, bound, generator=rng)
            elif isinstance(module, nn.BatchNorm2d):
                module.reset_parameters()
                nn.init.normal_(module.weight, 1.0, 0.02, generator=rng)


def gradient_penalty(discriminator: nn.Module, real: Tensor, fake: Tensor, share: Tensor) -> Tensor:
    """Return the mean squared miss of 1 by the length, over colours, of a discriminator's gradient between two batches.

    Args:
        discriminator: gives scores, ``(b, 1, …)``.
        real: ``(b, 3, h, w)``.
        fake: the same shape.
        share: of ``real`` in the images at which the gradient is taken, ``(1, 1, 1, 1)``, or ``(b, 1, 1, 1)``.
    """
    between = (share * real + (1 - share) * fake).detach().requires_grad_()
    scores = discriminator(between)
    (gradient,) = torch.autograd.grad(scores.sum(), between, create_graph=True)  # (b, 3, h, w)
    length: Tensor = torch.linalg.vector_norm(gradient, dim=1)  # (b, h, w)
    return (length - 1).square().mean()


@dataclass(frozen=True, kw_only=True)
class KernelGANFKPSettings:
    """How the training goes; the defaults are the authors' for x2.

    Attributes:
        steps: batches; the authors take 4,000 for x4.
        batch: crops in each.
        crop: side of the crops that are made small.
        channels: of the discriminator.
        learning_rate: of both sides.
        turns: how often each side learns from a batch, the discriminator first.
        penalty: weight of the gradient penalty.
        real: a photograph as it is: nothing is cut off its rim.
    """

    steps: int = 1000
    batch: int = 64
    crop: int = 64
    channels: int = 32
    learning_rate: float = 5e-4
    turns: int = 3
    penalty: float = 0.1
    real: bool = False

    def __post_init__(self) -> None:
        if min(self.steps, self.batch, self.channels, self.turns) < 1 or self.learning_rate <= 0 or self.penalty < 0:
            raise BadInput("KernelGAN-FKP needs steps, batch, channels and turns from 1, a learning rate above 0.")
        if self.crop < 34 or self.crop % 2:
            raise BadInput(f"KernelGAN-FKP's crops have an even side of at least 34 pixels; {self.crop} was given.")


KERNELGAN_FKP_PRESETS: Mapping[str, KernelGANFKPSettings] = {
    "PAPER": KernelGANFKPSettings(),
    "LESSON": KernelGANFKPSettings(steps=250, batch=8, learning_rate=2e-3),
}


@register_method("kernelgan_fkp", CARD)
class KernelGANFKP(BlindMethod):
    """Finds the kernel on the prior's sphere, then enlarges.

    Args:
        flow: the kernel prior for x2, or its file; x4 is made of it. None is the one that ships.
        preset: ``"PAPER"``, or ``"LESSON"`` for tens of CPU seconds.
        then: what enlarges with the kernel found.
        seed: decides the first kernel, first weights and crops.
        **changes: any field of :class:`KernelGANFKPSettings`.

    Raises:
        UnknownName: no such preset.
        BadInput: a flow for another scale than 2, a setting that does not exist or cannot have this value.
        BadFile: the file holds no kernel prior.
    """

    def __init__(
        self,
        *,
        flow: KernelFlow | str | Path | None = None,
        preset: str = "PAPER",
        then: Then = "zssr",
        seed: int = 0,
        **changes: Any,
    ) -> None:
        settings = choose(KERNELGAN_FKP_PRESETS, preset, changes, method="KernelGAN-FKP")
        super().__init__(settings, preset=preset, then=then, seed=seed)
        self.flow = prior_for(flow)
        if self.flow.scale != 2:
            raise BadInput(f"The kernel is found at x2, also for x4; this kernel prior is for x{self.flow.scale}.")

    def batch_bytes(self) -> float:
        """Return the bytes of the discriminator's maps, with those of the gradient of its gradient."""
        s = self.settings
        reduced = (s.crop - self.flow.side) // 2 + 1
        return float(_MAPS * 4 * s.batch * s.channels * reduced**2)

    def estimate(self, lr: Tensor, scale: int, watch: Watch) -> tuple[Tensor, str]:
        """Train on ``(3, h, w)``; returns the kernel, aligned, and why the training ended."""
        training = _Training(lr, self.flow.to(lr), self.settings, self.seed)
        kernel = self.search(training.one_step, lambda: training.kernel().detach(), watch)
        found = exact(kernel) / exact(kernel).sum()
        found = align(found, 2) if scale == 2 else align(analytic_x4(found), 4)
        return found, f"done: {self.settings.steps} steps of KernelGAN-FKP"


class _Training:
    """The state of one image's training: its discriminator, and the kernel found so far."""

    def __init__(self, lr: Tensor, flow: KernelFlow, settings: KernelGANFKPSettings, seed: int) -> None:
        self.flow, self.settings = flow, settings
        self.rng = torch.Generator().manual_seed(seed)
        self.code = torch.randn(1, flow.side**2, generator=self.rng).to(lr).requires_grad_()
        self.discriminator = fresh(lambda: KernelGANDiscriminator(channels=settings.channels), self.rng).to(lr)
        reduced = (settings.crop - flow.side) // 2 + 1
        self.source = CropSource(lr, large=settings.crop, small=reduced, rim=0 if settings.real else 10)
        betas = (0.5, 0.999)
        self.mover = SphereAdam(self.code, flow, lr=settings.learning_rate, betas=betas)
        self.adam = torch.optim.Adam(self.discriminator.parameters(), lr=settings.learning_rate, betas=betas)

    def kernel(self) -> Tensor:
        """Return the kernel ``(side, side)``, to be applied by correlation."""
        return self.flow.kernels(self.code)[0]

    def _crops(self, which: str) -> Tensor:
        return torch.stack([self.source.draw(which, self.rng) for _ in range(self.settings.batch)])

    def _reduce(self, large: Tensor) -> Tensor:
        small = F.conv2d(large.flatten(0, 1)[:, None], self.kernel()[None, None], stride=2)
        return small.view(*large.shape[:2], *small.shape[-2:])  # (b, 3, small, small)

    def one_step(self) -> dict[str, float]:
        """Let the discriminator and then the kernel learn from a batch of crops; returns their losses."""
        large, real = self._crops("large"), self._crops("small")
        with torch.no_grad():
            fake = self._reduce(large)
        for _ in range(self.settings.turns):
            discriminator = self._teach_discriminator(real, fake)
        for _ in range(self.settings.turns):
            fooling = -self.discriminator(self._reduce(large)).mean()
            (self.code.grad,) = torch.autograd.grad(fooling, self.code)
            self.mover.step()
        return {"discriminator": discriminator, "fooling": float(fooling.detach())}

    def _teach_discriminator(self, real: Tensor, fake: Tensor) -> float:
        share = torch.rand(1, 1, 1, 1, generator=self.rng).to(real)
        loss = self.discriminator(fake).mean() - self.discriminator(real).mean()
        loss = loss + self.settings.penalty * gradient_penalty(self.discriminator, real, fake, share)
        self.adam.zero_grad()
        torch.autograd.backward(loss)
        self.adam.step()
        return float(loss.detach())
