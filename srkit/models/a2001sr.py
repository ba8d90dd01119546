"""A2001SR, the network of Exercise 1.

Made for this course; the frame it was first written for is EDSR-PyTorch,
https://github.com/thstkdgus35/EDSR-PyTorch. The idea in one sentence: enlarge by bicubic interpolation and let four
convolutions, the third followed by a pixel shuffle, add what bicubic misses.

Deviations from the exercise sheet: no mean shift (a network that adds a residual to the un-shifted bicubic image does
not need one), so 170 371 parameters instead of 170 395 with 24 of them frozen.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import torch.nn.functional as F
from torch import Tensor, nn

from srkit.errors import BadInput
from srkit.layers import conv
from srkit.models._registry import Card, Layout, Score, register_model

__all__ = ["A2001SR", "CARD"]


class A2001SR(nn.Module):
    """The network of Exercise 1, x2 only.

    Args:
        scale: enlargement factor; must be 2.
        channels: channels after the first and the second convolution.

    Raises:
        BadInput: another scale.
    """

    def __init__(self, *, scale: int, channels: tuple[int, int] = (32, 64)) -> None:
        super().__init__()
        if scale != 2:
            raise BadInput(
                f"A2001SR enlarges by 2 and was asked for x{scale}: its pixel shuffle of 2 is part of the exercise. "
                "The network 'edsr_baseline' enlarges by 2, 3 and 4."
            )
        first, second = channels
        self.scale = scale
        self.body = nn.Sequential(conv(3, first, 5), nn.ReLU(), conv(first, second), nn.ReLU())
        self.enlarge = nn.Sequential(conv(second, 4 * second), nn.PixelShuffle(2))
        self.tail = conv(second, 3)

    def forward(self, lr: Tensor) -> Tensor:
        """Enlarge ``(b, 3, h, w)`` to ``(b, 3, 2*h, 2*w)``."""
        features = self.body(lr)  # (b, 64, h, w)
        features = self.enlarge(features)  # (b, 64, 2*h, 2*w)
        residual = self.tail(features)  # (b, 3, 2*h, 2*w)
        bicubic = F.interpolate(lr, scale_factor=self.scale, mode="bicubic", align_corners=False)  # (b, 3, 2*h, 2*w)
        sr: Tensor = residual + bicubic
        return sr


MEASURED = (
    "data/weights/a2001sr_x2.safetensors, x86-64 CPU, float32; srkit evaluate --model a2001sr --scale 2 --dataset set5 "
    "--dataset set14 --dataset b100 (training: data/weights/README.md)"
)

CARD = Card(
    title="A2001SR (course design)",
    year=2026,
    citation="Exercise 1 of this course",
    url="https://github.com/thstkdgus35/EDSR-PyTorch",
    framework="post-upsampling",
    idea="Four convolutions and a pixel shuffle add to the bicubic image what it misses.",
    lesson="11",
    scales=(2,),
    parameters={2: 170_371},
    parameters_source="layer list of the exercise: 2432 + 18496 + 147712 + 1731",
    measured=tuple(
        Score(dataset=dataset, scale=2, psnr=psnr, ssim=ssim, source=MEASURED)
        for dataset, psnr, ssim in (("set5", 36.80, 0.9557), ("set14", 32.49, 0.9080), ("b100", 31.41, 0.8893))
    ),
    tiny={"channels": (8, 16)},
    deviations=(
        "bicubic is torch's interpolate (a = -0.75), as in the exercise, not MATLAB's (a = -0.5), so that a zeroed "
        "last layer gives exactly the image the exercise compares with",
        "no mean shift: the residual does not need one",
    ),
)


def _sizes(weights: Mapping[str, Tensor]) -> dict[str, Any]:
    return {"scale": 2, "channels": (weights["body.0.weight"].shape[0], weights["body.2.weight"].shape[0])}


register_model("a2001sr", CARD, layout=Layout(sizes=_sizes))(A2001SR)
