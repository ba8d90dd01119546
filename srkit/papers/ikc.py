"""Training IKC: first the network conditioned on the kernel, then the networks that estimate it.

J. Gu, H. Lu, W. Zuo, C. Dong, "Blind Super-Resolution With Iterative Kernel Correction", CVPR 2019, section 3, and the
code of yuanjunchai/IKC. SFTMD learns as SRMD does. Then its weights are frozen, and predictor and corrector learn the
codes of the same kernels: the corrector sees what SFTMD makes of its own last answer.

Deviations from that code: LR by MATLAB's bicubic and replicated borders, codes in a basis that is not centred (SRMD's:
:class:`srkit.datasets.GaussianCodes`), and one update for all corrections of a batch instead of one for each.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from torch import nn

from srkit import models
from srkit.datasets import Made, Pairs, load
from srkit.datasets.maker import generator_for
from srkit.datasets.makers import GaussianCodes, round_basis
from srkit.errors import BadInput
from srkit.ops.device import exact
from srkit.papers.unpaired import InPredictions
from srkit.training.start import train
from srkit.training.state import Run
from srkit.training.world import chance

__all__ = ["Corrections", "train_ikc"]


@dataclass(frozen=True)
class Corrections:
    """A trained IKC."""

    net: nn.Module  # takes ``net(lr)``; its ``basis`` belongs to its codes
    sftmd: Run  # how SFTMD was trained
    run: Run  # how predictor and corrector were trained


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
        raise BadInput(f"{net!r} corrects no kernel: train_ikc is for 'ikc' and its like, srkit.train for others.")
    wide = widths or (0.2, float(data.scale))
    blind.basis.copy_(round_basis(blind, wide, generator_for(seed, 0)))
    batches = Made.of(
        data, GaussianCodes(data.scale, exact(blind.basis), widths=wide), patch=patch, batch=batch, seed=seed
    )
    rules = {"seed": seed, "patch": patch, "batch": batch, **settings}
    first, then = (None if out is None else Path(out) / name for name in ("sftmd", "ikc"))
    rate = codes_rate or learning_rate
    first_run = train(blind.sftmd, batches, steps=sftmd_steps, learning_rate=learning_rate, out=first, **rules)
    blind.sftmd.requires_grad_(False)
    try:
        run = train(blind, batches, steps=steps, loss=InPredictions(), learning_rate=rate, out=then, **rules)
    finally:
        blind.sftmd.requires_grad_(True)
    return Corrections(blind.eval(), first_run, run)
