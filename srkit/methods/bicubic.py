"""Bicubic interpolation, the baseline."""

from __future__ import annotations

from torch import Tensor

from srkit.methods._method import Method, MethodCard, Progress, Result, Watch
from srkit.methods._registry import register_method
from srkit.ops.resize import imresize

__all__ = ["Bicubic"]

CARD = MethodCard(
    title="Bicubic",
    year=1981,
    citation='R. Keys, "Cubic Convolution Interpolation for Digital Image Processing", IEEE Trans. ASSP 29(6), 1981',
    url="https://doi.org/10.1109/TASSP.1981.1163711",
    idea="Between the pixels the image is a cubic polynomial.",
)


@register_method("bicubic", CARD)
class Bicubic(Method):
    """MATLAB's bicubic enlargement."""

    def run(self, lr: Tensor, scale: int, progress: Progress | None) -> Result:
        """Enlarge ``(3, h, w)`` once."""
        watch = Watch(progress, total=1)
        sr = imresize(lr, scale)
        watch.stepped()
        return watch.result(sr, "done: interpolated")
