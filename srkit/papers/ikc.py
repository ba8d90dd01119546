"""Training IKC: first the network that is told the kernel, then those that find it.

J. Gu, H. Lu, W. Zuo, C. Dong, "Blind Super-Resolution With Iterative Kernel Correction", CVPR 2019, section 3, and the
code of yuanjunchai/IKC. SFTMD learns as SRMD does. Then it is held fast, and predictor and corrector learn the codes of
the same kernels: the corrector sees what SFTMD makes of its own last answer.

Deviations from that code: LR by MATLAB's bicubic and replicated borders (:class:`KnownDegradations`), codes in a basis
that is not centred (SRMD's), and one update for all corrections of a batch instead of one for each.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn

from srkit import models
from srkit.datasets import Pairs, load
from srkit.datasets.maker import generator_for
from srkit.degrade import draw, gaussian_widths, pca_basis
from srkit.errors import BadInput
from srkit.layers import Prediction
from srkit.papers.conditional import KnownDegradations, Packed
from srkit.papers.unpaired import InPredictions
from srkit.training.chance import chance
from srkit.training.result import Run
from srkit.training.start import train

__all__ = ["CodedBatches", "Correcting", "Corrections", "train_ikc"]


class CodedBatches:
    """The batches of a conditional training, with the codes beside the image instead of behind it.

    Args:
        batches: give LR with maps of codes as further channels.
    """

    def __init__(self, batches: KnownDegradations) -> None:
        self.batches, self.scale = batches, batches.scale

    def batch(self, step: int) -> tuple[Tensor, Tensor, dict[str, Tensor]]:
        """Return LR ``(n, 3, h, w)``, HR ``(n, 3, scale*h, scale*w)`` and the codes ``(n, n_codes)`` of a step."""
        packed, hr = self.batches.batch(step)
        return packed[:, :3].contiguous(), hr, {"codes": packed[:, 3:, 0, 0].contiguous()}


class Correcting(nn.Module):
    """Predictor and corrector as the loop trains them: every guess of the codes is compared with the truth.

    Args:
        net: an IKC whose ``sftmd`` has been trained; it gets no gradient.
    """

    def __init__(self, net: nn.Module) -> None:
        super().__init__()
        self.net: Any = net
        self.scale = int(getattr(net, "scale", 0))

    def forward(self, lr: Tensor) -> Tensor:
        """Enlarge ``(b, 3, h, w)`` to ``(b, 3, scale*h, scale*w)``."""
        sr: Tensor = self.net(lr)
        return sr

    def predictions(self, lr: Tensor, *, codes: Tensor) -> list[Prediction]:
        """Return the last image with the squared errors of all guesses.

        Args:
            lr: ``(b, 3, h, w)``.
            codes: the true ones, ``(b, n_codes)``.
        """
        guess = self.net.predictor(lr)  # (b, n_codes)
        terms = {"predicted": (guess - codes).square().mean()}
        sr = lr
        for turn in range(self.net.iterations):
            with torch.no_grad():
                sr = self.net.sftmd(lr, degradation=guess)  # (b, 3, s*h, s*w)
            guess = self.net.corrector(sr, guess.detach())  # (b, n_codes)
            terms[f"correction {turn + 1}"] = (guess - codes).square().mean()
        return [Prediction("codes", sr, 1, 1.0, beside=terms)]


@dataclass(frozen=True)
class Corrections:
    """A trained IKC.

    Attributes:
        net: takes ``net(lr)``; its ``basis`` belongs to its codes.
        told: how SFTMD was trained.
        run: how predictor and corrector were trained.
    """

    net: nn.Module
    told: Run
    run: Run


def train_ikc(
    pairs: Pairs | str | Path,
    *,
    scale: int = 2,
    sftmd_steps: int,
    steps: int,
    net: str = "ikc",
    widths: tuple[float, float] | None = None,
    patch: int = 64,
    batch: int = 16,
    seed: int = 0,
    learning_rate: float = 1e-4,
    codes_rate: float | None = None,
    out: str | Path | None = None,
    root: str | Path | None = None,
    arguments: Mapping[str, Any] | None = None,
    **settings: Any,
) -> Corrections:
    """Train IKC in its two stages, on round Gaussians.

    ``train_ikc("div2k+flickr2k", scale=4, **ikc_recipe(scale=4))`` is the authors' way;
    ``train_ikc(samples(scale=2), **ikc_recipe(scale=2, small=True))`` takes a CPU minute and only shows the way: after
    it, corrections still lead away from the truth.

    Args:
        pairs: a data set, by name, folder or loaded; only HR is used.
        scale: enlargement factor, where the pairs are not loaded yet.
        sftmd_steps: updates of SFTMD.
        steps: updates of predictor and corrector.
        net: a network with ``sftmd``, ``predictor``, ``corrector`` and ``basis``.
        widths: smallest and largest width of the kernels in pixels; None is 0.2 to the scale.
        patch: side of the HR patch.
        batch: patches in a batch.
        seed: decides basis, weights, patches and kernels.
        learning_rate: of SFTMD.
        codes_rate: of predictor and corrector; None is that of SFTMD.
        out: folder for the two runs, ``sftmd`` and ``ikc``.
        root: where named data lie.
        arguments: of the network, for example ``{"tiny": True}``.
        **settings: of :func:`srkit.train`, for both stages.

    Raises:
        BadInput: the network does not correct kernels, or as :func:`srkit.train`.
    """
    data = load(pairs, scale=scale, root=root) if isinstance(pairs, str | Path) else pairs
    with chance(seed):
        blind: Any = models.create(net, scale=data.scale, **(arguments or {}))
    if not hasattr(blind, "corrector"):
        raise BadInput(f"{net!r} corrects no kernel: train_ikc is for 'ikc' and its like, train_blind for 'kxnet'.")
    wide = widths or (0.2, float(data.scale))
    kernels = _round_kernels(wide, blind.kernel_size, generator_for(seed, 0))
    blind.basis.copy_(pca_basis(kernels, components=blind.n_codes))
    batches = KnownDegradations(data, blind.basis.double(), widths=wide, patch=patch, batch=batch, seed=seed)
    rules = {"seed": seed, "patch": patch, "batch": batch, **settings}
    first, then = (None if out is None else Path(out) / name for name in ("sftmd", "ikc"))
    rate = codes_rate or learning_rate
    told = train(Packed(blind.sftmd), batches, steps=sftmd_steps, learning_rate=learning_rate, out=first, **rules)
    blind.sftmd.requires_grad_(False)
    coded, loss = CodedBatches(batches), InPredictions()
    try:
        run = train(Correcting(blind), coded, steps=steps, loss=loss, learning_rate=rate, out=then, **rules)
    finally:
        blind.sftmd.requires_grad_(True)
    return Corrections(blind.eval(), told, run)


def _round_kernels(widths: tuple[float, float], size: int, rng: torch.Generator) -> Tensor:
    """Return the kernels ``(1000, size, size)`` of which the basis of the codes is made."""
    return torch.stack([gaussian_widths(size, draw.uniform(rng, *widths)) for _ in range(1000)])
