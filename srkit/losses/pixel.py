"""Losses that compare pixel with pixel. All return the mean over batch, channels, rows and columns.

``on="y"`` compares brightness alone, as the networks that only enlarge brightness were trained (SRCNN to DRRN): their
colours come from bicubic interpolation, so the network cannot correct errors of colour.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from srkit.errors import BadInput
from srkit.losses._registry import register_loss
from srkit.ops.check import check_pair
from srkit.ops.color import rgb_to_y

__all__ = ["L1", "L2", "MSE", "Charbonnier", "charbonnier", "l1", "mse"]


def l1(sr: Tensor, hr: Tensor) -> Tensor:
    """Return the mean absolute difference, ``1/(h*w*c) * sum(|sr - hr|)``, of two images of any equal shape.

    Code that sums over the pixels instead has gradients ``h*w*c`` times as large, so learning rates do not transfer.

    Raises:
        BadInput: the shapes differ, ``hr`` is no picture in [0, 1].
    """
    check_pair(sr, hr)
    return F.l1_loss(sr, hr)


def mse(sr: Tensor, hr: Tensor) -> Tensor:
    """Return the mean squared difference, ``1/(h*w*c) * sum((sr - hr)**2)``; PSNR is ``-10*log10`` of it.

    The lecture calls it L2. Caffe, and with it SRCNN and FSRCNN, takes half the sum divided by the batch.

    Raises:
        BadInput: the shapes differ, ``hr`` is no picture in [0, 1].
    """
    check_pair(sr, hr)
    return F.mse_loss(sr, hr)


def charbonnier(sr: Tensor, hr: Tensor, *, eps: float = 1e-3) -> Tensor:
    """Return the mean of ``sqrt((sr - hr)**2 + eps**2)``: L1 with a rounded tip.

    LapSRN's own code sums over the pixels and divides by the batch; here, as in most code since, it is a mean.

    Args:
        sr: image, any shape.
        hr: image of the same shape.
        eps: radius of the rounding, in units of the image; 1e-3 in Lai et al., LapSRN, CVPR 2017, section 3.2.

    Raises:
        BadInput: the shapes differ, ``hr`` is no picture in [0, 1], or ``eps`` is not positive (the gradient
            at zero would be NaN).
    """
    check_pair(sr, hr)
    _check_eps(eps)
    return torch.sqrt((sr - hr).square() + eps * eps).mean()


def _check_eps(eps: float) -> None:
    if not eps > 0:
        raise BadInput(f"Charbonnier needs eps > 0 and was given {eps!r}: at eps = 0 it is L1, so write L1.")


class Compared(nn.Module):
    """A loss that compares images as they are, or their brightness alone.

    Args:
        on: compare ``"rgb"``, the images as they are, or ``"y"``, the BT.601 luma of RGB images.

    Raises:
        BadInput: ``on`` is something else.
    """

    compare: Callable[[Tensor, Tensor], Tensor]

    def __init__(self, *, on: str = "rgb") -> None:
        super().__init__()
        if on not in ("rgb", "y"):
            raise BadInput(
                f"on={on!r} says what is compared: 'rgb', the images as they are, or 'y', their brightness alone."
            )
        self.on = on

    def forward(self, sr: Tensor, hr: Tensor) -> Tensor:
        """Return the scalar loss of ``(b, c, h, w)`` images."""
        return self.compare(*((rgb_to_y(sr), rgb_to_y(hr)) if self.on == "y" else (sr, hr)))


@register_loss("L1")
class L1(Compared):
    """Mean absolute difference of images or, with ``on="y"``, of their luma; see :func:`l1`."""

    compare = staticmethod(l1)


@register_loss("MSE")
class MSE(Compared):
    """Mean squared difference of images or, with ``on="y"``, of their luma; see :func:`mse`."""

    compare = staticmethod(mse)


@register_loss("L2")
class L2(MSE):
    """Mean squared difference under the lecture's name; see :func:`mse`."""


@register_loss("Charbonnier")
class Charbonnier(Compared):
    """Smooth L1 of images or, with ``on="y"``, of their luma; see :func:`charbonnier`.

    Args:
        eps: radius of the rounding at zero, in units of the image.
        on: ``"rgb"`` or ``"y"``.

    Raises:
        BadInput: ``eps`` is not positive, or ``on`` is something else.
    """

    def __init__(self, *, eps: float = 1e-3, on: str = "rgb") -> None:
        super().__init__(on=on)
        _check_eps(eps)
        self.compare = partial(charbonnier, eps=eps)
