"""Bicubic interpolation as a network without parameters.

R. Keys, "Cubic convolution interpolation for digital image processing", IEEE Transactions on Acoustics, Speech, and
Signal Processing 29(6), 1153-1160, 1981, https://doi.org/10.1109/TASSP.1981.1163711. The idea in one sentence: each
new pixel is a weighted sum of the sixteen nearest old ones, with weights cut from a piecewise cubic.

Deviations from the paper: borders are mirrored as MATLAB's ``imresize`` does, because every published table was
made with it; the paper extrapolates.
"""

from __future__ import annotations

from torch import Tensor, nn

from srkit.models._registry import Card, register_model, score_table
from srkit.ops.resize import imresize

__all__ = ["CARD", "Bicubic"]


class Bicubic(nn.Module):
    """MATLAB's bicubic enlargement, the line every network is compared with.

    Args:
        scale: enlargement factor.
    """

    def __init__(self, *, scale: int) -> None:
        super().__init__()
        self.scale = scale

    def forward(self, lr: Tensor) -> Tensor:
        """Enlarge ``(b, 3, h, w)`` to ``(b, 3, scale*h, scale*w)``."""
        return imresize(lr, self.scale)  # (b, 3, s*h, s*w)


CARD = Card(
    title="Bicubic",
    year=1981,
    citation="R. Keys, Cubic convolution interpolation for digital image processing, IEEE TASSP 29(6), 1153-1160",
    url="https://doi.org/10.1109/TASSP.1981.1163711",
    framework="interpolation",
    idea="Each new pixel is a fixed weighted sum of the sixteen nearest old ones (a = -0.5).",
    lesson="01",
    scales=(2, 3, 4, 8),
    parameters={2: 0, 3: 0, 4: 0, 8: 0},
    parameters_source="nothing is learned",
    published=score_table(
        "Bicubic row of Table 2 of Zhang et al., RCAN, ECCV 2018",
        {
            2: {
                "set5": (33.66, 0.9299),
                "set14": (30.24, 0.8688),
                "b100": (29.56, 0.8431),
                "urban100": (26.88, 0.8403),
            },
            4: {
                "set5": (28.42, 0.8104),
                "set14": (26.00, 0.7027),
                "b100": (25.96, 0.6675),
                "urban100": (23.14, 0.6577),
            },
        },
    ),
    deviations=("borders are mirrored with the edge pixel repeated, as MATLAB does; Keys extrapolates",),
    checkpoints="nothing to load",
)

register_model("bicubic", CARD)(Bicubic)
