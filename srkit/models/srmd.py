"""SRMD, one network for many known degradations.

K. Zhang, W. Zuo, L. Zhang, "Learning a Single Convolutional Super-Resolution Network for Multiple Degradations", CVPR
2018, 3262-3271, https://arxiv.org/abs/1712.06116. The idea in one sentence: stretch what is known of the degradation,
15 numbers for the blur kernel and one for the noise, over the image as constant maps and give them to a plain stack of
convolutions beside it.

Deviations from the paper: no batch normalisation. The authors train with it and merge it into the convolutions of what
they release; their PyTorch version has none, and its layer list is ours.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from itertools import pairwise
from math import isqrt
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from srkit.errors import BadInput
from srkit.layers import conv
from srkit.layers.codes import example_codes, stretched_codes
from srkit.models._registry import Card, Layout, register_model, score_table
from srkit.ops.resize import imresize

__all__ = ["CARD", "NOISE_FREE", "SMALL", "SRMD"]


class SRMD(nn.Module):
    """Figure 1: image and stretched codes, a stack of 3x3 convolutions, a pixel shuffle; in the paper no skip anywhere.

    Args:
        scale: enlargement factor.
        n_codes: numbers that describe the degradation: 15 PCA codes of the kernel, then the noise level over 255.
        channels: channels between the layers.
        depth: number of convolutions, at least 2.
        skip: add what the layers give to the bicubic enlargement.

    Raises:
        BadInput: fewer than 2 layers, or no codes.
    """

    def __init__(
        self, *, scale: int, n_codes: int = 16, channels: int = 128, depth: int = 12, skip: bool = False
    ) -> None:
        super().__init__()
        if depth < 2 or n_codes < 1:
            raise BadInput(f"SRMD has at least 2 layers and 1 code; given: depth={depth}, n_codes={n_codes}.")
        self.scale = scale
        self.n_codes = n_codes
        self.skip = skip
        widths = [3 + n_codes, *[channels] * (depth - 1), 3 * scale**2]
        self.layers = nn.ModuleList(conv(*pair) for pair in pairwise(widths))

    def forward(self, lr: Tensor, *, degradation: Tensor | None = None) -> Tensor:
        """Enlarge ``(b, 3, h, w)`` to ``(b, 3, scale*h, scale*w)``, given how the image was degraded.

        Args:
            lr: RGB in [0, 1].
            degradation: the codes of each image ``(b, n_codes)``, or of each pixel ``(b, n_codes, h, w)``.
            Both describe the blur that came before MATLAB's bicubic reduction; no blur is the code of a delta kernel.

        Raises:
            BadInput: no codes, or another shape.
        """
        features = torch.cat([lr, self.stretch(degradation, lr)], dim=1)  # (b, 3 + n_codes, h, w)
        for layer in self.layers[:-1]:
            features = layer(features).relu_()  # (b, 128, h, w)
        sr = F.pixel_shuffle(self.layers[-1](features), self.scale)  # (b, 3, s*h, s*w)
        return sr + imresize(lr, self.scale) if self.skip else sr  # (b, 3, s*h, s*w)

    def stretch(self, degradation: Tensor | None, lr: Tensor) -> Tensor:
        """Return the codes as maps ``(b, n_codes, h, w)``, section 3.3.

        Raises:
            BadInput: no codes, or another shape.
        """
        maps = stretched_codes(degradation, lr, self.n_codes)  # (b, n_codes, h, w)
        if maps is None:
            (b, _, h, w), n = lr.shape, self.n_codes
            found = "nothing" if degradation is None else tuple(degradation.shape)
            raise BadInput(
                f"SRMD needs the degradation: net(lr, degradation=codes), codes ({b}, {n}) for each "
                f"image or ({b}, {n}, {h}, {w}) for each pixel. Given: {found}."
            )
        return maps

    def example_input(self, lr: Tensor) -> Tensor:
        """Return some codes ``(b, n_codes)`` for a batch like ``lr``: not those of any kernel, but all different."""
        return example_codes(lr, self.n_codes)


TABLE = "table of PSNR and SSIM under bicubic degradation in the README of cszn/SRMD"

CARD = Card(
    title="SRMD",
    year=2018,
    citation="K. Zhang, W. Zuo, L. Zhang, Learning a Single Convolutional Super-Resolution Network for Multiple "
    "Degradations, CVPR 2018, 3262-3271",
    url="https://arxiv.org/abs/1712.06116",
    framework="post-upsampling",
    idea="The blur kernel's 15 PCA codes and the noise level, stretched over the image, tell one network what to undo.",
    lesson="12",
    scales=(2, 3, 4),
    parameters={2: 1_511_692, 3: 1_528_987, 4: 1_553_200},
    parameters_source="layer list of cszn/KAIR, models/network_srmd.py, 19 planes in",
    tiny={"channels": 16, "depth": 4},
    published=score_table(
        TABLE,
        {
            2: {
                "set5": (37.53, 0.959),
                "set14": (33.12, 0.914),
                "b100": (31.90, 0.896),
                "urban100": (30.89, 0.916),
            },
            3: {
                "set5": (33.86, 0.923),
                "set14": (29.84, 0.833),
                "b100": (28.87, 0.799),
                "urban100": (27.27, 0.833),
            },
            4: {
                "set5": (31.59, 0.887),
                "set14": (28.15, 0.772),
                "b100": (27.34, 0.728),
                "urban100": (25.34, 0.761),
            },
        },
    ),
    deviations=("no batch normalisation, as in the released weights, where it is merged into the convolutions",),
    checkpoints="state dicts of cszn/KAIR (MIT), srmd_x2.pth and so on, load as they are; no file is in a public "
    "repository",
    extra_input="degradation",
    trained_on="gaussian_codes(noise=75)",
)

NOISE_FREE = replace(
    CARD,
    title="SRMDNF",
    trained_on="gaussian_codes",
    idea="SRMD without the noise level: the blur kernel's 15 PCA codes, stretched over the image, tell what to undo.",
    parameters={2: 1_510_540, 3: 1_527_835, 4: 1_552_048},
    parameters_source="layer list of cszn/KAIR, models/network_srmd.py, 18 planes in; the ncnn files of "
    "nihui/srmd-ncnn-vulkan hold as many",
    published=score_table(
        TABLE,
        {
            2: {
                "set5": (37.79, 0.960),
                "set14": (33.32, 0.915),
                "b100": (32.05, 0.898),
                "urban100": (31.33, 0.920),
            },
            3: {
                "set5": (34.12, 0.925),
                "set14": (30.04, 0.837),
                "b100": (28.97, 0.803),
                "urban100": (27.57, 0.840),
            },
            4: {
                "set5": (31.96, 0.893),
                "set14": (28.35, 0.777),
                "b100": (27.49, 0.734),
                "urban100": (25.68, 0.773),
            },
        },
    ),
    checkpoints="state dicts of cszn/KAIR (MIT), srmdnf_x2.pth and so on, load as they are; the authors' weights are "
    "public in nihui/srmd-ncnn-vulkan (MIT) as 16-bit ncnn files, which load too",
)

SMALL = replace(
    NOISE_FREE,
    title="SRMDNF small",
    trained_on="gaussian_codes(family=round, widths=0.2..2.8)",
    idea="SRMDNF with 8 layers of 32 channels added to bicubic, small enough to be trained on a laptop; this course's.",
    parameters={2: 64_172, 3: 68_507, 4: 74_576},
    tiny={"channels": 32, "depth": 8},
    parameters_source="SRMDNF's layer list with 8 layers of 32 channels",
    published=(),
    measured=score_table(
        "data/weights/srmd_small_x2.safetensors, given the code of no blur; data/weights/README.md",
        {2: {"set5": (35.82, 0.9500), "set14": (31.89, 0.9023), "b100": (30.86, 0.8827)}},
    ),
    deviations=(
        *CARD.deviations,
        "8 layers of 32 channels, which no paper uses: the course's own size",
        "the layers' image is added to bicubic interpolation, with which minutes of training are enough",
    ),
    checkpoints="data/weights in this project; their codes are made with srkit.degrade.srmd_basis()",
)


def _sizes(weights: Mapping[str, Tensor]) -> dict[str, Any]:
    depth = sum(key.startswith("layers.") and key.endswith(".weight") for key in weights)
    channels, planes = weights["layers.0.weight"].shape[:2]
    if planes <= 3:
        raise KeyError("no plane beside the image holds a code")
    scale = isqrt(weights[f"layers.{depth - 1}.weight"].shape[0] // 3)
    skip = (channels, depth) == (32, 8)  # which the weights do not tell: the course's size alone has it
    return {"scale": scale, "n_codes": planes - 3, "channels": channels, "depth": depth, "skip": skip}


def _in_order(tensors: Sequence[Tensor]) -> dict[str, Any]:
    found = _sizes({f"layers.{i // 2}.{('weight', 'bias')[i % 2]}": tensor for i, tensor in enumerate(tensors)})
    if len(tensors) < 4 or any(tensor.ndim != 4 for tensor in tensors[::2]):
        raise KeyError("not convolutions with biases")
    return found


LAYOUT = Layout(
    sizes=_sizes,
    in_order=_in_order,
    renames=tuple((rf"{2 * i}\.(weight|bias)", rf"layers.{i}.\1") for i in range(12)),
)

register_model("srmd", CARD, layout=LAYOUT)(SRMD)
register_model("srmdnf", NOISE_FREE, layout=LAYOUT, n_codes=15)(SRMD)
register_model("srmd_small", SMALL, layout=LAYOUT, n_codes=15, channels=32, depth=8, skip=True)(SRMD)
