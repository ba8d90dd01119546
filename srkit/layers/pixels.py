"""From the contract's pixels (RGB in [0, 1]) to the range a network was trained in, and back."""

from __future__ import annotations

import torch
from torch import Tensor, nn

__all__ = ["DIV2K_MEAN", "PixelRange"]

DIV2K_MEAN = (0.4488, 0.4371, 0.4040)
"""Mean RGB of the 800 training images of DIV2K, in [0, 1], as used by EDSR and its descendants."""


class PixelRange(nn.Module):
    """Subtract the mean colour and stretch to ``[0, rgb_range]``; afterwards undo both.

    EDSR-PyTorch writes this as two frozen 1x1 convolutions ("MeanShift", 24 numbers counted as parameters) around a
    network fed with 0-255. Here the mean is a buffer: no parameter, nothing in the state dict.

    Args:
        rgb_range: the value that white has inside the network.
        mean: RGB mean in [0, 1] subtracted on the way in and added on the way out.
    """

    mean: Tensor

    def __init__(self, *, rgb_range: float = 255.0, mean: tuple[float, float, float] = DIV2K_MEAN) -> None:
        super().__init__()
        self.rgb_range = float(rgb_range)
        self.register_buffer("mean", torch.tensor(mean).view(1, 3, 1, 1), persistent=False)

    def inwards(self, image: Tensor) -> Tensor:
        """Return ``(image - mean) * rgb_range``; ``(b, 3, h, w)`` in and out."""
        return (image - self.mean) * self.rgb_range

    def outwards(self, features: Tensor) -> Tensor:
        """Return ``features / rgb_range + mean``, the inverse of :meth:`inwards`; ``(b, 3, h, w)`` in and out."""
        return features / self.rgb_range + self.mean

    def extra_repr(self) -> str:
        """Return what ``print(net)`` shows."""
        return f"rgb_range={self.rgb_range:g}"
