"""SRFBN, a network that runs four times and feeds its high-level features back to itself.

Z. Li, J. Yang, Z. Liu, X. Yang, G. Jeon, W. Wu, "Feedback Network for Image Super-Resolution", CVPR 2019, 3862-3871,
https://arxiv.org/abs/1903.09814. The idea in one sentence: what the network understood in one step is an input of the
same network in the next step, and the image of every step is supervised.

Deviations from the paper: none known; the frozen mean shift is a buffer. The state of a run is a local variable; the
authors' code keeps it on the module, where it can leak into the next call.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from srkit.layers import PixelRange, Prediction, conv, deconv
from srkit.models._published import published
from srkit.models._registry import Card, Layout, register_model

__all__ = ["CARD", "SMALL", "SRFBN"]


def _then_prelu(layer: nn.Module) -> nn.Sequential:
    return nn.Sequential(layer, nn.PReLU(init=0.2))


class FeedbackBlock(nn.Module):
    """The feedback block: projection groups, densely connected, whose gathered result is heard again in the next step.

    Args:
        channels: m, in and out.
        n_groups: G, pairs of an up- and a down-projection.
        scale: enlargement inside; the kernels are ``scale + 4`` wide.
    """

    def __init__(self, channels: int, n_groups: int, scale: int) -> None:
        super().__init__()
        self.merge = _then_prelu(conv(2 * channels, channels, 1))
        self.ups = nn.ModuleList(_then_prelu(deconv(channels, channels, scale + 4, scale)) for _ in range(n_groups))
        self.downs = nn.ModuleList(
            _then_prelu(nn.Conv2d(channels, channels, scale + 4, stride=scale, padding=2)) for _ in range(n_groups)
        )
        self.reduce_small, self.reduce_large = (
            nn.ModuleList(_then_prelu(conv((n + 1) * channels, channels, 1)) for n in range(1, n_groups))
            for _ in range(2)
        )
        self.gather = _then_prelu(conv(n_groups * channels, channels, 1))

    def forward(self, features: Tensor, state: Tensor) -> Tensor:
        """Refine ``(b, channels, h, w)`` knowing the last step's ``(b, channels, h, w)``; the shape stays."""
        small, large = [self.merge(torch.cat([features, state], dim=1))], []  # (b, m, h, w)
        for n, (up, down) in enumerate(zip(self.ups, self.downs, strict=True)):
            low = self.reduce_small[n - 1](torch.cat(small, dim=1)) if n else small[0]  # (b, m, h, w)
            large.append(up(low))  # (b, m, s*h, s*w)
            high = self.reduce_large[n - 1](torch.cat(large, dim=1)) if n else large[0]  # (b, m, s*h, s*w)
            small.append(down(high))  # (b, m, h, w)
        result: Tensor = self.gather(torch.cat(small[1:], dim=1))  # (b, m, h, w)
        return result


class SRFBN(nn.Module):
    """Shallow features, the feedback block unrolled in time, and a residual on the bilinear image.

    Args:
        scale: 2, 3, 4 or 8.
        channels: m, channels of the feedback block.
        n_groups: G, projection groups.
        n_steps: T, runs of the block with the same weights.
        rgb_range: the value of white inside the network; the released weights have 255.
    """

    def __init__(
        self, *, scale: int, channels: int = 64, n_groups: int = 6, n_steps: int = 4, rgb_range: float = 255.0
    ) -> None:
        super().__init__()
        self.scale, self.n_steps = scale, n_steps
        self.range = PixelRange(rgb_range=rgb_range)
        self.head = nn.Sequential(*_then_prelu(conv(3, 4 * channels)), *_then_prelu(conv(4 * channels, channels, 1)))
        self.block = FeedbackBlock(channels, n_groups, scale)
        self.tail = nn.Sequential(*_then_prelu(deconv(channels, channels, scale + 4, scale)), conv(channels, 3))

    def forward(self, lr: Tensor) -> Tensor:
        """Enlarge ``(b, 3, h, w)`` to ``(b, 3, scale*h, scale*w)``; the image of the last step."""
        return self._image(lr, self.states(lr)[-1])  # (b, 3, s*h, s*w)

    def states(self, lr: Tensor) -> list[Tensor]:
        """Return what the feedback block gives in each step, ``(b, channels, h, w)``, from ``(b, 3, h, w)``."""
        features = self.head(self.range.inwards(lr))  # (b, m, h, w)
        states = [features]  # the first step hears the shallow features twice
        for _ in range(self.n_steps):
            states.append(self.block(features, states[-1]))
        return states[1:]

    def predictions(self, lr: Tensor) -> list[Prediction]:
        """Return the image of every step, each of weight ``1 / n_steps``, from ``(b, 3, h, w)``.

        For images that were also blurred or noisy the paper compares the early steps with easier targets,
        which the training has to supply.
        """
        return [
            Prediction(f"step {n}", self._image(lr, state), self.scale, 1 / self.n_steps)
            for n, state in enumerate(self.states(lr), 1)
        ]

    def _image(self, lr: Tensor, state: Tensor) -> Tensor:
        """Draw ``(b, 3, scale*h, scale*w)`` from ``(b, channels, h, w)`` on the bilinear image."""
        base = F.interpolate(self.range.inwards(lr), scale_factor=self.scale, mode="bilinear", align_corners=False)
        return self.range.outwards(base + self.tail(state))


CARD = Card(
    title="SRFBN",
    year=2019,
    citation="Z. Li, J. Yang, Z. Liu, X. Yang, G. Jeon, W. Wu, Feedback Network for Image Super-Resolution, CVPR 2019, "
    "3862-3871",
    url="https://arxiv.org/abs/1903.09814",
    framework="iterative up-and-down",
    idea="One network runs four times and hears its own high-level features from the step before.",
    lesson="03",
    scales=(2, 3, 4, 8),
    parameters={2: 2_140_510, 3: 2_832_734, 4: 3_631_454, 8: 7_891_294},
    parameters_source="Paper99/SRFBN_CVPR19 without its 24 frozen mean-shift numbers",
    published=published("srfbn"),
    tiny={"channels": 8, "n_groups": 2, "n_steps": 2},
    deviations=(
        "the frozen mean shift is a buffer, not 24 parameters",
        "x8 is not in the paper; the authors' code has it",
    ),
    checkpoints="state dicts of Paper99/SRFBN_CVPR19 (MIT) load as they are; the number of steps is not in the weights",
)

SMALL = replace(
    CARD,
    title="SRFBN-S",
    published=(),
    idea="SRFBN with 32 channels and three groups in the feedback block.",
    scales=(2, 3, 4),
    parameters={2: 282_418, 3: 375_602, 4: 483_122},
    deviations=CARD.deviations[:1],
)


def _sizes(weights: Mapping[str, Tensor]) -> dict[str, Any]:
    return {
        "scale": weights["block.ups.0.0.weight"].shape[-1] - 4,
        "channels": weights["head.2.weight"].shape[0],
        "n_groups": sum(key.startswith("block.ups.") and key.endswith("0.weight") for key in weights),
        "rgb_range": PixelRange.rgb_range_of(weights),
    }


LAYOUT = Layout(
    sizes=_sizes,
    renames=(
        (r"conv_in\.(\d)\.(.+)", r"head.\1.\2"),
        (r"feat_in\.0\.(.+)", r"head.2.\1"),
        (r"feat_in\.1\.(.+)", r"head.3.\1"),
        (r"block\.compress_in\.(.+)", r"block.merge.\1"),
        (r"block\.compress_out\.(.+)", r"block.gather.\1"),
        (r"block\.upBlocks\.(.+)", r"block.ups.\1"),
        (r"block\.downBlocks\.(.+)", r"block.downs.\1"),
        (r"block\.uptranBlocks\.(.+)", r"block.reduce_small.\1"),
        (r"block\.downtranBlocks\.(.+)", r"block.reduce_large.\1"),
        (r"out\.(\d)\.(.+)", r"tail.\1.\2"),
        (r"conv_out\.0\.(.+)", r"tail.2.\1"),
    ),
    ignored=PixelRange.PUBLISHED,
)

register_model("srfbn", CARD, layout=LAYOUT)(SRFBN)
register_model("srfbn_s", SMALL, layout=LAYOUT, channels=32, n_groups=3)(SRFBN)
