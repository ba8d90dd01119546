"""Several scales in one run: a random one per batch, or the one that a growing network has reached.

MDSR (Lim et al., CVPR Workshops 2017, section 3.3) and CARN (Ahn et al., ECCV 2018) draw one scale per batch; Meta-SR
(Hu et al., CVPR 2019) does so with real numbers. Which scale a step has depends on (seed, step) alone.
"""

from __future__ import annotations

import inspect
import random
from collections.abc import Mapping, Sequence
from math import floor
from typing import Any

from torch import Tensor, nn

from srkit.errors import BadInput
from srkit.layers.free_scale import enlarged
from srkit.ops import pixels
from srkit.ops.resize import imresize
from srkit.training.curriculum import Level, growth_at
from srkit.training.supervise import Batch, Batches, complete
from srkit.training.world import mix

__all__ = ["AnyScale", "Family", "Growing", "RandomScale", "keyword_of"]


class Family(nn.Module):
    """Networks for several scales that share some of their parts: MDSR as it is trained.

    Args:
        members: scale -> network of that scale, all built alike.
        shared: names of the sub-modules they have in common; those of the first member are used by all.

    Attributes:
        scale: the largest scale, which :meth:`forward` takes by default.

    ``family[3]`` is the network for x3, to be evaluated and saved like any other.

    Raises:
        BadInput: fewer than two members, a member whose scale is not its key, or a part that does not fit.

    Example:
        >>> nets = {s: srkit.models.create("mdsr_baseline", scale=s) for s in (2, 3, 4)}         # doctest: +SKIP
        >>> family = Family(nets, shared=("head", "body", "body_end", "tail"))                   # doctest: +SKIP
        >>> srkit.train(family, "div2k", steps=1000, scales=(2, 3, 4))                           # doctest: +SKIP
    """

    def __init__(self, members: Mapping[int, nn.Module], *, shared: Sequence[str] = ()) -> None:
        super().__init__()
        wrong = [scale for scale, net in members.items() if getattr(net, "scale", scale) != scale]
        if len(members) < 2 or wrong:
            raise BadInput(
                f"A family has networks for two scales or more, each under its own scale; given: {sorted(members)}"
                + (f", and the one under {wrong[0]} has another." if wrong else ".")
            )
        first = next(iter(members.values()))
        for net in members.values():
            for name in shared:
                _check_alike(first, net, name)
                setattr(net, name, getattr(first, name))
        self.members = nn.ModuleDict({str(scale): net for scale, net in members.items()})
        self.scale = max(members)

    def __getitem__(self, scale: int) -> nn.Module:
        """Return the network for a scale."""
        if str(scale) not in self.members:
            raise BadInput(f"This family has networks for x{', x'.join(self.members)}, and none for x{scale}.")
        return self.members[str(scale)]

    def forward(self, lr: Tensor, *, scale: int | None = None) -> Tensor:
        """Enlarge ``(b, 3, h, w)`` to ``(b, 3, scale*h, scale*w)`` with the network of that scale."""
        sr: Tensor = self[scale or self.scale](lr)  # (b, 3, scale*h, scale*w)
        return sr


class RandomScale:
    """One scale per batch, drawn with equal chances and passed to the network.

    Args:
        by_scale: scale -> where the pairs of that scale come from.
    """

    def __init__(self, by_scale: Mapping[int, Batches], *, seed: int, keyword: str) -> None:
        self.by_scale = dict(by_scale)
        self.seed = seed
        self.keyword = keyword

    def scale_at(self, step: int) -> int:
        """Return the scale of a step."""
        return random.Random(mix(self.seed, step, 1)).choice(list(self.by_scale))

    def batch(self, step: int, /) -> Batch:
        """Return LR ``(b, 3, h, w)``, HR ``(b, 3, scale*h, scale*w)`` and the scale."""
        scale = self.scale_at(step)
        lr, hr, condition = complete(self.by_scale[scale].batch(step))
        return lr, hr, {**condition, self.keyword: scale}


class AnyScale:
    """One real scale per batch: LR is made from HR patches by MATLAB's bicubic and rounded to 8 bits.

    Patches are reduced one by one, so that two LR pixels at their rim differ a little from those of a reduced image.

    Args:
        scales: to draw from, each above 1; Meta-SR's are 1.1, 1.2, …, 4.0.
    """

    def __init__(self, batches: Batches, scales: Sequence[float], *, seed: int, keyword: str) -> None:
        self.batches = batches
        self.scales = tuple(scales)
        self.seed = seed
        self.keyword = keyword

    def scale_at(self, step: int) -> float:
        """Return the scale of a step."""
        return random.Random(mix(self.seed, step, 1)).choice(self.scales)

    def batch(self, step: int, /) -> Batch:
        """Return LR ``(b, 3, h, h)``, HR ``(b, 3, floor(scale*h), floor(scale*h))`` and the scale; h fits the patch."""
        scale = self.scale_at(step)
        hr = self.batches.batch(step)[1]
        small = floor(hr.shape[-1] / max(self.scales))  # one LR size for all scales, as in the paper
        large = enlarged(small, scale)
        hr = hr[..., :large, :large]  # (b, 3, floor(scale*h), floor(scale*h))
        lr = imresize(pixels.to_uint8(hr), 1 / scale, size=(small, small))  # (b, 3, h, h)
        return pixels.from_uint8(lr), hr, {self.keyword: scale}


class Growing:
    """The pairs of the scale that a growing network has reached."""

    def __init__(self, by_scale: Mapping[int, Batches], *, levels: Sequence[Level], steps: int) -> None:
        self.by_scale = dict(by_scale)
        self.levels = levels
        self.steps = steps

    def batch(self, step: int, /) -> Batch:
        """Return LR ``(b, 3, h, w)`` and HR ``(b, 3, scale*h, scale*w)``."""
        return self.by_scale[growth_at(step, self.levels, self.steps)[0]].batch(step)


def keyword_of(net: nn.Module) -> str:
    """Return the keyword of a network's forward that takes the scale: the only one it has beside the image."""
    parameters: list[Any] = list(inspect.signature(net.forward).parameters.values())[1:]
    if not parameters:
        raise BadInput(
            f"{type(net).__name__} enlarges by one scale: its forward takes no further keyword, so that it cannot "
            "be given the scale of a batch. Join one network per scale in a srkit.training.Family, or leave scales out."
        )
    if len(parameters) > 1:
        raise BadInput(f"The forward of {type(net).__name__} takes {len(parameters)} keywords; which is the scale?")
    return str(parameters[0].name)


def _check_alike(first: nn.Module, net: nn.Module, name: str) -> None:
    ours, theirs = getattr(first, name, None), getattr(net, name, None)
    alike = isinstance(ours, nn.Module) and isinstance(theirs, nn.Module)
    if not alike or [p.shape for p in ours.parameters()] != [p.shape for p in theirs.parameters()]:  # type: ignore[union-attr]
        raise BadInput(f"The members of a family cannot share {name!r}: it is missing in one, or of another shape.")
