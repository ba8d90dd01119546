"""Training a network that is told the degradation: SRMD's recipe on the ordinary loop.

Every patch gets a kernel of its own. Its code is handed through the loop as additional channels of LR, so that loop,
checkpoints and resuming are those of every other network.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import torch
from torch import Tensor, nn

from srkit import models
from srkit.datasets import Pairs, Patches, load
from srkit.datasets.maker import generator_for
from srkit.degrade import (
    apply_kernel,
    draw,
    gaussian_widths,
    pca_basis,
    random_srmd_kernels,
    srmd_code,
    srmd_maps,
)
from srkit.ops import pixels
from srkit.ops.resize import imresize
from srkit.training.chance import chance
from srkit.training.result import Run
from srkit.training.start import train

__all__ = ["Conditional", "KnownDegradations", "Packed", "train_conditional"]

Family = Literal["round", "anisotropic"]


class Packed(nn.Module):
    """A conditional network that finds what it is told in the channels behind the image.

    Args:
        net: takes ``net(lr, degradation=maps)``.
    """

    def __init__(self, net: nn.Module) -> None:
        super().__init__()
        self.net = net
        self.scale = int(net.scale)  # type: ignore[arg-type]

    def forward(self, lr: Tensor) -> Tensor:
        """Enlarge ``(b, 3 + n_codes, h, w)`` to ``(b, 3, scale*h, scale*w)``."""
        sr: Tensor = self.net(lr[:, :3], degradation=lr[:, 3:])
        return sr


class KnownDegradations:
    """Batches for SRMD: HR patches, each blurred by a kernel of its own, reduced by bicubic, with noise; and the codes.

    Args:
        pairs: whose HR is used.
        basis: PCA basis ``(components, k*k)``.
        family: ``"round"`` Gaussians with widths in ``widths``, or ``"anisotropic"`` ones as SRMD's authors draw them.
        widths: smallest and largest width of round kernels.
        sigma: largest noise level on the scale 0…255; None leaves the noise map out (SRMDNF).
        patch: side of the HR patch.
        batch: patches in a batch.
        seed: with the step it decides everything.
        margin: HR pixels around a patch that are degraded and cut off again.

    Attributes:
        scale: of the pairs.
    """

    def __init__(
        self,
        pairs: Pairs,
        basis: Tensor,
        *,
        family: Family = "round",
        widths: tuple[float, float] = (0.2, 2.8),
        sigma: float | None = None,
        patch: int = 96,
        batch: int = 16,
        seed: int = 0,
        margin: int = 8,
    ) -> None:
        self.scale, self.basis, self.family, self.widths, self.sigma = pairs.scale, basis, family, widths, sigma
        self.seed, self.margin = seed, -(-margin // pairs.scale)
        self.size = math.isqrt(basis.shape[-1])
        self._patches = Patches(pairs, patch=patch + 2 * self.margin * self.scale, batch=batch, seed=seed)

    def batch(self, step: int) -> tuple[Tensor, Tensor]:
        """Return LR with its codes ``(n, 3 + n_codes, h, w)`` and HR ``(n, 3, scale*h, scale*w)`` of a step."""
        _, hr = self._patches.batch(step)
        packed = torch.stack([self._degrade(one, generator_for(self.seed, step, i)) for i, one in enumerate(hr)])
        return packed, pixels.crop_border(hr, self.margin * self.scale)

    def _degrade(self, hr: Tensor, rng: torch.Generator) -> Tensor:
        kernel = self._kernel(rng)
        lr = pixels.quantise(imresize(apply_kernel(hr, kernel), 1 / self.scale))
        level = None if self.sigma is None else draw.uniform(rng, 0, self.sigma)
        if level is not None:
            lr = lr + draw.normal(rng, lr.shape, lr) * level / 255
        lr = pixels.crop_border(lr, self.margin)
        maps = srmd_maps(srmd_code(kernel, self.basis), (lr.shape[-2], lr.shape[-1]), sigma=level)[0]
        return torch.cat([lr, maps.to(lr)])  # (3 + n_codes, h, w)

    def _kernel(self, rng: torch.Generator) -> Tensor:
        if self.family == "round":
            return gaussian_widths(self.size, draw.uniform(rng, *self.widths))
        return random_srmd_kernels(1, rng, size=self.size)[0]


@dataclass(frozen=True)
class Conditional:
    """A trained conditional network.

    Attributes:
        net: takes ``net(lr, degradation=codes)``.
        basis: of its codes.
        run: how it was trained.
    """

    net: nn.Module
    basis: Tensor
    run: Run


def train_conditional(
    pairs: Pairs | str | Path,
    *,
    scale: int = 2,
    steps: int,
    net: str = "srmdnf",
    family: Family = "round",
    widths: tuple[float, float] = (0.2, 2.8),
    sigma: float | None = None,
    components: int = 15,
    size: int = 15,
    patch: int = 48,
    batch: int = 16,
    seed: int = 0,
    learning_rate: float = 1e-3,
    root: str | Path | None = None,
    arguments: dict[str, Any] | None = None,
    **settings: Any,
) -> Conditional:
    """Train SRMD or SRMDNF on random kernels. Train on widths wider than those you will measure on: the edge is weak.

    The authors train on anisotropic kernels and noise up to 75 with patches of 96, learning rate 1e-4 and L2; the
    defaults here are a small version for a CPU.

    Args:
        pairs: a data set, by name, folder or loaded; only HR is used.
        scale: enlargement factor.
        steps: updates.
        net: ``"srmdnf"``, or ``"srmd"`` together with ``sigma``.
        family: as in :class:`KnownDegradations`.
        widths: as in :class:`KnownDegradations`.
        sigma: as in :class:`KnownDegradations`.
        components: length of the kernel's code.
        size: side of the kernels.
        patch: side of the HR patch.
        batch: patches in a batch.
        seed: decides basis, weights, patches and kernels.
        learning_rate: at its highest.
        root: where named data lie.
        arguments: of the network, for example ``{"channels": 32, "depth": 8}``.
        **settings: of :func:`srkit.train`.
    """
    data = load(pairs, scale=scale, root=root) if isinstance(pairs, str | Path) else pairs
    basis = pca_basis(_sample(family, widths, size, generator_for(seed, 0)), components=components)
    batches = KnownDegradations(
        data, basis, family=family, widths=widths, sigma=sigma, patch=patch, batch=batch, seed=seed
    )
    with chance(seed):
        conditional = models.create(net, scale=data.scale, **(arguments or {}))
    run = train(
        Packed(conditional), batches, steps=steps, seed=seed, batch=batch, learning_rate=learning_rate, **settings
    )
    return Conditional(conditional.eval(), basis, run)


def _sample(family: Family, widths: tuple[float, float], size: int, rng: torch.Generator) -> Tensor:
    if family == "anisotropic":
        return random_srmd_kernels(2000, rng, size=size)
    return torch.stack([gaussian_widths(size, draw.uniform(rng, *widths)) for _ in range(1000)])
