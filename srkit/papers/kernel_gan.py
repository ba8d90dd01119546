"""Growing a pool of kernels: a generator learns to make kernels that a discriminator takes for estimated ones.

R. Zhou, S. Süsstrunk, "Kernel Modeling Super-Resolution on Real Low-Resolution Images", ICCV 2019, and the code of
IVRL/Kernel-Modeling-Super-Resolution: a hundred normal numbers become a kernel by transposed convolutions; estimating
one takes minutes, making one a millisecond. The game is that of :mod:`srkit.training.adversarial`.

Deviations from that code: the last layer is a softmax, so that kernels are positive and add up to 1, instead of tanh
and cutting off afterwards; the discriminator is bound by the gradient penalty of Gulrajani et al. (NIPS 2017) and both
sides use Adam, instead of clipped weights and RMSprop; the discriminator's five steps see one batch; both sides see
kernels times their side, so that values are near 1.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from srkit.degrade import read_pool
from srkit.degrade.pool import check_pool
from srkit.errors import BadInput
from srkit.papers.unpaired import InPredictions
from srkit.training.adversarial import AdversarialTerm
from srkit.training.start import train
from srkit.training.state import Run
from srkit.training.world import chance, mix

__all__ = ["KernelDiscriminator", "KernelGenerator", "PoolBatches", "grow_pool", "train_kernel_gan"]

_GRID, _LEAST = 32, 17


class KernelGenerator(nn.Module):
    """Numbers to kernels: four transposed convolutions to 32x32, one ordinary one to the kernel's size, a softmax.

    Args:
        size: odd side of the kernels, 17 to 31.
        channels: of the last inner layer; those before have twice and four times as many.
    """

    scale = 1

    def __init__(self, *, size: int = 25, codes: int = 100, channels: int = 256) -> None:
        super().__init__()
        _check_size(size)
        self.size, self.codes = size, codes
        widths = [codes, 4 * channels, 2 * channels, channels]
        layers: list[nn.Module] = []
        for number in range(3):
            stride, padding = (1, 0) if number == 0 else (2, 1)
            layers += [
                nn.ConvTranspose2d(widths[number], widths[number + 1], 4, stride, padding),
                nn.BatchNorm2d(widths[number + 1]),
                nn.ReLU(),
            ]
        self.body = nn.Sequential(*layers)
        self.tail = nn.Sequential(nn.ConvTranspose2d(channels, 1, 4, 2, 1), nn.Conv2d(1, 1, _GRID + 1 - size))

    def forward(self, codes: Tensor) -> Tensor:
        """Make of ``(b, codes, 1, 1)`` kernels ``(b, 1, size, size)`` times their side."""
        heights = self.tail(self.body(codes))  # (b, 1, size, size)
        kernels: Tensor = heights.flatten(1).softmax(1).reshape_as(heights)  # (b, 1, size, size)
        return kernels * self.size


class KernelDiscriminator(nn.Module):
    """Says how much kernels look like those of the pool: three strided convolutions with instance normalisation.

    Args:
        size: odd side of the kernels, 17 to 31.
        channels: of the first layer; the next ones have twice and four times as many.
    """

    def __init__(self, *, size: int = 25, channels: int = 256) -> None:
        super().__init__()
        _check_size(size)
        widths = [1, channels, 2 * channels, 4 * channels]
        layers: list[nn.Module] = []
        for number in range(3):
            layers += [
                nn.Conv2d(widths[number], widths[number + 1], 4, 2, 1),
                nn.InstanceNorm2d(widths[number + 1], affine=True),
                nn.LeakyReLU(0.2),
            ]
        self.layers = nn.Sequential(*layers, nn.Conv2d(widths[-1], 1, size // 8))

    def forward(self, kernels: Tensor) -> Tensor:
        """See ``(b, 1, size, size)``; returns logits ``(b, 1, 1, 1)``."""
        logits: Tensor = self.layers(kernels)
        return logits


class PoolBatches:
    """Batches of normal numbers and of kernels drawn from a pool; step k draws from (seed, k) alone."""

    def __init__(self, pool: Tensor, *, codes: int = 100, batch: int = 128, seed: int = 0) -> None:
        self.pool, self.codes, self.count, self.seed = check_pool(pool).float(), codes, batch, seed

    def batch(self, step: int) -> tuple[Tensor, Tensor, dict[str, Tensor]]:
        """Return codes ``(b, codes, 1, 1)``, kernels times their side ``(b, 1, k, k)`` and an empty condition."""
        rng = torch.Generator().manual_seed(mix(self.seed, step))
        drawn = self.pool[torch.randint(len(self.pool), (self.count,), generator=rng)]  # (b, k, k)
        codes = torch.randn(self.count, self.codes, 1, 1, generator=rng)
        return codes, drawn[:, None] * drawn.shape[-1], {}


def train_kernel_gan(
    pool: Tensor | str | Path,
    *,
    steps: int,
    codes: int = 100,
    channels: int = 256,
    batch: int = 128,
    learning_rate: float = 1e-4,
    updates: int = 5,
    seed: int = 0,
    **settings: Any,
) -> Run:
    """Train a generator of kernels on a pool; ``grow_pool(run.net, 1000)`` then makes new ones.

    The authors train for up to 400,000 steps; with ``channels=16, batch=32`` some hundred steps take a CPU minute.

    Args:
        pool: kernels ``(n, k, k)``, or where they are stored; below 17x17 they get zeros around them.
        steps: of the generator.
        codes: numbers a kernel is made of.
        channels: of the last layer of the generator and the first of the discriminator.
        batch: kernels in a batch.
        learning_rate: of both.
        updates: steps of the discriminator for each of the generator.
        seed: decides everything.
        **settings: of :func:`srkit.train`.

    Raises:
        BadInput: an empty pool, kernels of a side above 31, or a setting that cannot be used.
        BadFile: as :func:`srkit.degrade.read_pool`.
    """
    kernels = check_pool(pool) if isinstance(pool, Tensor) else read_pool(pool)
    kernels = F.pad(kernels, (max(0, (_LEAST - kernels.shape[-1]) // 2),) * 4)
    size = kernels.shape[-1]
    with chance(seed):
        generator = KernelGenerator(size=size, codes=codes, channels=channels)
        discriminator = KernelDiscriminator(size=size, channels=channels)
    term = AdversarialTerm(game="WGAN_GP", weight=1.0, discriminator=discriminator, betas=(0.0, 0.9), updates=updates)
    batches = PoolBatches(kernels, codes=codes, batch=batch, seed=seed)
    rules = {"batch": batch, "learning_rate": learning_rate, "betas": (0.0, 0.9), "seed": seed, "guard": None}
    return train(generator, batches, steps=steps, loss=InPredictions(), adversarial=term, **{**rules, **settings})


@torch.no_grad()
def grow_pool(generator: nn.Module, count: int, *, seed: int = 0) -> Tensor:
    """Return ``count`` new kernels ``(count, k, k)``, positive and adding up to 1.

    Args:
        generator: of :func:`train_kernel_gan`, ``run.net``.
        count: how many.
        seed: decides which ones.

    Raises:
        BadInput: fewer than one, or no :class:`KernelGenerator`.
    """
    if not isinstance(generator, KernelGenerator) or count < 1:
        raise BadInput(
            f"grow_pool makes one kernel or more with a KernelGenerator (train_kernel_gan(...).net); {count} from "
            f"{type(generator).__name__} was asked for."
        )
    codes = torch.randn(count, generator.codes, 1, 1, generator=torch.Generator().manual_seed(seed))
    device = next(generator.parameters()).device
    training = generator.training
    made: Tensor = generator.eval()(codes.to(device)).cpu().double()[:, 0]  # (count, size, size)
    generator.train(training)
    return made / made.sum((1, 2), keepdim=True)


def _check_size(size: int) -> None:
    if not _LEAST <= size <= 31 or size % 2 == 0:
        raise BadInput(f"Kernels are grown with an odd side of 17 to 31 pixels; {size} was given.")
