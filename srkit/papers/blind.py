"""Training a network that finds the blur kernel itself: every patch has a kernel of its own, told to the loss alone.

KXNet (Fu et al., ECCV 2022) is trained so. The degradation is that of the blind methods (IKC, DAN, KXNet): correlation
with a centred kernel, reflected borders, every ``scale``-th pixel from the first, noise.
"""

from __future__ import annotations

import math
from pathlib import Path
from typing import Any, Literal

import torch
from torch import Tensor

from srkit import models
from srkit.datasets import Pairs, Patches, load
from srkit.datasets.maker import generator_for
from srkit.degrade import apply_kernel, draw, gaussian_widths
from srkit.errors import BadInput
from srkit.ops import pixels
from srkit.training.chance import chance
from srkit.training.result import Run
from srkit.training.start import train

__all__ = ["RandomKernels", "train_blind"]

Family = Literal["round", "anisotropic"]


class RandomKernels:
    """Batches of a blind training: HR patches, each blurred by a Gaussian of its own and reduced; and the kernels.

    Args:
        pairs: whose HR is used.
        size: side of the kernels, odd.
        family: ``"round"`` Gaussians, or ``"anisotropic"`` ones with two widths and an angle.
        widths: smallest and largest width; None is KXNet's: 0.2 to the scale, or 0.6 to 5.
        noise: largest noise level on the scale 0…255.
        patch: side of the HR patch.
        batch: patches in a batch.
        seed: with the step it decides everything.

    Attributes:
        scale: of the pairs.

    Raises:
        BadInput: no such family.
    """

    def __init__(
        self,
        pairs: Pairs,
        *,
        size: int = 21,
        family: Family = "round",
        widths: tuple[float, float] | None = None,
        noise: float = 0.0,
        patch: int = 128,
        batch: int = 12,
        seed: int = 0,
    ) -> None:
        if family not in ("round", "anisotropic"):
            raise BadInput(f"family={family!r}: kernels are 'round' or 'anisotropic'.")
        self.scale, self.size, self.family, self.noise, self.seed = pairs.scale, size, family, noise, seed
        self.widths = widths or ((0.2, float(pairs.scale)) if family == "round" else (0.6, 5.0))
        self._patches = Patches(pairs, patch=patch, batch=batch, seed=seed)

    def batch(self, step: int) -> tuple[Tensor, Tensor, dict[str, Tensor]]:
        """Return LR ``(n, 3, h, w)``, HR ``(n, 3, scale*h, scale*w)`` and the kernels ``(n, size, size)`` of a step."""
        _, hr = self._patches.batch(step)
        made = [self._degrade(one, generator_for(self.seed, step, place)) for place, one in enumerate(hr)]
        return torch.stack([lr for lr, _ in made]), hr, {"kernel": torch.stack([kernel for _, kernel in made])}

    def _degrade(self, hr: Tensor, rng: torch.Generator) -> tuple[Tensor, Tensor]:
        kernel = self._kernel(rng)
        lr = apply_kernel(hr, kernel, border="reflect")[..., :: self.scale, :: self.scale]
        if self.noise:
            lr = lr + draw.normal(rng, lr.shape, lr) * draw.uniform(rng, 0, self.noise) / 255
        return pixels.quantise(lr), kernel.float()

    def _kernel(self, rng: torch.Generator) -> Tensor:
        first = draw.uniform(rng, *self.widths)
        if self.family == "round":
            return gaussian_widths(self.size, first)
        return gaussian_widths(self.size, first, draw.uniform(rng, *self.widths), draw.uniform(rng, 0, math.pi))


def train_blind(
    pairs: Pairs | str | Path,
    *,
    scale: int = 2,
    steps: int,
    net: str = "kxnet",
    family: Family = "round",
    widths: tuple[float, float] | None = None,
    noise: float = 0.0,
    patch: int = 128,
    batch: int = 12,
    seed: int = 0,
    root: str | Path | None = None,
    arguments: dict[str, Any] | None = None,
    **settings: Any,
) -> Run:
    """Train a network that estimates kernel and image, on random kernels; both are compared with the truth.

    ``train_blind("div2k", scale=2, steps=1_000_000, **kxnet_recipe(scale=2))`` is the paper's setting 1;
    ``net="kxnet_anisotropic", family="anisotropic", noise=25`` its setting 2.

    Args:
        pairs: a data set, by name, folder or loaded; only HR is used.
        scale: enlargement factor, where the pairs are not loaded yet.
        steps: updates.
        net: a network whose ``predictions(lr, kernel=...)`` measure the kernel too.
        family: as in :class:`RandomKernels`.
        widths: as in :class:`RandomKernels`.
        noise: as in :class:`RandomKernels`.
        patch: side of the HR patch.
        batch: patches in a batch.
        seed: decides weights, patches and kernels.
        root: where named data lie.
        arguments: of the network, for example ``{"tiny": True, "n_stages": 4}``.
        **settings: of :func:`srkit.train`.

    Raises:
        BadInput: the network estimates no kernel, or as :func:`srkit.train`.
    """
    data = load(pairs, scale=scale, root=root) if isinstance(pairs, str | Path) else pairs
    with chance(seed):
        blind: Any = models.create(net, scale=data.scale, **(arguments or {}))
    if not hasattr(blind, "estimate_kernel"):
        raise BadInput(f"{net!r} estimates no kernel: train_blind is for 'kxnet' and its like, srkit.train for others.")
    size = blind.estimate_kernel(torch.zeros(1, 3, 8, 8)).shape[-1]
    batches = RandomKernels(
        data, size=size, family=family, widths=widths, noise=noise, patch=patch, batch=batch, seed=seed
    )
    return train(blind, batches, steps=steps, seed=seed, patch=patch, batch=batch, **settings)
