"""Curricula: from easy to hard within one run, as functions of the step.

*Growing.* ``growth="2@0,4@0.12-0.25,8@0.45-0.6"`` trains a pyramid level by level: the network is a x2 network at
first; from 12 % of the steps on it is a x4 network whose new level is blended in until 25 %, and so on (ProSR, Wang et
al., CVPR Workshops 2018). Without a second number a level takes over at once. The network offers ``grow(scale,
blend=…)``. Networks that are rebuilt at each stage are trained by :func:`srkit.training.train_stages`.

*Easing.* A network with several predictions may get easier targets for the early ones (SRFBN, Li et al., CVPR 2019,
section 3.3): :class:`Easing`.

Nothing is remembered between two steps, so a resumed run grows as the one that never stopped.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor, nn

from srkit.errors import BadInput
from srkit.training.supervise import Batch, Batches, complete

__all__ = ["Easing", "Level", "grow", "growth_at", "parse_growth"]

_LEVEL = re.compile(r"\s*(\d+)@([\d.]+)(?:-([\d.]+))?\s*")
_HELP = "write scale@share, or scale@share-share to blend a level in: '2@0,4@0.12-0.25,8@0.45-0.6'"


@dataclass(frozen=True)
class Level:
    """One level of a growing network.

    Attributes:
        scale: what the network enlarges by.
        opened: share of the run, in [0, 1), at which the level appears.
        complete: share at which it is fully blended in; ``opened`` where it takes over at once.
    """

    scale: int
    opened: float
    complete: float


def parse_growth(text: str) -> tuple[Level, ...]:
    """Read ``"2@0,4@0.12-0.25"``; nothing at all is no growth.

    Raises:
        BadInput: it cannot be read, does not begin at 0, or the scales or shares do not rise.
    """
    if not text.strip():
        return ()
    found = [_LEVEL.fullmatch(part) for part in text.split(",")]
    levels: list[Level] = []
    for match in found:
        if match is None:
            raise BadInput(f"The growth {text!r} cannot be read: {_HELP}.")
        opened = float(match[2])
        levels.append(Level(int(match[1]), opened, float(match[3] or opened)))
    shares = [share for level in levels for share in (level.opened, level.complete)]
    scales = [level.scale for level in levels]
    if shares != sorted(shares) or shares[:2] != [0, 0] or shares[-1] > 1 or levels[-1].opened >= 1:
        raise BadInput(f"The shares in the growth {text!r} begin at 0, rise and end at 1 at most: {_HELP}.")
    if scales != sorted(set(scales)):
        raise BadInput(f"The scales in the growth {text!r} do not rise: {_HELP}.")
    return tuple(levels)


def growth_at(step: int, levels: Sequence[Level], steps: int) -> tuple[int, float]:
    """Return scale and blend (in [0, 1]) of the network at update number ``step`` of ``steps``."""
    share = min(step / steps, 1.0)
    level = [level for level in levels if level.opened <= share][-1]
    fading = level.complete - level.opened
    return level.scale, min((share - level.opened) / fading, 1.0) if fading else 1.0


def grow(nets: Sequence[nn.Module], scale: int, blend: float) -> None:
    """Grow networks to their state at this step."""
    for net in nets:
        method: Any = getattr(net, "grow", None)
        if not callable(method):
            raise BadInput(
                f"{type(net).__name__} has no method grow(scale, blend=…), so it cannot be trained level by level. "
                "Leave growth out, or take a network that grows (prosr with every_scale=True)."
            )
        method(scale, blend=blend)


class Easing:
    """Batches whose targets go from easy to hard over the predictions of a network.

    SRFBN's targets for images that were blurred as well (its BD): the blurred HR image for the first two of its four
    predictions, the HR image for the others: ``Easing(batches, [blurred, blurred, None, None])``.

    Args:
        eases: for each prediction, what makes its target of the HR images ``(b, 3, h, w)``; None leaves them alone.
    """

    def __init__(self, batches: Batches, eases: Sequence[Callable[[Tensor], Tensor] | None]) -> None:
        self.batches = batches
        self.eases = tuple(eases)
        if not self.eases:
            raise BadInput("Easing needs one entry for each prediction of the network, and none was given.")

    def batch(self, step: int, /) -> Batch:
        """Return LR ``(b, 3, h, w)``, a target for each prediction ``(b, n, 3, scale*h, scale*w)``, the condition."""
        lr, hr, condition = complete(self.batches.batch(step))
        targets = torch.stack([hr if ease is None else ease(hr) for ease in self.eases], dim=1)  # (b, n, 3, H, W)
        return lr, targets, condition
