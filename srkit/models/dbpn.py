"""D-DBPN, enlarging and reducing in turns and learning from what does not come back.

M. Haris, G. Shakhnarovich, N. Ukita, "Deep Back-Projection Networks for Super-Resolution", CVPR 2018, 1664-1673,
https://arxiv.org/abs/1803.02735. The idea in one sentence: enlarge the features, reduce them again, and enlarge what
was lost on the way as a correction; repeat, and let every stage hear all earlier ones.

Deviations from the paper: none known; as in the authors' PyTorch code the newest result stands first in a
concatenation, and the images pass without a mean shift. ``dense=False`` is the paper's DBPN, where a stage hears the
one before it alone.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import torch
from torch import Tensor, nn

from srkit.errors import BadInput
from srkit.layers import conv, deconv
from srkit.models._published import published
from srkit.models._registry import Card, Layout, register_model

__all__ = ["CARD", "DBPN", "SMALL"]


class Projection(nn.Module):
    """An up-projection or a down-projection, section 3.1; with several inputs the dense unit of section 3.2.

    Args:
        channels: in and out.
        scale: enlargement; the kernels are ``scale + 4`` wide, which the paper chooses for 2, 4 and 8.
        up: whether it enlarges; if not, large and small change places.
        n_inputs: earlier results that arrive side by side and are first reduced to ``channels``.
    """

    def __init__(self, channels: int, scale: int, *, up: bool, n_inputs: int = 1) -> None:
        super().__init__()
        self.reduce = nn.Sequential(conv(n_inputs * channels, channels, 1), nn.PReLU()) if n_inputs > 1 else None
        self.there, self.back, self.again = (
            nn.Sequential(
                deconv(channels, channels, scale + 4, scale)
                if enlarges
                else nn.Conv2d(channels, channels, scale + 4, stride=scale, padding=2),
                nn.PReLU(),
            )
            for enlarges in (up, not up, up)
        )

    def forward(self, features: Tensor) -> Tensor:
        """Turn ``(b, n_inputs*channels, h, w)`` into ``(b, channels, …)``, ``scale`` times as large or as small."""
        if self.reduce is not None:
            features = self.reduce(features)  # (b, channels, h, w)
        first = self.there(features)  # (b, channels, s*h, s*w)
        error = self.back(first) - features  # (b, channels, h, w)
        result: Tensor = first + self.again(error)  # (b, channels, s*h, s*w)
        return result


class DBPN(nn.Module):
    """Section 3.3: head, up- and down-projections in turns, and a tail that reads every large result.

    Args:
        scale: 2, 4 or 8.
        channels: n_R, channels of the projections.
        head_channels: n_0, channels after the first convolution.
        n_stages: T, up-projections; between them stand ``n_stages - 1`` down-projections.
        dense: whether a projection reads all earlier results of the other kind (D-DBPN), or the last one (DBPN).

    Raises:
        BadInput: fewer than one stage.
    """

    def __init__(
        self, *, scale: int, channels: int = 64, head_channels: int = 256, n_stages: int = 7, dense: bool = True
    ) -> None:
        super().__init__()
        if n_stages < 1:
            raise BadInput(f"DBPN enlarges in at least one stage; n_stages={n_stages} was given.")
        self.scale, self.dense = scale, dense
        self.head = nn.Sequential(conv(3, head_channels), nn.PReLU(), conv(head_channels, channels, 1), nn.PReLU())
        self.ups = nn.ModuleList(
            Projection(channels, scale, up=True, n_inputs=max(1, n) if dense else 1) for n in range(n_stages)
        )
        self.downs = nn.ModuleList(
            Projection(channels, scale, up=False, n_inputs=n + 1 if dense else 1) for n in range(n_stages - 1)
        )
        self.tail = conv(n_stages * channels, 3)
        for layer in self.modules():
            if isinstance(layer, nn.Conv2d | nn.ConvTranspose2d):
                nn.init.kaiming_normal_(layer.weight)  # section 4.1
                nn.init.zeros_(layer.bias)  # type: ignore[arg-type]  # all of them have one

    def forward(self, lr: Tensor) -> Tensor:
        """Enlarge ``(b, 3, h, w)`` to ``(b, 3, scale*h, scale*w)``."""
        large: list[Tensor] = [self.ups[0](self.head(lr))]  # (b, 64, s*h, s*w) each, the newest first
        small: list[Tensor] = []  # (b, 64, h, w) each
        for down, up in zip(self.downs, self.ups[1:], strict=True):
            small.insert(0, down(self._heard(large)))
            large.insert(0, up(self._heard(small)))
        sr: Tensor = self.tail(torch.cat(large, dim=1))  # (b, 3, s*h, s*w)
        return sr

    def _heard(self, results: list[Tensor]) -> Tensor:
        return torch.cat(results, dim=1) if self.dense else results[0]


CARD = Card(
    title="D-DBPN",
    year=2018,
    citation="M. Haris, G. Shakhnarovich, N. Ukita, Deep Back-Projection Networks for Super-Resolution, CVPR 2018, "
    "1664-1673",
    url="https://arxiv.org/abs/1803.02735",
    framework="iterative up-and-down",
    idea="Enlarge, reduce, and enlarge the error; seven times, each stage hearing all earlier ones.",
    lesson="03",
    scales=(2, 4, 8),
    parameters={2: 5_953_526, 4: 10_426_358, 8: 23_205_878},
    parameters_source="alterzero/DBPN-Pytorch, dbpn.py with base_filter=64, feat=256, 7 stages",
    tiny={"channels": 8, "head_channels": 16, "n_stages": 3},
    published=published("dbpn"),
    checkpoints="state dicts of alterzero/DBPN-Pytorch (MIT: DBPN_x2, _x4, _x8) load as they are; the smaller DDBPN "
    "of EDSR-PyTorch is another network",
)

SMALL = replace(
    CARD,
    title="DBPN-S",
    idea="Back-projection with two enlarging stages and 32 channels, without dense connections.",
    parameters={2: 341_518, 4: 599_566, 8: 1_336_846},
    parameters_source="alterzero/DBPN-Pytorch, dbpns.py with base_filter=32, feat=128, 2 stages",
    published=(),
    tiny={"channels": 8, "head_channels": 16},
)


def _sizes(weights: Mapping[str, Tensor]) -> dict[str, Any]:
    n_stages = len({key.split(".")[1] for key in weights if key.startswith("ups.")})
    return {
        "scale": weights["ups.0.there.0.weight"].shape[-1] - 4,
        "channels": weights["head.2.weight"].shape[0],
        "head_channels": weights["head.0.weight"].shape[0],
        "n_stages": n_stages,
        "dense": n_stages > 2 and any(key.endswith("reduce.0.weight") for key in weights),
    }


def _renames() -> tuple[tuple[str, str], ...]:
    """Return what the layers of DBPN-Pytorch are called here; its stages are numbered from 1."""
    steps = (("_conv1", "there"), ("_conv2", "back"), ("_conv3", "again"))
    return (
        (r"feat0\.conv\.(.+)", r"head.0.\1"),
        (r"feat0\.act\.(.+)", r"head.1.\1"),
        (r"feat1\.conv\.(.+)", r"head.2.\1"),
        (r"feat1\.act\.(.+)", r"head.3.\1"),
        (r"output_conv\.conv\.(.+)", r"tail.\1"),
        *(
            (rf"{way}{n + 1}\.{theirs}\.{layer}\.(.+)", rf"{way}s.{n}.{ours}.{place}.\1")
            for way in ("up", "down")
            for n in range(10)
            for theirs, ours in ((r"conv", "reduce"), *((way + step, name) for step, name in steps))
            for layer, place in ((r"(?:conv|deconv)", 0), ("act", 1))
        ),
    )


LAYOUT = Layout(sizes=_sizes, renames=_renames())

register_model("dbpn", CARD, layout=LAYOUT)(DBPN)
register_model("dbpn_s", SMALL, layout=LAYOUT, channels=32, head_channels=128, n_stages=2, dense=False)(DBPN)
