"""Enlarging by sampling at learned places.

W. Liu, H. Lu, H. Fu, Z. Cao, "Learning to Upsample by Learning to Sample", ICCV 2023, https://arxiv.org/abs/2308.15085.
"""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from srkit.errors import BadInput

__all__ = ["DySample"]


class DySample(nn.Module):
    """Section 3.2 of the paper: each large pixel looks up the small map at its own place, moved by a learned offset.

    Args:
        channels_out: of the result, mixed by a last 1x1 convolution; None for the channels looked up.
        groups: of channels, each of which has offsets of its own.
    """

    start: Tensor

    def __init__(self, channels: int, channels_out: int | None, scale: int, *, groups: int = 4) -> None:
        super().__init__()
        if channels % groups:
            raise BadInput(f"{channels} channels do not divide among {groups} groups.")
        self.scale, self.groups = scale, groups
        self.offset = nn.Conv2d(channels, 2 * groups * scale**2, 1)
        self.scope = nn.Conv2d(channels, 2 * groups * scale**2, 1, bias=False)
        self.last = nn.Conv2d(channels, channels_out, 1) if channels_out else nn.Identity()
        nn.init.trunc_normal_(self.offset.weight, std=0.02)
        nn.init.zeros_(self.scope.weight)
        place = (torch.arange(scale) + 0.5) / scale - 0.5
        grid = torch.stack(torch.meshgrid(place, place, indexing="xy"))  # (2, scale, scale): right, down
        self.register_buffer("start", grid[:, None].repeat(1, groups, 1, 1).reshape(1, -1, 1, 1), persistent=False)

    def forward(self, features: Tensor) -> Tensor:
        """Enlarge ``(b, channels, h, w)`` to ``(b, channels_out, scale*h, scale*w)``."""
        b, c, h, w = features.shape
        moved = self.offset(features) * self.scope(features).sigmoid() * 0.5 + self.start  # (b, 2*g*s*s, h, w)
        rows, columns = (torch.arange(n, device=features.device, dtype=features.dtype) + 0.5 for n in (h, w))
        own = torch.stack(torch.meshgrid(columns, rows, indexing="xy"))  # (2, h, w): right, down
        places = own[:, None] + moved.view(b, 2, -1, h, w)  # (b, 2, g*s*s, h, w)
        size = torch.tensor([w, h], device=features.device, dtype=features.dtype).view(2, 1, 1, 1)  # (2, 1, 1, 1)
        places = F.pixel_shuffle((2 * places / size - 1).reshape(b, -1, h, w), self.scale)  # (b, 2*g, s*h, s*w)
        each = places.view(b, 2, self.groups, *places.shape[-2:])  # (b, 2, g, s*h, s*w)
        grid = each.permute(0, 2, 3, 4, 1).flatten(0, 1)  # (b*g, ., ., 2)
        maps = features.reshape(b * self.groups, -1, h, w)  # (b*g, c/g, h, w)
        drawn = F.grid_sample(maps, grid, mode="bilinear", padding_mode="border", align_corners=False)
        large: Tensor = self.last(drawn.view(b, c, *places.shape[-2:]))  # (b, channels_out, s*h, s*w)
        return large
