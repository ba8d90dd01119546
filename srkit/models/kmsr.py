"""KMSR's network: residual blocks at the size of HR, to be trained on blur kernels found in real photographs.

R. Zhou, S. Süsstrunk, "Kernel Modeling Super-Resolution on Real Low-Resolution Images", ICCV 2019, 2433-2443,
https://openaccess.thecvf.com/content_ICCV_2019/html/Zhou_Kernel_Modeling_Super-Resolution_on_Real_Low-Resolution_Images_ICCV_2019_paper.html.
The idea in one sentence: estimate the kernels of enlarged real photographs, let a GAN make more of them, and train an
ordinary network to undo them all.

Deviations: images are enlarged by MATLAB's bicubic. As in the authors' code, it is not added at the end.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import torch
from torch import Tensor, nn

from srkit.layers import conv
from srkit.models._registry import Card, Layout, register_model
from srkit.ops.resize import imresize

__all__ = ["CARD", "KMSR"]


class RectifiedBlock(nn.Module):
    """Convolution, ReLU, convolution, the skip, and a ReLU after it."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.conv1 = conv(channels, channels)
        self.conv2 = conv(channels, channels)

    def forward(self, features: Tensor) -> Tensor:
        """Refine ``(b, channels, h, w)``; the shape stays."""
        return torch.relu(features + self.conv2(torch.relu(self.conv1(features))))


class KMSR(nn.Module):
    """Enlarge by bicubic, then a head, residual blocks and a tail; no skip around them.

    Args:
        scale: enlargement factor; no weight depends on it.
        channels: feature channels.
        n_blocks: residual blocks.
    """

    def __init__(self, *, scale: int, channels: int = 64, n_blocks: int = 16) -> None:
        super().__init__()
        self.scale = scale
        self.head = conv(3, channels, bias=False)
        self.body = nn.Sequential(*(RectifiedBlock(channels) for _ in range(n_blocks)))
        self.tail = conv(channels, 3, bias=False)
        for layer in self.modules():
            if isinstance(layer, nn.Conv2d):
                nn.init.xavier_uniform_(layer.weight, gain=2**0.5)

    def forward(self, lr: Tensor, *, enlarged: bool = False) -> Tensor:
        """Enlarge ``(b, 3, h, w)`` to ``(b, 3, scale*h, scale*w)``.

        Args:
            lr: RGB in [0, 1].
            enlarged: whether it has been enlarged already, as in training; then it keeps its size.
        """
        return self.sharpen(lr if enlarged else imresize(lr, self.scale))  # (b, 3, s*h, s*w)

    def sharpen(self, enlarged: Tensor) -> Tensor:
        """Undo the blur of ``(b, 3, h, w)``, an enlarged image; the shape stays."""
        sr: Tensor = self.tail(self.body(torch.relu(self.head(enlarged))))
        return sr


CARD = Card(
    title="KMSR",
    year=2019,
    citation="R. Zhou, S. Süsstrunk, Kernel Modeling Super-Resolution on Real Low-Resolution Images, ICCV 2019, "
    "2433-2443",
    url="https://openaccess.thecvf.com/content_ICCV_2019/html/"
    "Zhou_Kernel_Modeling_Super-Resolution_on_Real_Low-Resolution_Images_ICCV_2019_paper.html",
    framework="pre-upsampling",
    idea="Train an ordinary residual network on blur kernels that were estimated on real photographs.",
    lesson="12",
    scales=(2, 3, 4),
    parameters=dict.fromkeys((2, 3, 4), 1_185_152),
    parameters_source="ResBlockNet in model.py of IVRL/Kernel-Modeling-Super-Resolution",
    tiny={"channels": 16, "n_blocks": 2},
    trained_on="kernel_pool",
    deviations=("the image is enlarged by MATLAB's bicubic; the authors' demo takes another one",),
    checkpoints="none public; state dicts of IVRL/Kernel-Modeling-Super-Resolution load as they are",
)


def _sizes(weights: Mapping[str, Tensor]) -> dict[str, Any]:
    blocks = {key.split(".")[1] for key in weights if key.startswith("body.")}
    return {"channels": weights["head.weight"].shape[0], "n_blocks": len(blocks)}


LAYOUT = Layout(
    sizes=_sizes,
    renames=(
        (r"input\.weight", r"head.weight"),
        (r"output\.weight", r"tail.weight"),
        (r"resblock_layer\.(\d+)\.(conv[12])\.(.+)", r"body.\1.\2.\3"),
    ),
)

register_model("kmsr", CARD, layout=LAYOUT)(KMSR)
