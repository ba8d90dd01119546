"""Super-resolution and demosaicing at once, a design of this course.

The srkit authors, 2026, this course; the mosaic is that of B. E. Bayer, https://patents.google.com/patent/US3971065A.
The idea in one sentence: a network that reads the sensor's mosaic itself does not have to undo the errors that another
program made when it guessed two thirds of the colours.

Deviations: none, since there is no paper to deviate from. The lecture shows that super-resolution is learned together
with demosaicing and with denoising and names no system; this is a plain one. Noise needs no other network, only noisy
mosaics to train on.
"""

from __future__ import annotations

import torch.nn.functional as F
from torch import Tensor, nn

from srkit.layers import ResidualBlock, Upsampler, conv
from srkit.models._registry import Card, register_model
from srkit.ops.mosaic import mosaic
from srkit.ops.pixels import crop_to, pad_to_multiple

__all__ = ["CARD", "JointDemosaic"]


class JointDemosaic(nn.Module):
    """The four pixels of a square become four planes; enlarged again, they are worked on as in EDSR.

    Args:
        scale: enlargement factor.
        channels: feature channels.
        n_blocks: residual blocks.
    """

    def __init__(self, *, scale: int, channels: int = 64, n_blocks: int = 16) -> None:
        super().__init__()
        self.scale = scale
        self.head = nn.Sequential(conv(4, channels), Upsampler(channels, 2))
        self.body = nn.Sequential(*(ResidualBlock(channels) for _ in range(n_blocks)))
        self.body_end = conv(channels, channels)
        self.upsampler = Upsampler(channels, scale)
        self.tail = conv(channels, 3)

    def forward(self, lr: Tensor) -> Tensor:
        """Enlarge the mosaic of ``(b, 3, h, w)`` to ``(b, 3, scale*h, scale*w)``."""
        h, w = lr.shape[-2:]
        sensor = mosaic(lr).sum(1, keepdim=True)  # (b, 1, h, w)
        even = pad_to_multiple(sensor, 2)  # (b, 1, h, w), sides made even; reflection keeps the pattern
        shallow = self.head(F.pixel_unshuffle(even, 2))  # (b, 64, h, w)
        deep = shallow + self.body_end(self.body(shallow))
        return crop_to(self.tail(self.upsampler(deep)), self.scale * h, self.scale * w)  # (b, 3, s*h, s*w)


CARD = Card(
    title="Joint demosaicing (course design)",
    year=2026,
    citation="The srkit authors, this course",
    url="https://patents.google.com/patent/US3971065A",
    framework="post-upsampling",
    idea="Read the sensor's RGGB mosaic itself and draw all colours of the large image.",
    lesson="10",
    scales=(2, 3, 4),
    parameters={2: 1_518_147, 3: 1_702_787, 4: 1_665_859},
    parameters_source="our own design, by hand at x2: 2 368 + 147 712 + 16 x 73 856 + 36 928 + 147 712 + 1 731",
    tiny={"channels": 16, "n_blocks": 1},
    deviations=(
        "no paper: the lecture names the task and no system",
        "the input is a mosaic as RGB with two thirds zero; of an ordinary image everything else is ignored",
    ),
)

register_model("joint_demosaic", CARD)(JointDemosaic)
