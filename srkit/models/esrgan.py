"""ESRGAN, dense blocks inside residual blocks inside a residual network.

X. Wang, K. Yu, S. Wu, J. Gu, Y. Liu, C. Dong, Y. Qiao, C. C. Loy, "ESRGAN: Enhanced Super-Resolution Generative
Adversarial Networks", ECCV Workshops 2018, 63-79, https://arxiv.org/abs/1809.00219. The idea in one sentence: a deep
network of residual-in-residual dense blocks without batch normalisation, first trained for pixels, then against a
discriminator that decides which of two images is more real.

Deviations from the paper: none at x4. x2 is not in the paper: by default it has one enlarging step, as BSRGAN's; with
``shrink=2`` it folds 2x2 pixels into channels first, as Real-ESRGAN's (an image of odd size is padded and cut back).
Nor are x1, which cleans or sharpens without enlarging, x8 and x16: as many steps as there are doublings, as in the
models that the community trains.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from srkit.errors import BadInput
from srkit.layers import conv
from srkit.models._registry import Card, Layout, register_model, score_table

__all__ = ["CARD", "ESRGAN"]


def fold(image: Tensor, shrink: int) -> Tensor:
    """Put each ``shrink x shrink`` pixels of ``(b, 3, h, w)`` into the channels of one; sides are filled up first."""
    if shrink == 1:
        return image  # ncnn knows no padding by a computed number of pixels
    h, w = image.shape[-2:]
    filled = F.pad(image, (0, -w % shrink, 0, -h % shrink), mode="reflect")
    return F.pixel_unshuffle(filled, shrink)  # (b, 3*shrink*shrink, ceil(h/shrink), ceil(w/shrink))


class DenseBlock(nn.Module):
    """Figure 4, right: five convolutions that read all before them; a fifth of the last one is added to the input."""

    def __init__(self, channels: int, *, growth: int) -> None:
        super().__init__()
        widths = [growth] * 4 + [channels]
        self.convs = nn.ModuleList(conv(channels + i * growth, width) for i, width in enumerate(widths))
        for name, weight in self.convs.named_parameters():  # section 3.1: a tenth of the usual initial weights
            if name.endswith("bias"):
                nn.init.zeros_(weight)
            else:
                nn.init.kaiming_normal_(weight).data.mul_(0.1)

    def forward(self, features: Tensor) -> Tensor:
        """Refine ``(b, channels, h, w)``; the shape stays."""
        seen = features
        for layer in self.convs[:-1]:
            seen = torch.cat([seen, F.leaky_relu(layer(seen), 0.2)], dim=1)  # (b, channels + i*growth, h, w)
        residual: Tensor = self.convs[-1](seen)  # (b, channels, h, w)
        return residual * 0.2 + features


class ResidualInResidual(nn.Module):
    """Figure 4, left: three dense blocks, a fifth of which is added to the input."""

    def __init__(self, channels: int, *, growth: int) -> None:
        super().__init__()
        self.blocks = nn.Sequential(*(DenseBlock(channels, growth=growth) for _ in range(3)))

    def forward(self, features: Tensor) -> Tensor:
        """Refine ``(b, channels, h, w)``; the shape stays."""
        residual: Tensor = self.blocks(features)
        return residual * 0.2 + features


class ESRGAN(nn.Module):
    """Section 3.1: head, body with a long skip, doubling by nearest neighbour and convolution, two last layers.

    Args:
        scale: enlargement factor.
        channels: feature channels.
        n_blocks: residual-in-residual dense blocks.
        growth: channels that a layer of a dense block adds.
        shrink: side of the squares of pixels that are folded into channels first.

    Raises:
        BadInput: ``shrink`` is neither 1, 2 nor 4.
    """

    def __init__(
        self, *, scale: int, channels: int = 64, n_blocks: int = 23, growth: int = 32, shrink: int = 1
    ) -> None:
        super().__init__()
        if shrink not in (1, 2, 4):
            raise BadInput(f"ESRGAN folds squares of 1, 2 or 4 pixels a side into channels; given: shrink={shrink}.")
        self.scale = scale
        self.shrink = shrink
        self.head = conv(3 * shrink * shrink, channels)
        self.body = nn.Sequential(*(ResidualInResidual(channels, growth=growth) for _ in range(n_blocks)))
        self.body_end = conv(channels, channels)
        self.steps = nn.ModuleList(conv(channels, channels) for _ in range((scale * shrink).bit_length() - 1))
        self.high = conv(channels, channels)
        self.tail = conv(channels, 3)

    def forward(self, lr: Tensor) -> Tensor:
        """Enlarge ``(b, 3, h, w)`` to ``(b, 3, scale*h, scale*w)``."""
        h, w = lr.shape[-2:]
        shallow = self.head(fold(lr, self.shrink))  # (b, 64, h/shrink, w/shrink)
        features = shallow + self.body_end(self.body(shallow))
        for step in self.steps:
            doubled = F.interpolate(features, scale_factor=2.0, mode="nearest")  # (b, 64, 2*h, 2*w)
            features = F.leaky_relu(step(doubled), 0.2)
        sr: Tensor = self.tail(F.leaky_relu(self.high(features), 0.2))  # (b, 3, s*h, s*w) or a little more
        return sr[..., : self.scale * h, : self.scale * w]


CARD = Card(
    title="ESRGAN",
    year=2018,
    citation="X. Wang, K. Yu, S. Wu, J. Gu, Y. Liu, C. Dong, Y. Qiao, C. C. Loy, ESRGAN: Enhanced Super-Resolution "
    "Generative Adversarial Networks, ECCV Workshops 2018, 63-79",
    url="https://arxiv.org/abs/1809.00219",
    framework="post-upsampling",
    idea="Residual-in-residual dense blocks without batch normalisation, trained for pixels and then adversarially.",
    lesson="06",
    scales=(2, 4, 8, 16, 1),
    parameters={2: 16_661_059, 4: 16_697_987, 8: 16_734_915, 16: 16_771_843, 1: 16_624_131},
    parameters_source="x4: RRDBNet_arch.py of xinntao/ESRGAN; x2: network_rrdbnet.py of cszn/KAIR; 36 928 a doubling",
    tiny={"channels": 16, "n_blocks": 1, "growth": 8},
    published=score_table(
        "README of xinntao/ESRGAN, RRDB after the pixel phase, trained on DF2K",
        {
            4: {
                "set5": (32.73, 0.9011),
                "set14": (28.99, 0.7917),
                "b100": (27.85, 0.7455),
                "urban100": (27.03, 0.8153),
            },
        },
    ),
    deviations=(
        "x2 is not in the paper; it is BSRGAN's, or Real-ESRGAN's with shrink=2",
        "x1 (to clean or sharpen an image), x8 and x16 are not in the paper; the community trains them",
    ),
    checkpoints="https://github.com/xinntao/ESRGAN (Apache-2.0), old and new key names; BSRGAN, Real-ESRGAN and "
    "BasicSR files of the same network load as they are",
)


def _sizes(weights: Mapping[str, Tensor]) -> dict[str, Any]:
    steps = sum(key.startswith("steps.") and key.endswith("weight") for key in weights)
    shrink = {3: 1, 12: 2, 48: 4}[weights["head.weight"].shape[1]]
    return {
        "scale": 2**steps // shrink,
        "channels": weights["head.weight"].shape[0],
        "n_blocks": len({key.split(".")[1] for key in weights if ".blocks." in key}),
        "growth": weights["body.0.blocks.0.convs.0.weight"].shape[0],
        "shrink": shrink,
    }


def _in_order(tensors: Sequence[Tensor]) -> dict[str, Any]:
    """Read sizes from weights and biases in order: head, 15 convolutions a block, body_end, steps, high, tail."""
    n_blocks, steps = divmod(len(tensors) // 2 - 4, 15)
    shrink = {3: 1, 12: 2, 48: 4}[tensors[0].shape[1]]
    channels, growth = tensors[0].shape[0], tensors[2].shape[0]
    return {"scale": 2**steps // shrink, "channels": channels, "n_blocks": n_blocks, "growth": growth, "shrink": shrink}


_CONVS = tuple((str(i + 1), str(i)) for i in range(5))
_DENSE = tuple((str(i + 1), str(i)) for i in range(3))

LAYOUT = Layout(
    sizes=_sizes,
    in_order=_in_order,
    renames=(
        (r"conv_first\.(.+)", r"head.\1"),
        *(  # ESRGAN and BSRGAN, BasicSR and Real-ESRGAN, ESRGAN before 2019
            (rf"{trunk}\.(\d+)\.(?:RDB|rdb){d}\.conv{c}\.(?:0\.)?(.+)", rf"body.\1.blocks.{dense}.convs.{layer}.\2")
            for trunk in (r"(?:RRDB_trunk|body)", r"(?:model\.)?1\.sub")
            for d, dense in _DENSE
            for c, layer in _CONVS
        ),
        (r"(?:trunk_conv|conv_body|(?:model\.)?1\.sub\.\d+)\.(weight|bias)", r"body_end.\1"),
        (r"(?:HRconv|conv_hr)\.(.+)", r"high.\1"),
        (r"conv_last\.(.+)", r"tail.\1"),
        (r"(?:model\.)?0\.(.+)", r"head.\1"),
        *((rf"(?:upconv{i + 1}|conv_up{i + 1}|(?:model\.)?{3 * i + 3})\.(.+)", rf"steps.{i}.\1") for i in range(4)),
        *((rf"(?:model\.)?{3 * i + 2}\.(.+)", r"high.\1") for i in range(5)),  # behind 0 to 4 steps
        *((rf"(?:model\.)?{3 * i + 4}\.(.+)", r"tail.\1") for i in range(5)),
    ),
)

register_model("esrgan", CARD, layout=LAYOUT)(ESRGAN)
