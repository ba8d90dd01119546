"""The usual convolution: odd kernel, stride 1, the size of the image is kept."""

from __future__ import annotations

from typing import Literal

from torch import nn

from srkit.errors import BadInput

__all__ = ["conv"]


def conv(
    channels_in: int,
    channels_out: int,
    size: int = 3,
    *,
    border: Literal["zeros", "reflect", "replicate", "circular"] = "zeros",
    bias: bool = True,
) -> nn.Conv2d:
    """Return a convolution that maps ``(b, channels_in, h, w)`` to ``(b, channels_out, h, w)``.

    Args:
        channels_in: channels read.
        channels_out: channels written.
        size: side of the kernel in pixels; odd.
        border: what stands outside the image.
        bias: add one learned constant per channel.

    Raises:
        BadInput: ``size`` is even, so that no padding keeps the image where it is.
    """
    if size < 1 or size % 2 == 0:
        raise BadInput(
            f"A {size}x{size} kernel has no centre pixel, so the image would move by half a pixel. "
            f"Choose an odd size, for example {max(size, 2) + 1} or {max(size - 1, 1)}."
        )
    return nn.Conv2d(channels_in, channels_out, size, padding=size // 2, padding_mode=border, bias=bias)
