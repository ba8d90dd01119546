"""ADRSR, a network that grows by doubling and reads its own smaller answer.

Y. Bei, A. Damian, S. Hu, S. Menon, N. Ravi, C. Rudin, "New Techniques for Preserving Global Structure and Denoising
with Low Information Loss in Single-Image Super-Resolution", CVPR Workshops 2018, https://arxiv.org/abs/1805.03383. The
idea in one sentence: train x2, then x4, then x8, and let each new stage see the picture of the stage before it beside
its own features, so that the structure found there is kept.

Deviations from the paper: the sizes are ours, there is no code. From the paper and its survey: stages x2, x4, x8
trained one after another, and the concatenation with the output of the stage before (ProSR blends the two, progressive
CARN replaces one by the other). Our choice: 16 EDSR blocks of 64 channels for each stage. Left out: the companion
network for noisy input, and the training on permuted colours, which is no part of the network.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn

from srkit.errors import BadInput
from srkit.layers import PixelRange, Prediction, conv
from srkit.models._registry import Card, register_model

__all__ = ["ADRSR", "CARD"]

CARD = Card(
    title="ADRSR",
    year=2018,
    citation="Y. Bei, A. Damian, S. Hu, S. Menon, N. Ravi, C. Rudin, New Techniques for Preserving Global Structure "
    "and Denoising with Low Information Loss in Single-Image Super-Resolution, CVPR Workshops 2018",
    url="https://arxiv.org/abs/1805.03383",
    framework="progressive",
    idea="Double stage by stage; each new stage reads the picture of the stage before it beside its own features.",
    lesson="10",
    scales=(2, 4, 8),
    parameters={2: 1_332_931, 4: 2_664_151, 8: 3_995_371},
    parameters_source="our own design, by hand: 1 792 + 1 329 408 + 1 731, and 1 331 220 for each further stage; no "
    "count is published",
    tiny={"channels": 16, "n_blocks": 1},
    deviations=(
        "the design is ours: depth and width are not known from the authors",
        "the companion network for noisy input is left out",
    ),
)


class ResidualBlock(nn.Module):
    """Convolution, ReLU, convolution, skip.

    Args:
        channels: in and out.
    """

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.conv1 = conv(channels, channels)
        self.conv2 = conv(channels, channels)

    def forward(self, features: Tensor) -> Tensor:
        """Refine ``(b, channels, h, w)``; the shape stays."""
        residual: Tensor = self.conv2(self.conv1(features).relu_())
        return features + residual


@register_model("adrsr", CARD)
class ADRSR(nn.Module):
    """A stage for each doubling: residual blocks, a sub-pixel layer, a picture.

    Args:
        scale: enlargement factor, 2, 4 or 8.
        channels: feature channels.
        n_blocks: residual blocks of each stage.
        rgb_range: the value of white inside the network.
    """

    def __init__(self, *, scale: int, channels: int = 64, n_blocks: int = 16, rgb_range: float = 255.0) -> None:
        super().__init__()
        self.scale = scale
        self.range = PixelRange(rgb_range=rgb_range)
        self.head = conv(3, channels)
        n_stages = scale.bit_length() - 1
        self.stages = nn.ModuleList(
            nn.Sequential(
                *(ResidualBlock(channels) for _ in range(n_blocks)), conv(channels, 4 * channels), nn.PixelShuffle(2)
            )
            for _ in range(n_stages)
        )
        self.pictures = nn.ModuleList(conv(channels + (3 if i else 0), 3) for i in range(n_stages))

    def forward(self, lr: Tensor) -> Tensor:
        """Enlarge ``(b, 3, h, w)`` to ``(b, 3, scale*h, scale*w)``."""
        return self.predictions(lr)[-1].image

    def predictions(self, lr: Tensor) -> list[Prediction]:
        """Return the picture of each stage, ``(b, 3, 2*h, 2*w)``, ``(b, 3, 4*h, 4*w)``, …, of equal weight."""
        features, found = self.head(self.range.inwards(lr)), []
        picture: Tensor | None = None
        for i, (stage, draw) in enumerate(zip(self.stages, self.pictures, strict=True)):
            features = stage(features)  # (b, 64, 2h, 2w), then twice that
            before = [] if picture is None else [picture.repeat_interleave(2, -2).repeat_interleave(2, -1)]
            picture = draw(torch.cat([features, *before], dim=1))  # (b, 3, 2h, 2w), then twice that
            scale = 2 ** (i + 1)
            found.append(Prediction(name=f"x{scale}", image=self.range.outwards(picture), scale=scale, weight=1.0))
        return found

    def start_from(self, smaller: nn.Module) -> list[str]:
        """Copy the stages of a network of a smaller scale; return the names of the parameters that stay new.

        Raises:
            BadInput: ``smaller`` is not smaller, or is another network.
        """
        own, given = self.state_dict(), smaller.state_dict()
        if len(given) >= len(own) or any(key not in own or own[key].shape != given[key].shape for key in given):
            raise BadInput(f"ADRSR x{self.scale} starts from ADRSR of a smaller scale and the same sizes.")
        self.load_state_dict({**own, **given})
        return sorted(own.keys() - given.keys())
