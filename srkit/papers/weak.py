"""The weakly supervised systems, one call each: from two unpaired sets of images to a network.

``train_weak("fssr", "photos/", "good/", net=net, steps=(600, 100))``. What is set here is what learns something in
minutes on a CPU (docs/BENCHMARKS.md says what and how much); each deviation from the papers stands in
:data:`WEAK`. With the papers' settings: :func:`srkit.papers.train_dsgan`, :func:`srkit.papers.train_high_to_low`
and :func:`srkit.papers.train_cincgan`, and the recipes beside them.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from torch import nn

from srkit.datasets import Pairs
from srkit.discriminators.texture import TextureDiscriminator
from srkit.errors import BadInput, UnknownName
from srkit.papers.cincgan import CinCGAN, train_cincgan
from srkit.papers.unpaired import Images, begin_or_resume, made_pairs, train_dsgan, train_high_to_low
from srkit.training.adversarial import AdversarialTerm
from srkit.training.callbacks import Listener
from srkit.training.state import Run
from srkit.training.world import chance

__all__ = ["TUNING", "WEAK", "Weak", "train_weak"]


@dataclass(frozen=True, kw_only=True)
class Weak:
    """The result of a weakly supervised training.

    Attributes:
        net: enlarges images of the real kind.
        generator: the network trained on the real images: it makes such (FSSR, Bulat et al.), or cleans them
            (CinCGAN).
        pairs: what ``generator`` made of the large images, on which ``net`` was trained; None for CinCGAN.
        runs: the trainings by name, in order.
    """

    net: nn.Module = field(repr=False)
    generator: nn.Module = field(repr=False)
    pairs: Pairs | None
    runs: Mapping[str, Run]


def _fssr() -> dict[str, Any]:
    """DSGAN with a skip and a source of noise; a narrow discriminator of the loud fast part, not normalised."""
    sees = TextureDiscriminator(size=32, channels=8, norm=False, gain=20.0)
    return {
        "adversarial": AdversarialTerm(game="CE", weight=0.2, discriminator=sees, betas=(0.5, 0.999)),
        "arguments": {"channels": 16, "n_blocks": 2, "skip": True, "noisy": True},
        "patch": 64,
        "batch": 8,
        "learning_rate": 1e-3,
    }


def _bulat() -> dict[str, Any]:
    """High-to-Low of two halvings with a skip, kept to its goal in its slow part, and FSSR's discriminator."""
    sees = TextureDiscriminator(size=16, channels=8, norm=False, gain=20.0)
    return {
        "content": "1*LowPass",
        "adversarial": AdversarialTerm(game="Hinge", weight=0.2, discriminator=sees, betas=(0.0, 0.9)),
        "arguments": {"channels": 16, "n_blocks": 1, "halvings": 2, "skip": True},
        "patch": 64,
        "batch": 16,
        "learning_rate": 1e-3,
    }


def _cincgan() -> dict[str, Any]:
    """Narrow generators with a skip, five times the rate; FSSR's discriminator of small images, a shallow of large."""
    sees = TextureDiscriminator(size=24, channels=8, norm=False, gain=20.0)
    narrow = {"channels": 16, "n_blocks": 2, "skip": True, "discriminator_channels": 16, "discriminator_depth": 1}
    return {"arguments": {**narrow, "discriminator_y": sees}, "patch": 48, "batch": 8, "rates": (1e-3, 1e-4, 5e-5)}


WEAK: Mapping[str, Callable[[], dict[str, Any]]] = {"fssr": _fssr, "bulat": _bulat, "cincgan": _cincgan}
"""Makes the settings of each system's first phase, with fresh discriminators."""

TUNING: Mapping[str, Any] = {"loss": "1*L1", "batch": 8, "learning_rate": 2e-4, "schedule": "cosine"}
"""Settings of the second phase; patches are 24 LR pixels wide."""


def train_weak(
    system: str,
    real: Images,
    large: Images,
    *,
    net: nn.Module,
    steps: tuple[int, int],
    out: str | Path | None = None,
    seed: int = 0,
    first: Mapping[str, Any] | None = None,
    then: Mapping[str, Any] | None = None,
    callbacks: Sequence[Listener] = (),
    **both: Any,
) -> Weak:
    """Train ``net`` to enlarge images of which no large versions exist.

    FSSR and Bulat et al. learn to degrade large images as the real ones are and train ``net`` on the pairs this makes
    (mean absolute error alone: no features of VGG-19, no second discriminator). CinCGAN learns to clean the real ones,
    and then to clean and enlarge together.

    Args:
        system: ``"fssr"``, ``"bulat"`` (x4 only) or ``"cincgan"``.
        real: small images as they are found: a folder, a name or pairs whose HR is taken.
        large: good large images of other scenes, likewise.
        net: enlarges already: trained on bicubic pairs. It is trained on, in place.
        steps: of the two phases; the second may be 0.
        out: folder; each phase is a run below it, resumed by the same call.
        seed: decides everything.
        first: settings of the first phase that replace those of :data:`WEAK`.
        then: settings of the second phase, of :func:`srkit.train`; CinCGAN's phases share ``first``.
        callbacks: of the first phase.
        **both: settings of both phases, for example ``progress=False``.

    Raises:
        UnknownName: there is no such system.
        BadFile: a folder is missing or empty.
        BadInput: the images cannot be learned from (:func:`srkit.papers.check_unpaired`), ``net`` has another scale,
            or CinCGAN is given settings for its second phase.
    """
    if system not in WEAK:
        raise UnknownName(f"There is no system {system!r} here: choose {', '.join(WEAK)}.")
    scale = int(getattr(net, "scale", 0))
    if system == "bulat" and scale != 4:
        raise BadInput(f"High-to-Low reduces four times, and the network enlarges {scale} times: give one for x4.")
    with chance(seed, -1):
        settings = {**WEAK[system](), **(first or {}), **both, "seed": seed, "callbacks": callbacks}
    if system == "cincgan":
        if then:
            raise BadInput("CinCGAN's two phases share their settings: give them as first=…, the rates as rates=….")
        return _cleaned(real, large, net, steps, out, settings)
    folders = [None if out is None else Path(out) / name for name in ("generator", "net")]
    if system == "fssr":
        made = train_dsgan(real, large, scale=scale, steps=steps[0], out=folders[0], **settings)
    else:
        made = train_high_to_low(real, large, steps=steps[0], out=folders[0], **settings)
    pairs, runs = made_pairs(made.net, large, scale=scale, seed=seed), {"generator": made}
    if steps[1]:
        given = {**TUNING, "patch": 24 * scale, **(then or {}), **both, "seed": seed}
        runs["net"] = begin_or_resume(net, pairs, steps=steps[1], out=folders[1], **given)
    return Weak(net=net, generator=made.net.generator, pairs=pairs, runs=runs)  # type: ignore[arg-type]


def _cleaned(
    real: Images,
    large: Images,
    net: nn.Module,
    steps: tuple[int, int],
    out: str | Path | None,
    settings: dict[str, Any],
) -> Weak:
    """Train the inner cycle, and then both together."""
    lengths, scale = (steps[0], 0, steps[1]), int(net.scale)  # type: ignore[arg-type]
    runs = train_cincgan(real, large, scale=scale, steps=lengths, out=out, enlarge=net, **settings)
    system = runs[-1].net
    assert isinstance(system, CinCGAN)
    names = [name for name, length in zip(("inner", "joint"), steps, strict=True) if length]
    return Weak(net=system, generator=system.clean, pairs=None, runs=dict(zip(names, runs, strict=True)))
