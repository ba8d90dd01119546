"""What networks for any real scale have in common: how they are told one, and the size that it gives."""

from __future__ import annotations

import math

from torch import Tensor, nn

from srkit.errors import BadInput

__all__ = ["JUST_BELOW", "FreeScale", "enlarged"]

JUST_BELOW = 1e-9
"""By how much a product may fall short of a whole number through rounding: 1.1 * 10 is 11."""


def enlarged(side: int, scale: float) -> int:
    """Return the pixels of a side that is enlarged by a real scale: ``floor(scale * side)``."""
    return math.floor(scale * side + JUST_BELOW)


class FreeScale(nn.Module):
    """A network whose ``forward(lr, free_scale)`` enlarges by any real scale from 1 on.

    Args:
        scale: the factor where ``forward`` is not given one; the weights are the same for every scale.
    """

    def __init__(self, scale: int) -> None:
        super().__init__()
        self.scale = scale

    def factor(self, free_scale: float | None) -> float:
        """Return the scale that ``forward`` was given, or the network's own.

        Raises:
            BadInput: a scale below 1, or no finite number.
        """
        r = float(self.scale) if free_scale is None else float(free_scale)
        if not 1 <= r < math.inf:
            raise BadInput(
                f"{type(self).__name__} enlarges by any real scale from 1 upwards, such as 1.5, not {free_scale}."
            )
        return r

    def example_input(self, lr: Tensor) -> float:
        """Return the ``free_scale`` that is the net's own scale, for an image ``(b, 3, h, w)``."""
        return float(self.scale)
