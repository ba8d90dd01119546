"""The geometric self-ensemble: the mean over eight flips and rotations.

Lim et al., "Enhanced Deep Residual Networks for Single Image Super-Resolution", CVPRW 2017, section 4.3: the network
runs on the eight flips and rotations of the input, each result is turned back, and the mean is taken ("EDSR+").
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Literal

import torch
from torch import Tensor, nn

from srkit.errors import BadInput

__all__ = ["VIEWS", "Ensemble", "dihedral", "self_ensemble", "undo_dihedral"]

VIEWS = 8

Ensemble = Literal["mean", "median"]


def dihedral(image: Tensor, view: int) -> Tensor:
    """Return one of the eight flips and rotations of an image.

    Args:
        view: 0 to 7, read as three switches: 1 flips left-right, 2 flips top-bottom, 4 then transposes.

    Returns:
        ``(..., h, w)`` for views 0 to 3, ``(..., w, h)`` for views 4 to 7.
    """
    flipped = image.flip(_axes(view)) if view & 3 else image
    return flipped.transpose(-1, -2) if view & 4 else flipped


def undo_dihedral(image: Tensor, view: int) -> Tensor:
    """Turn back what :func:`dihedral` did: ``undo_dihedral(dihedral(x, v), v)`` is ``x``."""
    upright = image.transpose(-1, -2) if view & 4 else image
    return upright.flip(_axes(view)) if view & 3 else upright


def self_ensemble(
    net: nn.Module | Callable[[Tensor], Tensor], lr: Tensor, *, how: Ensemble = "mean", batched: bool = False
) -> Tensor:
    """Mean or median of the network's answers to the eight views of ``lr``, each turned back (EDSR, section 4.3).

    The mean of eight passes takes eight times as long as ``net(lr)`` and the memory of one pass and one more output.
    Gradients flow if they are enabled; the mode of the network is the caller's.

    Args:
        net: ``(b, c, h, w)`` -> ``(b, c, scale*h, scale*w)``.
        lr: ``(b, c, h, w)``, any number of channels, ``h`` and ``w`` may differ.
        how: ``"mean"``, the paper's; or ``"median"``, the middle between the fourth and the fifth of the eight values,
            which one odd answer does not move.
        batched: send four views (of a square image all eight) through the network at once: faster on a GPU, four times
            the memory, and equal to single passes but for rounding.

    Returns:
        ``(b, c, scale*h, scale*w)``.

    Raises:
        BadInput: another way than mean or median.
    """
    if how not in ("mean", "median"):
        raise BadInput(f"A self-ensemble takes the 'mean' or the 'median' of its eight answers, not {how!r}.")
    answers = _in_batches(net, lr) if batched else _one_by_one(net, lr)
    if how == "mean":
        total = next(answers)
        for answer in answers:
            total = total + answer
        return total / VIEWS
    ordered = torch.stack(list(answers)).sort(dim=0).values  # (8, b, c, scale*h, scale*w)
    return (ordered[VIEWS // 2 - 1] + ordered[VIEWS // 2]) / 2  # (b, c, scale*h, scale*w)


def _one_by_one(net: nn.Module | Callable[[Tensor], Tensor], lr: Tensor) -> Iterator[Tensor]:
    for view in range(VIEWS):
        yield undo_dihedral(net(dihedral(lr, view).contiguous()), view)


def _in_batches(net: nn.Module | Callable[[Tensor], Tensor], lr: Tensor) -> Iterator[Tensor]:
    step = VIEWS if lr.shape[-1] == lr.shape[-2] else VIEWS // 2
    for first in range(0, VIEWS, step):
        views = range(first, first + step)
        answers = net(torch.cat([dihedral(lr, view) for view in views]).contiguous())  # (step*b, c, scale*h, scale*w)
        for view, answer in zip(views, answers.chunk(step), strict=True):
            yield undo_dihedral(answer, view)


def _axes(view: int) -> list[int]:
    return [axis for switch, axis in ((1, -1), (2, -2)) if view & switch]
