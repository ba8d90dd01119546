"""Losses that compare local structure instead of single pixels."""

from __future__ import annotations

from typing import Annotated

import torch
from torch import Tensor, nn

from srkit._options import Between
from srkit.errors import BadInput
from srkit.losses._registry import register_loss
from srkit.ops.check import check_pair
from srkit.ops.statistics import ssim_map

__all__ = ["SSIM", "ssim"]


def ssim(sr: Tensor, hr: Tensor, *, window: int = 11, sigma: float = 1.5) -> Tensor:
    """Return ``1 - SSIM``, averaged over batch, channels and every place where the window fits; 0 for equal images.

    Wang, Bovik, Sheikh, Simoncelli, "Image Quality Assessment: From Error Visibility to Structural Similarity", IEEE
    TIP 13(4), 2004. The loss looks at each channel; the metric of the tables looks at Y. Some code returns half of it,
    pads the borders, or takes a uniform window of 7x7 pixels.

    Args:
        sr: image in [0, 1], ``(..., h, w)``.
        hr: image of the same shape.
        window: side of the Gaussian window in pixels, odd.
        sigma: its standard deviation in pixels.

    Raises:
        BadInput: the shapes differ, ``hr`` is no picture in [0, 1], the window is even or below 3, or larger
            than the image.
    """
    check_pair(sr, hr)
    _check_window(window, sigma)
    if sr.dtype in (torch.float16, torch.bfloat16):
        sr, hr = sr.float(), hr.float()  # a difference of squares: half precision would be noise
    return 1 - ssim_map(sr, hr.to(sr.dtype), window=window, sigma=sigma).mean()


def _check_window(window: int, sigma: float) -> None:
    if not isinstance(window, int) or window < 3 or window % 2 == 0:
        raise BadInput(f"SSIM needs an odd window of at least 3 pixels and was given {window!r}; the paper's is 11.")
    if not sigma > 0:
        raise BadInput(f"SSIM needs sigma > 0 and was given {sigma!r}; the paper's is 1.5.")


@register_loss("SSIM")
class SSIM(nn.Module):
    """Structural dissimilarity; see :func:`ssim`.

    Args:
        window: side of the Gaussian window in pixels, odd.
        sigma: its standard deviation in pixels.
    """

    def __init__(
        self, *, window: Annotated[int, Between(3, 255)] = 11, sigma: Annotated[float, Between(0, 1000)] = 1.5
    ) -> None:
        super().__init__()
        _check_window(window, sigma)
        self.window = window
        self.sigma = sigma

    def forward(self, sr: Tensor, hr: Tensor) -> Tensor:
        """Return the scalar loss of ``(b, c, h, w)`` images."""
        return ssim(sr, hr, window=self.window, sigma=self.sigma)
