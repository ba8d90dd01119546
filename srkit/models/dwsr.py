"""DWSR, a network that predicts what the wavelet bands of a bicubic image lack.

T. Guo, H. S. Mousavi, T. H. Vu, V. Monga, "Deep Wavelet Prediction for Image Super-Resolution", CVPR Workshops 2017,
1100-1109, https://openaccess.thecvf.com/content_cvpr_2017_workshops/w12/html/Guo_Deep_Wavelet_Prediction_CVPR_2017_paper.html.
The idea in one sentence: transform the bicubic image into four half-size bands, where the details lie apart from the
average, and learn only the missing part of each.

Deviations from the paper: none in the network, which is the authors' TensorFlow definition (``netx4.py``, ten middle
layers, the last layer linear). A widespread PyTorch port ends in a ReLU, which forbids negative corrections.
"""

from __future__ import annotations

from itertools import pairwise

from torch import Tensor, nn

from srkit.errors import BadInput
from srkit.layers import conv, on_luma
from srkit.models._registry import Card, register_model
from srkit.ops.pixels import crop_to, pad_to_multiple
from srkit.ops.resize import imresize
from srkit.ops.wavelets import analyse, synthesise

__all__ = ["CARD", "DWSR"]


class DWSR(nn.Module):
    """Figure 2: Haar bands, a stack of convolutions beside a skip, the inverse transform.

    Args:
        scale: enlargement factor; only the bicubic image depends on it.
        channels: channels between the layers.
        depth: convolutions, the first 5x5 and the others 3x3; at least 2.

    Raises:
        BadInput: fewer than 2 layers.
    """

    def __init__(self, *, scale: int, channels: int = 64, depth: int = 12) -> None:
        super().__init__()
        if depth < 2:
            raise BadInput(f"DWSR has at least 2 layers; {depth} was given.")
        self.scale = scale
        widths = pairwise([*[channels] * (depth - 1), 4])
        self.layers = nn.ModuleList([conv(4, channels, 5), *(conv(*pair) for pair in widths)])

    def forward(self, lr: Tensor) -> Tensor:
        """Enlarge ``(b, 3, h, w)`` to ``(b, 3, scale*h, scale*w)``; only luma passes through the network."""
        return on_luma(self.enlarge_luma, lr, scale=self.scale)  # (b, 3, s*h, s*w)

    def enlarge_luma(self, luma: Tensor) -> Tensor:
        """Enlarge Y ``(b, 1, h, w)`` to ``(b, 1, scale*h, scale*w)``."""
        bicubic = imresize(luma, self.scale)  # (b, 1, s*h, s*w)
        bands = analyse(pad_to_multiple(bicubic, 2))  # (b, 4, s*h/2, s*w/2)
        return crop_to(synthesise(self.complete(bands)), *bicubic.shape[-2:])  # (b, 1, s*h, s*w)

    def complete(self, bands: Tensor) -> Tensor:
        """Add to the Haar bands ``(b, 4, h, w)`` what they lack; average, columns, rows, diagonal in and out.

        The authors' layers see rows before columns, as PyWavelets lists them, and so do these.
        """
        features = bands = bands[:, [0, 2, 1, 3]]
        for layer in self.layers[:-1]:
            features = layer(features).relu_()  # (b, 64, h, w)
        completed: Tensor = bands + self.layers[-1](features)  # (b, 4, h, w)
        return completed[:, [0, 2, 1, 3]]


CARD = Card(
    title="DWSR",
    year=2017,
    citation="T. Guo, H. S. Mousavi, T. H. Vu, V. Monga, Deep Wavelet Prediction for Image Super-Resolution, CVPR "
    "Workshops 2017, 1100-1109",
    url="https://openaccess.thecvf.com/content_cvpr_2017_workshops/w12/html/Guo_Deep_Wavelet_Prediction_CVPR_2017_paper.html",
    framework="pre-upsampling",
    idea="Four wavelet bands of the bicubic image go in, what each of them lacks comes out.",
    lesson="08",
    scales=(2, 3, 4),
    parameters=dict.fromkeys((2, 3, 4), 378_052),
    parameters_source="authors' layer list, tT0NG/DWSRx4, netx4.py: 6 464 + 10 x 36 928 + 2 308",
    tiny={"channels": 16, "depth": 4},
    deviations=("any size: the enlarged image is reflected to even sides and cut back",),
    checkpoints="a TensorFlow checkpoint for x4 in tT0NG/DWSRx4; no reader",
    luma_only=True,
)

register_model("dwsr", CARD)(DWSR)
