"""Learned enlargement beside the sub-pixel layer: transposed convolution, its checkerboard and three cures.

A kernel whose size the stride divides (:func:`deconv` with size 4 for x2) treats all output pixels alike; enlarging
first and convolving then (:class:`ResizeConv`) cannot favour any; a sub-pixel layer that starts with equal phases
(:func:`icnr_`, A. Aitken et al., 2017, https://arxiv.org/abs/1707.02937) starts as exactly that.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn

from srkit.errors import BadInput
from srkit.layers.conv import conv
from srkit.ops.resize import imresize
from srkit.ops.transposed import transposed_convolution

__all__ = ["Interpolation", "ResizeConv", "TransposedConv", "deconv", "icnr_"]


class Interpolation(nn.Module):
    """Fixed enlargement, ``(b, channels, h, w)`` to ``(b, channels, scale*h, scale*w)``.

    Args:
        scale: enlargement factor.
        method: ``"nearest"``, ``"bilinear"``, ``"bicubic"`` or another method of :func:`srkit.ops.imresize`.
    """

    def __init__(self, scale: int, method: str = "bicubic") -> None:
        super().__init__()
        self.scale = scale
        self.method = method

    def forward(self, features: Tensor) -> Tensor:
        """Enlarge ``(b, channels, h, w)`` to ``(b, channels, scale*h, scale*w)``."""
        return imresize(features, self.scale, method=self.method)  # (b, channels, s*h, s*w)

    def extra_repr(self) -> str:
        """Return what ``print(net)`` shows."""
        return f"x{self.scale}, {self.method}"


def deconv(
    channels_in: int, channels_out: int, size: int, scale: int, *, padding: int | None = None, bias: bool = True
) -> nn.ConvTranspose2d:
    """Return a transposed convolution that maps ``(b, channels_in, h, w)`` to ``(b, channels_out, scale*h, scale*w)``.

    Args:
        channels_in: channels read.
        channels_out: channels written.
        size: side of the kernel in pixels; a multiple of ``scale`` makes no checkerboard.
        scale: enlargement, the stride.
        padding: rows and columns taken off the top and the left of the full result; centred by default.
        bias: add one learned constant per channel.

    Raises:
        BadInput: the kernel is smaller than the stride, so that some pixels would hear nothing, or no padding fits.
    """
    if scale < 1 or size < scale:
        raise BadInput(
            f"A {size}x{size} kernel with stride {scale} leaves gaps between its prints. Choose a size of at least "
            f"{max(scale, 1)}, for example {2 * max(scale, 1)}."
        )
    before = (size - scale + 1) // 2 if padding is None else padding
    after = scale - size + 2 * before
    if not 0 <= after < scale:
        raise BadInput(
            f"With padding {before}, a {size}x{size} kernel of stride {scale} does not give {scale} times the size. "
            "Leave the padding out."
        )
    return nn.ConvTranspose2d(
        channels_in, channels_out, size, stride=scale, padding=before, output_padding=after, bias=bias
    )


class TransposedConv(nn.ConvTranspose2d):
    """PyTorch's transposed convolution, computed as it is explained: zeros between the pixels, then a flipped kernel.

    Same arguments, same weights, same result; slower, because most of what it multiplies is zero. Square kernels with
    one stride and padding for both directions.
    """

    def forward(self, features: Tensor, output_size: list[int] | None = None) -> Tensor:
        """Enlarge ``(b, channels_in, h, w)`` to ``(b, channels_out, (h-1)*stride - 2*padding + k, …)``.

        Raises:
            BadInput: groups, dilation, an output size, or a layer that treats the two directions differently.
        """
        shapes = (self.kernel_size, self.stride, self.padding, self.output_padding)
        plain = self.groups == 1 and set(self.dilation) == {1} and output_size is None
        if not plain or any(len({*sides}) > 1 for sides in shapes):
            raise BadInput("TransposedConv explains the plain case: square, one group, no dilation, no output_size.")
        return transposed_convolution(
            features,
            self.weight,
            self.bias,
            stride=self.stride[0],
            padding=int(self.padding[0]),
            output_padding=self.output_padding[0],
        )  # (b, channels_out, …, …)


class ResizeConv(nn.Sequential):
    """Enlarge by a fixed rule, then convolve: ``(b, channels_in, h, w)`` to ``(b, channels_out, scale*h, scale*w)``.

    Args:
        channels_in: channels read.
        channels_out: channels written.
        scale: enlargement factor.
        size: side of the kernel; odd.
        method: how it enlarges, see :class:`Interpolation`.
    """

    def __init__(
        self, channels_in: int, channels_out: int, scale: int, *, size: int = 3, method: str = "nearest"
    ) -> None:
        super().__init__(Interpolation(scale, method), conv(channels_in, channels_out, size, border="replicate"))


def icnr_(weight: Tensor, scale: int, *, rng: torch.Generator | None = None) -> Tensor:
    """Fill the weight of a convolution before a pixel shuffle so that the ``scale**2`` phases start equal, in place.

    The layer then begins as a convolution followed by nearest neighbours, and draws no checkerboard.

    Args:
        weight: ``(channels_out * scale**2, channels_in, k, k)``.
        scale: of the pixel shuffle.
        rng: random numbers for He's initialisation; the global generator where None.

    Returns:
        ``weight``.

    Raises:
        BadInput: the channels are no multiple of ``scale**2``.
    """
    phases = scale * scale
    if scale < 1 or weight.shape[0] % phases:
        raise BadInput(f"A pixel shuffle of {scale} needs a multiple of {phases} channels, not {weight.shape[0]}.")
    with torch.no_grad():
        one = torch.empty_like(weight[::phases])
        nn.init.kaiming_normal_(one, generator=rng)
        return weight.copy_(one.repeat_interleave(phases, dim=0))
