"""Local means, variances and covariances, and the structural similarity made of them."""

from __future__ import annotations

import torch
from torch import Tensor

from srkit.ops.filters import correlate_separable
from srkit.ops.windows import gaussian_window

__all__ = ["ssim_map"]


def ssim_map(
    x: Tensor,
    y: Tensor,
    *,
    window: int = 11,
    sigma: float = 1.5,
    peak: float = 1.0,
    k: tuple[float, float] = (0.01, 0.03),
) -> Tensor:
    """Return the structural similarity at every place where the window fits; differentiable.

    Args:
        x: ``(…, h, w)``, floating point.
        y: the same shape and type.
        window: side of the Gaussian window.
        sigma: its standard deviation in pixels.
        peak: the value of white, 1 for images in [0, 1].
        k: the two constants of the paper.

    Returns:
        ``(…, h - window + 1, w - window + 1)``, in [-1, 1], 1 where the images agree.

    Raises:
        BadInput: the images are smaller than the window.

    Source: Z. Wang, A. C. Bovik, H. R. Sheikh, E. P. Simoncelli, "Image Quality Assessment: From Error Visibility to
    Structural Similarity", IEEE TIP 13(4), 2004, equations 13 to 16; weights as in its section III-C.
    """
    c1, c2 = (k[0] * peak) ** 2, (k[1] * peak) ** 2
    # The formula needs the two variances only as their sum, so four filtered images are enough.
    stack = torch.stack([x, y, x * x + y * y, x * y])  # (4, …, h, w)
    mean_x, mean_y, mean_squares, mean_product = correlate_separable(stack, gaussian_window(window, sigma))
    both = mean_x * mean_y
    squares = mean_x * mean_x + mean_y * mean_y
    likeness = (2 * both + c1) * (2 * (mean_product - both) + c2)
    result: Tensor = likeness / ((squares + c1) * (mean_squares - squares + c2))
    return result
