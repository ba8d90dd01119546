"""IRCNN, a denoiser with dilated convolutions that serves as a prior for other tasks.

K. Zhang, W. Zuo, S. Gu, L. Zhang, "Learning Deep CNN Denoiser Prior for Image Restoration", CVPR 2017, 2808-2817,
https://arxiv.org/abs/1704.03264. The idea in one sentence: train denoisers for many noise levels once, and let an
optimiser that is given the degradation call them as its prior, the strong ones first.

Deviations from the paper: its network is a denoiser (:meth:`IRCNN.denoise`) and enlarges nothing. To keep the contract
it is given the bicubic image, which is also what the paper's enlargement starts from; that enlargement itself is
``srkit.methods.plug_and_play``, with all 25 denoisers. There is no batch normalisation, which the authors train with
and merge into the convolutions of what they release.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from itertools import pairwise
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn

from srkit.errors import BadFile, BadInput
from srkit.layers import on_luma
from srkit.models._create import create
from srkit.models._files import read_bank
from srkit.models._registry import Card, Layout, register_model
from srkit.ops.resize import imresize

__all__ = ["CARD", "DILATIONS", "GRAY", "IRCNN", "denoisers"]

DILATIONS = (1, 2, 3, 4, 3, 2, 1)
"""Figure 2: seven layers that see 33 pixels; undilated, that takes sixteen."""


class IRCNN(nn.Module):
    """Figure 2: seven dilated 3x3 convolutions beside one skip.

    Args:
        scale: enlargement factor; only the bicubic image depends on it.
        channels: channels between the layers.
        colours: 3 works on RGB, 1 on luma.

    Raises:
        BadInput: another number of colours.
    """

    def __init__(self, *, scale: int, channels: int = 64, colours: int = 3) -> None:
        super().__init__()
        if colours not in (1, 3):
            raise BadInput(f"IRCNN sees 1 or 3 colours; {colours} was given.")
        self.scale = scale
        self.colours = colours
        widths = pairwise([colours, *[channels] * (len(DILATIONS) - 1), colours])
        self.layers = nn.ModuleList(
            nn.Conv2d(n, m, 3, padding=d, dilation=d) for (n, m), d in zip(widths, DILATIONS, strict=True)
        )

    def forward(self, lr: Tensor) -> Tensor:
        """Enlarge ``(b, 3, h, w)`` to ``(b, 3, scale*h, scale*w)``: bicubic, then one denoising."""
        if self.colours == 1:
            return on_luma(lambda y: self.denoise(imresize(y, self.scale)), lr, scale=self.scale)  # (b, 3, s*h, s*w)
        return self.denoise(imresize(lr, self.scale))  # (b, 3, s*h, s*w)

    def denoise(self, noisy: Tensor) -> Tensor:
        """Subtract the predicted noise from ``(b, colours, h, w)``; the shape stays."""
        features = noisy
        for layer in self.layers[:-1]:
            features = layer(features).relu_()  # (b, 64, h, w)
        noise: Tensor = self.layers[-1](features)  # (b, colours, h, w)
        return noisy - noise


def denoisers(path: str | Path) -> dict[int, nn.Module]:
    """Load the file of all denoisers as cszn/KAIR stores it.

    Args:
        path: ``ircnn_color.pth`` or ``ircnn_gray.pth``: a state dict under each of ``"0"`` to ``"24"``.

    Returns:
        For each noise level in 8-bit steps (2, 4, …, 50) its network, in evaluation mode.

    Raises:
        BadFile: the file cannot be read, or holds something else.
    """
    found: dict[int, nn.Module] = {}
    for key, stored in read_bank(path).items():
        try:
            plain = {name.removeprefix("model."): value for name, value in stored.items()}
            state = {
                f"layers.{int(name.split('.')[0]) // 2}.{name.split('.')[1]}": value for name, value in plain.items()
            }
            with torch.random.fork_rng(devices=[]):
                net = create("ircnn", scale=2, **_sizes(state))
            net.load_state_dict(state)
            found[2 * int(key) + 2] = net.eval()
        except (LookupError, ValueError, RuntimeError) as error:
            raise BadFile(f"{path} holds under {key!r} something else than a denoiser of IRCNN: {error}.") from error
    return found


CARD = Card(
    title="IRCNN",
    year=2017,
    citation="K. Zhang, W. Zuo, S. Gu, L. Zhang, Learning Deep CNN Denoiser Prior for Image Restoration, CVPR 2017, "
    "2808-2817",
    url="https://arxiv.org/abs/1704.03264",
    framework="pre-upsampling",
    idea="Seven dilated convolutions predict noise; an optimiser that knows the degradation has them as its prior.",
    lesson="08",
    scales=(2, 3, 4),
    parameters=dict.fromkeys((2, 3, 4), 188_163),
    parameters_source="cszn/KAIR, models/network_dncnn.py, three colours",
    tiny={"channels": 8},
    deviations=(
        "a denoiser, shown the bicubic image; the paper's enlargement is srkit.methods.plug_and_play",
        "no batch normalisation, as in the released weights, where it is merged into the convolutions",
    ),
    checkpoints="ircnn_color.pth and ircnn_gray.pth of cszn/KAIR (MIT) hold 25 denoisers each, "
    "read by denoisers() in srkit/models/ircnn.py; a state dict of one of them loads as it is",
)

GRAY = replace(
    CARD,
    title="IRCNN gray",
    parameters=dict.fromkeys((2, 3, 4), 185_857),
    parameters_source="cszn/KAIR, models/network_dncnn.py, one channel",
    luma_only=True,
)


def _sizes(weights: Mapping[str, Tensor]) -> dict[str, Any]:
    channels, colours = weights["layers.0.weight"].shape[:2]
    depth = sum(key.startswith("layers.") and key.endswith(".weight") for key in weights)
    if colours not in (1, 3) or depth != len(DILATIONS):
        raise KeyError("not seven layers on one or three colours")
    return {"channels": channels, "colours": colours}


LAYOUT = Layout(
    sizes=_sizes,
    renames=tuple((rf"{2 * i}\.(weight|bias)", rf"layers.{i}.\1") for i in range(len(DILATIONS))),
)

register_model("ircnn", CARD, layout=LAYOUT)(IRCNN)
register_model("ircnn_gray", GRAY, layout=LAYOUT, colours=1)(IRCNN)
