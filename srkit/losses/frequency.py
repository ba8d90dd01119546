"""Losses that compare the low frequencies of two images."""

from __future__ import annotations

from typing import Annotated

from torch import Tensor, nn

from srkit._options import Between
from srkit.losses._registry import register_loss
from srkit.ops.bands import Edge, low_pass
from srkit.ops.check import check_pair

__all__ = ["LowPass"]


@register_loss("LowPass")
class LowPass(nn.Module):
    """Mean absolute difference of the low-passed images, the "colour loss" of frequency separation.

    Fritsche, Gu, Timofte, "Frequency Separation for Real-World Super-Resolution", ICCV Workshops 2019, section 3. DSGAN
    takes a mean over 5x5 pixels where it fits, ESRGAN-FS over 9x9 with zeros outside.

    Args:
        size: side of the mean's square, odd.
        edge: as in :func:`srkit.ops.bands.low_pass`.
    """

    def __init__(self, *, size: Annotated[int, Between(1, 255)] = 5, edge: Edge = "cut") -> None:
        super().__init__()
        self.size, self.edge = size, edge

    def forward(self, sr: Tensor, hr: Tensor) -> Tensor:
        """Return the scalar loss of ``(b, c, h, w)`` images."""
        check_pair(sr, hr)
        slow, wanted = (low_pass(one, self.size, edge=self.edge) for one in (sr, hr))  # (b, c, h', w')
        return (slow - wanted).abs().mean()  # scalar
