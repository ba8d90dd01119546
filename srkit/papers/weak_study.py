"""What weak supervision gains: the same network, once for each kind of training, beside what could be gained at most.

The real domain is a chain of degradations known only to the oracle, so that there is a truth to measure with.
"""

from __future__ import annotations

import copy
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from statistics import fmean
from typing import Any, TypeVar

import torch
from torch import Tensor, nn

from srkit import models
from srkit.datasets import Pairs, Source
from srkit.datasets.degraded import at_scale, degraded
from srkit.datasets.pair import bicubic_lr
from srkit.evaluation import evaluate
from srkit.evaluation.gap import grain, spectrum_gap
from srkit.evaluation.table import finite_mean
from srkit.inference import upscale
from srkit.metrics import Naturalness, niqe, psnr
from srkit.ops import pixels
from srkit.papers.cincgan import CinCGAN
from srkit.papers.unpaired import made_pairs
from srkit.papers.weak import TUNING, Weak, train_weak
from srkit.training.callbacks import Listener
from srkit.training.loop import Outcome, training_mode
from srkit.training.start import train
from srkit.training.state import State

__all__ = ["Domain", "Likeness", "Seen", "Standing", "compare_lr", "compare_weak", "learnt", "make_domain"]

T = TypeVar("T")


@dataclass(frozen=True, kw_only=True)
class Domain:
    """A simulated real domain, of which the true images are known."""

    real: Pairs  # its small images, at scale 1; large ones of the same scenes are nowhere
    large: Pairs  # good large images of other scenes, at scale 1
    bicubic: Pairs  # pairs of ``large`` and their bicubic LR
    true: Pairs  # pairs of ``large`` and what the chain makes of them; for the oracle
    test: Pairs  # pairs of a third set, LR made by the chain
    redrawn: Sequence[Tensor]  # LR images of the same scenes with other noise: how alike two of the real kind are


@dataclass(frozen=True, kw_only=True)
class Likeness:
    """How alike two series of LR images of the same scenes are."""

    gap: float  # of their radial spectra, dB
    psnr: float  # of one to the other, RGB, dB
    grain: float  # noise of the first, in 8-bit levels


@dataclass(frozen=True, kw_only=True)
class Standing:
    """One line of the comparison."""

    name: str  # how the network was trained
    psnr: float  # on the test images, luma, dB
    ssim: float  # likewise
    niqe: float | None = None  # mean; None without statistics
    # of the LR images trained on to the real ones, on the scenes of the test images (CinCGAN: of the cleaned
    # ones, before it of the real ones, to the clean ones); None where there are none
    likeness: Likeness | None = None
    seconds: float = 0.0  # CPU time of the training


@dataclass
class Seen:
    """The learning curve of a weakly supervised training, as a callback."""

    test: Pairs
    every: int = 50
    # one dict for each point: step, gap, psnr, grain, and what the discriminators say
    points: list[dict[str, float]] = field(default_factory=list)

    def __call__(self, state: State, outcome: Outcome) -> None:
        """Measure where a point is due."""
        if state.step % self.every:
            return
        with training_mode(state.net):
            state.net.eval()
            found = learnt(state.net, self.test)
        says = {name: value for name, value in outcome.beside.items() if name.endswith(("of real", "of made"))}
        self.points.append({"step": state.step, "gap": found.gap, "psnr": found.psnr, "grain": found.grain, **says})


def make_domain(real: Pairs, large: Pairs, test: Pairs, chain: str, *, seed: int = 0) -> Domain:
    """Degrade two of three sets by a chain, and the third for the oracle.

    Args:
        real: pairs whose LR, made by the chain, are the real images; their HR is thrown away.
        large: pairs of other scenes.
        test: pairs of others again.
        chain: formula of degradations.
        seed: decides the noise; each set has its own.
    """
    seen, true, unseen, redrawn = (
        _kept(degraded(pairs, chain, seed=seed + number)) for number, pairs in enumerate((real, large, test, test))
    )
    return Domain(
        real=Pairs([Source(source.name, source.lr) for source in seen.sources], name="real", scale=1),  # type: ignore[arg-type]
        large=at_scale(large, 1).named("large"),
        bicubic=large,
        true=true,
        test=unseen,
        redrawn=[pair.lr for pair in redrawn],
    )


def compare_weak(
    system: str,
    domain: Domain,
    *,
    net: nn.Module,
    steps: tuple[int, int],
    tuning: int,
    seed: int = 0,
    first: Mapping[str, Any] | None = None,
    natural: Naturalness | None = None,
    callbacks: Sequence[Listener] = (),
) -> tuple[list[Standing], Weak]:
    """Train the same network on bicubic pairs, by the system, and on the truth, and measure them on unseen images.

    Args:
        system: as for :func:`srkit.papers.train_weak`.
        domain: what it is trained and measured on.
        net: where all begin; it is left as it is.
        steps: of the system's two phases.
        tuning: steps on bicubic pairs, and of the oracle.
        seed: decides everything.
        first: settings of the system's first phase.
        natural: NIQE's statistics.
        callbacks: of the first phase.

    Returns:
        The lines, and what the system made.
    """
    scale, real = domain.test.scale, [pair.lr for pair in domain.test]
    plain = [bicubic_lr(pair.hr, scale) for pair in domain.test]
    measure = partial(_stand, test=domain.test, natural=natural)
    lines = [measure("bicubic, not trained", models.create("bicubic", scale=scale))]
    cleans = system == "cincgan"
    for name, pairs, alike in (
        ("trained on bicubic pairs", domain.bicubic, compare_lr(real, plain) if cleans else compare_lr(plain, real)),
        ("oracle, trained on the truth", domain.true, None if cleans else compare_lr(domain.redrawn, real)),
    ):
        tuned, seconds = _timed(partial(_tuned, copy.deepcopy(net), pairs, tuning, seed))
        lines.append(measure(name, tuned, alike, seconds))
    given: dict[str, Any] = {"steps": steps, "seed": seed, "first": first, "callbacks": callbacks, "progress": False}
    found, seconds = _timed(partial(train_weak, system, domain.real, domain.large, net=copy.deepcopy(net), **given))
    alike = learnt(found.net if cleans else found.generator, domain.test)
    lines.insert(2, measure(f"trained by {system}", found.net, alike, seconds))
    return lines, found


def learnt(system: nn.Module, test: Pairs) -> Likeness:
    """Return how similar a system's LR images of the test scenes are to true ones.

    Args:
        system: makes real-looking images of large ones (compared with the real ones), or is a
            :class:`srkit.papers.CinCGAN` (its cleaned images are compared with the bicubic LR).
    """
    if isinstance(system, CinCGAN):
        with torch.no_grad():
            cleaned = [pixels.quantise(system.clean(pair.lr[None])[0]) for pair in test]
        return compare_lr(cleaned, [bicubic_lr(pair.hr, test.scale) for pair in test])
    made = made_pairs(system, at_scale(test, 1), scale=test.scale)
    return compare_lr([pair.lr for pair in made], [pair.lr for pair in test])


def compare_lr(ours: Sequence[Tensor], theirs: Sequence[Tensor]) -> Likeness:
    """Compare two series of LR images ``(3, h, w)`` of the same scenes; the larger of each two is cut."""
    both = [_common(a, b) for a, b in zip(ours, theirs, strict=True)]
    return Likeness(
        gap=spectrum_gap([a for a, _ in both], [b for _, b in both]),
        psnr=finite_mean([float(psnr(a, b)) for a, b in both]),
        grain=fmean(grain(a) for a, _ in both),
    )


def _kept(pairs: Pairs) -> Pairs:
    """Return the same pairs, made once."""
    return Pairs([Source(pair.name, pair.hr, pair.lr) for pair in pairs], name=pairs.name, scale=pairs.scale)


def _common(a: Tensor, b: Tensor) -> tuple[Tensor, Tensor]:
    height, width = (min(a.shape[axis], b.shape[axis]) for axis in (-2, -1))
    return a[..., :height, :width], b[..., :height, :width]


def _tuned(net: nn.Module, pairs: Pairs, steps: int, seed: int) -> nn.Module:
    given = {**TUNING, "patch": 24 * pairs.scale, "seed": seed, "progress": False}
    return train(net, pairs, steps=steps, **given).net if steps else net


def _timed(work: Callable[[], T]) -> tuple[T, float]:
    begin = time.process_time()
    return work(), time.process_time() - begin


def _stand(
    name: str,
    net: nn.Module,
    likeness: Likeness | None = None,
    seconds: float = 0.0,
    *,
    test: Pairs,
    natural: Naturalness | None,
) -> Standing:
    mean = evaluate(net, test).mean
    return Standing(
        name=name,
        psnr=mean.psnr,
        ssim=mean.ssim,
        niqe=None if natural is None else fmean(niqe(upscale(pair.lr, net), natural) for pair in test),
        likeness=likeness,
        seconds=seconds,
    )
