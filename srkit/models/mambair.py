"""MambaIR, a state that walks over the image in four directions.

H. Guo, J. Li, T. Dai, Z. Ouyang, X. Ren, S.-T. Xia, "MambaIR: A Simple Baseline for Image Restoration with State-Space
Model", ECCV 2024, 222-241, https://arxiv.org/abs/2402.15648; the scan is that of A. Gu, T. Dao, "Mamba", 2023,
https://arxiv.org/abs/2312.00752. The idea in one sentence: each pixel reads a state that has passed all pixels before
it, row by row, column by column and both backwards, and decides how much of itself the state shall keep.

Deviations from the paper: the released training code's drop path is left out. The scan is written in PyTorch, without
the kernels that its authors' package compiles for CUDA; it is the same sum in another order, see
:func:`selective_scan`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from math import ceil, isqrt, log
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from srkit.layers import PixelRange, conv
from srkit.layers.grid import depthwise
from srkit.layers.tail import Reconstruction, Tail, group_sizes
from srkit.layers.windows import calm_linear
from srkit.models._published import published
from srkit.models._registry import Card, Layout, register_model
from srkit.ops._export import is_exporting

__all__ = ["CARD", "LIGHT", "MambaIR", "selective_scan"]


PIECE, DOUBLINGS = 32, 20
"""Exported, a piece has 32 places, and what is handed on doubles its reach 20 times: for 33 million pixels."""


def selective_scan(values: Tensor, steps: Tensor, decay: Tensor, enter: Tensor, leave: Tensor) -> Tensor:
    """Return what a state says at each place of a sequence that it walks along.

    The state is ``h[t] = exp(steps[t] * decay) * h[t-1] + steps[t] * enter[t] * values[t]``, and it says
    ``sum(leave[t] * h[t])`` over its n numbers. The sequence is cut into about as many pieces as each is long; all are
    walked at once from nothing, which gives what each hands on, and once more from what they are handed. So the square
    root of the length is walked three times, and only the states of one place of each piece are held. Besides what is
    given it takes 6 times the memory of ``values`` at most, for the paper's c and n and 4096 places or more (counted);
    a gradient needs the states of all places, n times the memory of ``values`` for each tensor that is kept.

    Args:
        values: ``(b, k, c, length)``.
        steps: as ``values``, not negative.
        decay: ``(k, c, n)``, negative.
        enter: ``(b, k, n, length)``.
        leave: as ``enter``.

    Returns:
        As ``values``.
    """
    length = values.shape[-1]
    piece = PIECE if is_exporting() else isqrt(length - 1) + 1
    parts = (steps, values, enter, leave)
    padded = (F.pad(part, (0, piece * ((length + piece - 1) // piece) - length)) for part in parts)
    steps, values, enter, leave = (part.view(*part.shape[:-1], -1, piece) for part in padded)
    steps, values = steps.unsqueeze(-2), (steps * values).unsqueeze(-2)  # (b, k, c, p, 1, piece)
    enter, leave = (part.transpose(2, 3).unsqueeze(2) for part in (enter, leave))  # (b, k, 1, p, n, piece)
    rates = decay[:, :, None]  # (k, c, 1, n)

    def walk(state: Tensor, *, says: bool) -> tuple[Tensor, list[Tensor]]:
        said = []
        for step, value, entering, leaving in zip(
            *(part.unbind(-1) for part in (steps, values, enter, leave)), strict=True
        ):
            state = torch.exp(step * rates) * state + value * entering  # (b, k, c, p, n)
            if says:
                said.append((state * leaving).sum(-1))  # (b, k, c, p)
        return state, said

    nothing = values.new_zeros(*steps.shape[:-2], decay.shape[-1])  # (b, k, c, p, n)
    ends, _ = walk(nothing, says=False)
    kept = torch.exp(steps.sum(-1) * rates)  # (b, k, c, p, n)
    _, said = walk(hand_on(kept, ends), says=True)
    return torch.stack(said, dim=-1).flatten(-2)[..., :length]


def hand_on(kept: Tensor, ends: Tensor) -> Tensor:
    """Return the state ``(…, p, n)`` that each of p pieces begins with.

    Args:
        kept: what each piece keeps of the state that it is handed, ``(…, p, n)``.
        ends: what each piece ends with if it is handed nothing, ``(…, p, n)``.
    """
    if not is_exporting():
        handed = [torch.zeros_like(ends[..., 0, :])]
        for keeps, end in zip(kept.unbind(-2)[:-1], ends.unbind(-2)[:-1], strict=True):
            handed.append(handed[-1] * keeps + end)
        return torch.stack(handed, dim=-2)
    places = torch.arange(ends.shape[-2], device=ends.device)

    def before(x: Tensor, distance: int) -> Tensor:
        return x[..., (places - distance).clamp(min=0), :] * (places >= distance)[:, None]

    for doubling in range(DOUBLINGS):  # each state covers twice as many pieces as before
        kept, ends = kept * before(kept, 2**doubling), ends + kept * before(ends, 2**doubling)
    return before(ends, 1)


class Scan(nn.Module):
    """Figure 3(c), "2D-SSM": the image as four sequences, scanned, added and weighed by a second branch."""

    def __init__(self, channels: int, *, states: int, expansion: float) -> None:
        super().__init__()
        inner, self.states, self.rank = round(expansion * channels), states, ceil(channels / 16)
        self.enter, self.local = nn.Linear(channels, 2 * inner, bias=False), depthwise(inner, bias=True)
        told = torch.empty(4, self.rank + 2 * states, inner)
        self.told = nn.Parameter(told.uniform_(-(inner**-0.5), inner**-0.5))
        steps = torch.empty(4, inner, self.rank).uniform_(-(self.rank**-0.5), self.rank**-0.5)
        first = torch.empty(4, inner).uniform_(log(1e-3), log(1e-1)).exp()  # the steps at the start
        self.step_weight, self.step_bias = nn.Parameter(steps), nn.Parameter(first + torch.log(-torch.expm1(-first)))
        self.log_decay = nn.Parameter(torch.arange(1.0, states + 1).log().repeat(4 * inner, 1))
        self.skip = nn.Parameter(torch.ones(4 * inner))
        self.norm, self.leave = nn.LayerNorm(inner), nn.Linear(inner, channels, bias=False)

    def forward(self, features: Tensor) -> Tensor:
        """Let the pixels of ``(b, h, w, c)`` read the states that pass them; the shape stays."""
        h, w = features.shape[1:3]
        inside, gate = self.enter(features).chunk(2, dim=-1)  # each (b, h, w, inner)
        image = F.silu(self.local(inside.movedim(-1, 1)))  # (b, inner, h, w)
        ways = torch.stack((image.flatten(2), image.mT.flatten(2)), dim=1)  # (b, 2, inner, h*w)
        said = self.scan(torch.cat((ways, ways.flip(-1)), dim=1))  # (b, 4, inner, h*w)
        rows, columns = (said[:, :2] + said[:, 2:].flip(-1)).unbind(1)  # each (b, inner, h*w)
        image = rows.reshape(*rows.shape[:2], h, w) + columns.reshape(*rows.shape[:2], w, h).mT  # (b, inner, h, w)
        mixed: Tensor = self.leave(self.norm(image.movedim(1, -1)) * F.silu(gate))  # (b, h, w, c)
        return mixed

    def scan(self, ways: Tensor) -> Tensor:
        """Scan four sequences ``(b, 4, inner, length)``, each with steps and gates of its own; the shape stays."""
        told = torch.einsum("bkcl,kmc->bkml", ways, self.told)
        steps, enter, leave = torch.split(told, [self.rank, self.states, self.states], dim=2)
        steps = torch.einsum("bkrl,kcr->bkcl", steps, self.step_weight) + self.step_bias[..., None]
        decay = -self.log_decay.exp().view(4, -1, self.states)  # (4, inner, states)
        said = selective_scan(ways, F.softplus(steps), decay, enter, leave)
        return said + ways * self.skip.view(4, -1, 1)


class Block(nn.Module):
    """Figure 3(b), "RSSB": a scan, then convolutions with channel attention; the skips have learned factors."""

    def __init__(self, channels: int, *, states: int, expansion: float, light: bool, reduction: int) -> None:
        super().__init__()
        self.norm1, self.norm2 = nn.LayerNorm(channels), nn.LayerNorm(channels)
        self.scan = Scan(channels, states=states, expansion=expansion)
        self.skip1, self.skip2 = (nn.Parameter(torch.ones(channels)) for _ in range(2))
        few, fewer = channels // (2 if light else 3), channels // reduction
        if light:
            spread = nn.Conv2d(channels, channels, 3, padding=2, groups=channels, dilation=2)
            first = nn.Sequential(conv(channels, few, 1), depthwise(few, bias=True))
            self.local = nn.Sequential(*first, nn.GELU(), conv(few, channels, 1), spread)
        else:
            self.local = nn.Sequential(conv(channels, few), nn.GELU(), conv(few, channels))
        self.squeeze, self.excite = conv(channels, fewer, 1), conv(fewer, channels, 1)

    def forward(self, features: Tensor) -> Tensor:
        """Refine ``(b, h, w, c)``; the shape stays."""
        features = features * self.skip1 + self.scan(self.norm1(features))
        near = self.local(self.norm2(features).movedim(-1, 1))  # (b, c, h, w)
        gate = torch.sigmoid(self.excite(self.squeeze(near.mean((2, 3), keepdim=True)).relu()))  # (b, c, 1, 1)
        refined: Tensor = features * self.skip2 + (near * gate).movedim(1, -1)
        return refined


class Group(nn.Module):
    """Figure 3(a), "RSSG": ``depth`` blocks, a convolution, and a skip past both."""

    def __init__(self, channels: int, *, depth: int, **block: Any) -> None:
        super().__init__()
        self.layers = nn.Sequential(*(Block(channels, **block) for _ in range(depth)))
        self.end = conv(channels, channels)

    def forward(self, features: Tensor) -> Tensor:
        """Refine ``(b, h, w, c)``; the shape stays."""
        residual: Tensor = self.end(self.layers(features).movedim(-1, 1)).movedim(1, -1)
        return features + residual


class MambaIR(nn.Module):
    """Figure 3: head, groups of blocks with a long skip, reconstruction.

    Args:
        scale: enlargement factor.
        channels: feature channels.
        n_groups: residual groups.
        depth: blocks in each group.
        states: numbers of the state that walks, for each channel.
        expansion: channels inside a scan in ``channels``.
        reduction: by how much the channel attention squeezes them.
        reconstruction: how the image is enlarged, see :class:`Tail`; "direct" also makes the convolutions lighter.
        tail_channels: channels while it is.
    """

    def __init__(
        self,
        *,
        scale: int,
        channels: int = 180,
        n_groups: int = 6,
        depth: int = 6,
        states: int = 16,
        expansion: float = 2.0,
        reduction: int = 30,
        reconstruction: Reconstruction = "shuffle",
        tail_channels: int = 64,
    ) -> None:
        super().__init__()
        self.scale = scale
        self.range = PixelRange(rgb_range=1.0)
        self.head, self.body_end = conv(3, channels), conv(channels, channels)
        self.norm_in, self.norm_out = nn.LayerNorm(channels), nn.LayerNorm(channels)
        block = {"states": states, "expansion": expansion, "light": reconstruction == "direct", "reduction": reduction}
        self.groups = nn.Sequential(*(Group(channels, depth=depth, **block) for _ in range(n_groups)))
        self.tail = Tail(channels, scale, reconstruction=reconstruction, tail_channels=tail_channels)
        self.apply(calm_linear)

    def forward(self, lr: Tensor) -> Tensor:
        """Enlarge ``(b, 3, h, w)`` to ``(b, 3, scale*h, scale*w)``."""
        image = self.range.inwards(lr)
        shallow = self.head(image)  # (b, c, h, w)
        deep = self.groups(self.norm_in(shallow.movedim(1, -1)))  # (b, h, w, c)
        deep = shallow + self.body_end(self.norm_out(deep).movedim(-1, 1))  # (b, c, h, w)
        drawn = self.tail(deep)  # (b, 3, s*h, s*w)
        return self.range.outwards(image + drawn if self.tail.reconstruction == "none" else drawn)  # (b, 3, s*h, s*w)


CARD = Card(
    title="MambaIR",
    year=2024,
    citation="H. Guo, J. Li, T. Dai, Z. Ouyang, X. Ren, S.-T. Xia, MambaIR: A Simple Baseline for Image Restoration "
    "with State-Space Model, ECCV 2024, 222-241",
    url="https://arxiv.org/abs/2402.15648",
    framework="post-upsampling",
    idea="A state walks over the image in four directions; every pixel reads it and decides what it keeps.",
    lesson="17",
    scales=(2, 3, 4, 1),
    parameters={2: 20_421_863, 3: 20_606_503, 4: 20_569_575, 1: 20_274_151},
    parameters_source="csguoh/MambaIR, classical SR",
    published=published("mambair"),
    tiny={"channels": 12, "n_groups": 1, "depth": 1, "states": 4, "reduction": 4, "tail_channels": 16},
    deviations=(
        "the released training code's drop path is left out",
        "the scan adds in another order than the compiled kernels, so results differ by rounding",
        "x1 is the form for noise and JPEG where a file says so: reconstruction='none' adds the result to the input",
    ),
    checkpoints="csguoh/MambaIR (Apache-2.0), .pth on a drive, read in the layout of the released code by "
    "srkit.models.load; not those of one channel",
)

LIGHT = replace(
    CARD,
    title="MambaIR light",
    published=published("mambair_light"),
    scales=(2, 3, 4),
    idea="MambaIR with 60 channels, four groups and lighter convolutions; the last makes the large pixels directly.",
    parameters={2: 905_016, 3: 913_131, 4: 924_492},
    parameters_source="csguoh/MambaIR, lightweight SR",
)


def _sizes(weights: Mapping[str, Tensor]) -> dict[str, Any]:
    channels = weights["head.weight"].shape[0]
    return {
        **Tail.sizes_of(weights),
        "channels": channels,
        **group_sizes(weights),
        "states": weights["groups.0.layers.0.scan.log_decay"].shape[1],
        "expansion": weights["groups.0.layers.0.scan.norm.weight"].shape[0] / channels,
        "reduction": channels // weights["groups.0.layers.0.squeeze.weight"].shape[0],
    }


_LAYER, _OURS = r"layers\.(\d+)\.residual_group\.blocks\.(\d+)\.", r"groups.\1.layers.\2."
_PARTS = {
    r"ln_(?=\d\.)": "norm",
    r"skip_scale2": "skip2",
    r"skip_scale": "skip1",
    r"self_attention\.in_proj": "scan.enter",
    r"self_attention\.conv2d": "scan.local",
    r"self_attention\.x_proj_weight": "scan.told",
    r"self_attention\.dt_projs_(?=weight|bias)": "scan.step_",
    r"self_attention\.A_logs": "scan.log_decay",
    r"self_attention\.Ds": "scan.skip",
    r"self_attention\.out_norm": "scan.norm",
    r"self_attention\.out_proj": "scan.leave",
    r"conv_blk\.cab\.\d\.attention\.1": "squeeze",
    r"conv_blk\.cab\.\d\.attention\.3": "excite",
    r"conv_blk\.cab(?=\.\d\.(?:weight|bias))": "local",
}

LAYOUT = Layout(
    sizes=_sizes,
    renames=(
        (r"conv_first\.(.+)", r"head.\1"),
        (r"patch_embed\.norm\.(.+)", r"norm_in.\1"),
        *((_LAYER + theirs + "(.*)", _OURS + ours + r"\3") for theirs, ours in _PARTS.items()),
        (r"layers\.(\d+)\.conv\.(.+)", r"groups.\1.end.\2"),
        (r"norm\.(.+)", r"norm_out.\1"),
        (r"conv_after_body\.(.+)", r"body_end.\1"),
        *Tail.RENAMES,
    ),
)

_SMALL: dict[str, Any] = {"channels": 60, "n_groups": 4, "states": 10, "expansion": 1.2, "reconstruction": "direct"}

register_model("mambair", CARD, layout=LAYOUT)(MambaIR)
register_model("mambair_light", LIGHT, layout=LAYOUT, **_SMALL)(MambaIR)
