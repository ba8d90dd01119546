"""A curriculum of several runs: train a small network, initialise a larger one from it, train that.

Progressive CARN (Ahn, Kang, Sohn, CVPR Workshops 2018) is trained for x2, then x4, then x8; a stage keeps what the one
before has learned and replaces its end. A network that grows like that offers ``start_from(smaller)``. Each stage is an
ordinary run in a folder of its own.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from torch import nn

from srkit import models
from srkit.errors import BadInput
from srkit.training.checkpoint import load_checkpoint
from srkit.training.start import resume, train
from srkit.training.state import Run
from srkit.training.weights import begin_from
from srkit.training.world import chance

__all__ = ["train_stages"]


def train_stages(
    name: str,
    dataset: str | Path,
    *,
    scales: Sequence[int] = (2, 4, 8),
    steps: int | Sequence[int],
    out: str | Path,
    arguments: dict[str, Any] | None = None,
    seed: int = 0,
    **settings: Any,
) -> list[nn.Module | Run]:
    """Train a network at one scale after the other, each grown out of the one before.

    Called again with the same arguments it goes on where it was: finished stages are read, an unfinished one resumes.

    Args:
        name: of a network with ``start_from``: ``"progressive_carn"``.
        dataset: a name or a folder, loaded at each scale.
        scales: of the stages, rising.
        steps: of each stage, one number for all or one for each.
        out: folder; stage x4 is the run in ``out/x4``.
        arguments: of the constructor, for example ``{"tiny": True}``.
        seed: decides the first weights and the patches of every stage.
        **settings: as for :func:`srkit.train`.

    Returns:
        For each stage its run, or, where the stage was finished before, its network.

    Raises:
        BadInput: scales that do not rise, as many steps as there are not stages, or a network that cannot grow.
    """
    lengths = [steps] * len(scales) if isinstance(steps, int) else list(steps)
    if not scales or list(scales) != sorted(set(scales)) or len(lengths) != len(scales):
        raise BadInput(f"Stages need rising scales and a length for each; scales={tuple(scales)}, steps={steps}.")
    found: list[nn.Module | Run] = []
    below: nn.Module | None = None
    for scale, length in zip(scales, lengths, strict=True):
        with chance(seed, scale):
            net = models.create(name, scale=scale, **(arguments or {}))
        if below is not None:
            _start(net, below)
        stage = _stage(net, dataset, Path(out) / f"x{scale}", steps=length, scale=scale, seed=seed, **settings)
        found.append(stage)
        below = stage.net if isinstance(stage, Run) else stage
    return found


def _stage(
    net: nn.Module, dataset: str | Path, folder: Path, *, steps: int, scale: int, seed: int, **settings: Any
) -> nn.Module | Run:
    """Make, resume or read one stage."""
    if not (folder / "checkpoint.pt").exists():
        return train(net, dataset, steps=steps, scale=scale, seed=seed, out=folder, **settings)
    if load_checkpoint(folder / "checkpoint.pt")["step"] < steps:
        return resume(folder, net=net, steps=steps, progress=settings.get("progress"))
    begin_from(net, folder / "last.safetensors")
    return net


def _start(net: nn.Module, below: nn.Module) -> None:
    start: Any = getattr(net, "start_from", None)
    if not callable(start):
        raise BadInput(
            f"{type(net).__name__} has no method start_from(smaller), so that no stage can grow out of another. "
            "progressive_carn has it; prosr grows within one run: train(…, growth='2@0,4@0.12-0.25')."
        )
    start(below)
