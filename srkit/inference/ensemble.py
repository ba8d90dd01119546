"""The geometric self-ensemble: eight views of one image, one mean.

Lim et al., "Enhanced Deep Residual Networks for Single Image Super-Resolution", CVPRW 2017, section 3.4: the network
runs on the eight flips and rotations of the input, each result is turned back, and the mean is taken ("EDSR+").
"""

from __future__ import annotations

from collections.abc import Callable

from torch import Tensor, nn

__all__ = ["VIEWS", "dihedral", "self_ensemble", "undo_dihedral"]

VIEWS = 8


def dihedral(image: Tensor, view: int) -> Tensor:
    """Return one of the eight flips and rotations of an image.

    Args:
        image: ``(..., h, w)``.
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


def self_ensemble(net: nn.Module | Callable[[Tensor], Tensor], lr: Tensor) -> Tensor:
    """Mean of the network's answers to the eight views of ``lr``, each turned back (EDSR, section 3.4).

    Takes eight times as long as ``net(lr)`` and the memory of one pass and one more output. Gradients flow if they
    are enabled; the mode of the network is the caller's.

    Args:
        net: ``(b, c, h, w)`` -> ``(b, c, scale*h, scale*w)``.
        lr: ``(b, c, h, w)``, any number of channels, ``h`` and ``w`` may differ.

    Returns:
        ``(b, c, scale*h, scale*w)``.
    """
    total = net(lr)
    for view in range(1, VIEWS):
        total = total + undo_dihedral(net(dihedral(lr, view).contiguous()), view)
    return total / VIEWS


def _axes(view: int) -> list[int]:
    return [axis for switch, axis in ((1, -1), (2, -2)) if view & switch]
