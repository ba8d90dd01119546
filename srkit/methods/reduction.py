"""The assumed reduction from HR to LR: MATLAB's bicubic, or a kernel.

Every one-image method needs both directions, to any size and with different factors for rows and columns: ``reduce``
what an image would have looked like at the smaller size, ``enlarge`` by bicubic interpolation.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

from torch import Tensor

from srkit.degrade import align, apply_kernel
from srkit.degrade.kernels import check_kernel
from srkit.errors import BadInput
from srkit.ops.pixels import Border
from srkit.ops.resize import imresize

__all__ = ["Reduction"]


@dataclass(frozen=True)
class Reduction:
    """A reduction by ``(vertical, horizontal)`` factors."""

    factors: tuple[float, float]  # each 1 or more
    # ``(k, k)``, applied by correlation, its weight moved to the aligned centre; None for bicubic
    kernel: Tensor | None = None
    border: Border = "symmetric"  # what lies outside the image under the kernel

    def __post_init__(self) -> None:
        if not all(math.isfinite(f) and f >= 1 for f in self.factors):
            raise BadInput(f"A reduction has two factors of 1 or more; {self.factors} was given.")
        if self.kernel is None:
            return
        check_kernel(self.kernel)
        if self.factors[0] != self.factors[1] or self.factors[0] != int(self.factors[0]):
            raise BadInput(
                f"With a kernel every s-th pixel is kept, so the factor is one whole number; {self.factors} was given."
            )

    @classmethod
    def by(cls, scale: int, kernel: Tensor | None, *, aligned: bool = True, border: Border = "symmetric") -> Reduction:
        """Return the reduction by a whole scale; a given kernel is moved to its aligned centre first (``aligned``)."""
        if kernel is not None:
            kernel = check_kernel(kernel)
            kernel = align(kernel, scale) if aligned else kernel
        return cls((float(scale), float(scale)), kernel, border)

    def reduce(self, image: Tensor, size: tuple[int, int] | None = None) -> Tensor:
        """Return ``(…, h, w)`` made smaller, to ``size`` or to ``ceil(side / factor)``."""
        if self.kernel is not None:
            scale = int(self.factors[0])
            small = apply_kernel(image, self.kernel.to(image), border=self.border)[..., ::scale, ::scale]
            return small if size is None else small[..., : size[0], : size[1]]
        return imresize(image, tuple(1 / f for f in self.factors), size=size)

    def enlarge(self, image: Tensor, size: tuple[int, int] | None = None) -> Tensor:
        """Return ``(…, h, w)`` enlarged by bicubic interpolation, to ``size`` or by the factors."""
        return imresize(image, self.factors, size=size)

    def size_of(self, image: Tensor) -> tuple[int, int]:
        """Return the size of what ``enlarge`` gives for ``(…, h, w)``."""
        h, w = image.shape[-2:]
        return math.ceil(h * self.factors[0]), math.ceil(w * self.factors[1])
