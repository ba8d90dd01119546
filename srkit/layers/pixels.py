"""From the contract's pixels (RGB in [0, 1]) to the range a network was trained in, and back."""

from __future__ import annotations

from collections.abc import Mapping
from typing import ClassVar

import torch
from torch import Tensor, nn

__all__ = ["DIV2K_MEAN", "PixelRange", "TrainedRange"]

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

    PUBLISHED: ClassVar[tuple[str, ...]] = (r"(sub|add)_mean\.(weight|bias)",)
    """What the two frozen convolutions are called in EDSR-PyTorch's state dicts."""
    BASICSR: ClassVar[tuple[tuple[str, str], ...]] = (
        (r"conv_first\.(.+)", r"head.\1"),
        (r"conv_after_body\.(.+)", r"body_end.\1"),
        (r"upsample\.(.+)", r"upsampler.\1"),
        (r"conv_last\.(.+)", r"tail.\1"),
    )
    """From BasicSR's names of the layers around the body to EDSR's and RCAN's here; the mean has no entry there."""

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

    @staticmethod
    def rgb_range_of(weights: Mapping[str, Tensor]) -> float:
        """Return the value of white that published weights were trained with, 255 where they do not say.

        Raises:
            KeyError: the mean shift is not the one of this class (another mean, or a division by a deviation).
        """
        bias, weight = weights.get("add_mean.bias"), weights.get("add_mean.weight")
        if bias is None:
            return 255.0
        mean = torch.tensor(DIV2K_MEAN)
        rgb_range = round(float(bias.float().sum() / mean.sum()), 1)
        scales_too = weight is not None and not torch.equal(weight.float().flatten(), torch.eye(3).flatten())
        if bias.shape != (3,) or scales_too or not torch.allclose(bias.float(), mean * rgb_range, rtol=2e-3):
            raise KeyError("add_mean")
        return rgb_range

    def extra_repr(self) -> str:
        """Return what ``print(net)`` shows."""
        return f"rgb_range={self.rgb_range:g}"


class TrainedRange(nn.Module):
    """The same shift where it was trained along: two 1x1 convolutions that only begin as :class:`PixelRange`.

    EDSR-PyTorch freezes its mean shift parameter by parameter. Several descendants (SAN, RNAN, MSRN, Meta-SR) set the
    flag on the module, where it does nothing: their 24 numbers were trained, are part of the released weights, and
    their parameter counts include them.

    Args:
        rgb_range: the value that white has inside the network.
        mean: RGB mean in [0, 1] that is subtracted and added at first.
    """

    RENAMES: ClassVar[tuple[tuple[str, str], ...]] = (
        (r"sub_mean\.(.+)", r"range.subtract.\1"),
        (r"add_mean\.(.+)", r"range.add.\1"),
    )
    """From the published names to those of an attribute ``range`` of this class."""

    def __init__(self, *, rgb_range: float = 255.0, mean: tuple[float, float, float] = DIV2K_MEAN) -> None:
        super().__init__()
        self.rgb_range = float(rgb_range)
        self.subtract, self.add = nn.Conv2d(3, 3, 1), nn.Conv2d(3, 3, 1)
        with torch.no_grad():
            for layer, sign in ((self.subtract, -1), (self.add, 1)):
                layer.weight.copy_(torch.eye(3).view(3, 3, 1, 1))
                layer.bias.copy_(sign * rgb_range * torch.tensor(mean))  # type: ignore[union-attr]

    def inwards(self, image: Tensor) -> Tensor:
        """Stretch to ``[0, rgb_range]`` and shift; ``(b, 3, h, w)`` in and out."""
        shifted: Tensor = self.subtract(image * self.rgb_range)
        return shifted

    def outwards(self, features: Tensor) -> Tensor:
        """Shift and shrink to [0, 1]; ``(b, 3, h, w)`` in and out."""
        shifted: Tensor = self.add(features)
        return shifted / self.rgb_range

    @staticmethod
    def rgb_range_of(weights: Mapping[str, Tensor]) -> float:
        """Return the value of white that published weights were trained with: 255 or 1, whichever is nearer.

        Raises:
            KeyError: there is no trained shift called ``range``.
        """
        return 255.0 if float(weights["range.add.bias"].abs().sum()) > 12 else 1.0
