"""Attention inside windows that shift, and the cutting it needs.

Liu et al., "Swin Transformer", ICCV 2021; here with the sizes of a restoration network, which never merges windows.
"""

from __future__ import annotations

from math import isqrt

import torch
import torch.nn.functional as F
from torch import Tensor, nn

__all__ = [
    "Window",
    "WindowAttention",
    "Windowed",
    "assemble",
    "attend",
    "attend_channels",
    "calm_linear",
    "partition",
    "relative_index",
    "shift_mask",
]


Window = int | tuple[int, int]


def sides(window: Window) -> tuple[int, int]:
    """Return height and width of a window that may be given by its side."""
    return (window, window) if isinstance(window, int) else window


def partition(features: Tensor, window: Window) -> Tensor:
    """Cut ``(b, H, W, c)`` into windows ``(b, n, h*w, c)``; ``H`` and ``W`` are multiples of the window's sides."""
    b, height, width, c = features.shape
    h, w = sides(window)
    grid = features.view(b, height // h, h, width // w, w, c)
    return grid.transpose(2, 3).reshape(b, -1, h * w, c)


def assemble(windows: Tensor, h: int, w: int, *, window: Window | None = None) -> Tensor:
    """Lay windows ``(b, n, area, c)`` side by side again, ``(b, h, w, c)``; undoes :func:`partition`."""
    b, _, area, c = windows.shape
    high, wide = sides(window or isqrt(area))
    grid = windows.reshape(b, h // high, w // wide, high, wide, c)
    return grid.transpose(2, 3).reshape(b, h, w, c)


def shift_mask(h: int, w: int, window: Window) -> Tensor:
    """Return what is added to the attention of shifted windows, ``(n, area, area)``: 0 for neighbours, -100 for others.

    A shift by half a window rolls the image, so that the last windows hold pixels of opposite borders; those must not
    attend to each other.
    """
    bands = [
        torch.arange(length).ge(length - side).int() + torch.arange(length).ge(length - side // 2)
        for length, side in zip((h, w), sides(window), strict=True)
    ]
    regions = 3 * bands[0][:, None] + bands[1][None, :]  # (h, w)
    labels = partition(regions[None, :, :, None], window)[0, :, :, 0]  # (n, area)
    return (labels[:, :, None] != labels[:, None, :]) * -100.0


def relative_index(window: Window) -> Tensor:
    """Return for each pair of pixels of a window the row in a table of ``(2h-1)*(2w-1)`` offsets, ``(area, area)``."""
    h, w = sides(window)
    y, x = (place.flatten() for place in torch.meshgrid(torch.arange(h), torch.arange(w), indexing="ij"))
    down, right = y[:, None] - y[None, :], x[:, None] - x[None, :]  # (area, area)
    return (down + h - 1) * (2 * w - 1) + right + w - 1


def calm_linear(module: nn.Module) -> None:
    """Begin a linear layer as Swin transformers do: small weights and no bias; for ``net.apply``."""
    if isinstance(module, nn.Linear):
        nn.init.trunc_normal_(module.weight, std=0.02)
        if module.bias is not None:
            nn.init.zeros_(module.bias)


def attend_channels(query: Tensor, key: Tensor, value: Tensor, temperature: Tensor) -> Tensor:
    """Return for each channel a mean of all channels' values, ``(..., heads, d, pixels)`` from three of this shape.

    Channels are compared by the cosine over their pixels, times a learned ``temperature`` ``(heads, 1, 1)``.
    """
    alike = F.normalize(query, dim=-1) @ F.normalize(key, dim=-1).mT * temperature  # (..., heads, d, d)
    return torch.softmax(alike, dim=-1) @ value


def attend(query: Tensor, key: Tensor, value: Tensor, bias: Tensor, mask: Tensor | None) -> Tensor:
    """Return for each pixel a mean of its window's values, ``(b*n, heads, area, c)`` from three of this shape.

    PyTorch's fused kernels do it without the matrix of all pairs, but know no gradient for a bias; where one is wanted,
    it is written out.

    Args:
        query: what the pixels look for.
        key: what they show.
        value: what they give.
        bias: added to the logits of every window, ``(heads, area, area)``.
        mask: added to those of each of an image's n windows, ``(n, 1, area, area)``.
    """
    if not (torch.is_grad_enabled() and bias.requires_grad):
        whole = bias[None] if mask is None else (bias + mask).repeat(query.shape[0] // mask.shape[0], 1, 1, 1)
        return F.scaled_dot_product_attention(query, key, value, attn_mask=whole)
    logits = ((query * query.shape[-1] ** -0.5) @ key.mT).add_(bias)  # (b*n, heads, area, area)
    if mask is not None:
        logits.view(-1, mask.shape[0], *logits.shape[1:]).add_(mask)
    return torch.softmax(logits, dim=-1) @ value


class Windowed(nn.Module):
    """Attention among the pixels of one window, laid over an image; how they attend is that of the class below it."""

    window: int

    def over(self, features: Tensor, mask: Tensor | None) -> Tensor:
        """Let the pixels of ``(b, h, w, c)`` attend within their windows; the shape stays.

        Where ``mask`` is that of :func:`shift_mask`, the windows lie half a side further down and right.
        """
        _, h, w, _ = features.shape
        shift = 0 if mask is None else self.window // 2
        moved = features.roll((-shift, -shift), dims=(1, 2)) if shift else features
        moved = assemble(self(partition(moved, self.window), mask), h, w)  # (b, h, w, c)
        return moved.roll((shift, shift), dims=(1, 2)) if shift else moved


class WindowAttention(Windowed):
    """Attention between the pixels of one window, with learned relative positions (SwinIR, section 3.2).

    Args:
        channels: in and out; divided among the heads.
        n_heads: attention maps side by side.
        window: side of a window.
        bias: of the four linear layers.
    """

    index: Tensor

    def __init__(self, channels: int, *, n_heads: int, window: int, bias: bool = True) -> None:
        super().__init__()
        self.n_heads, self.window = n_heads, window
        self.table = nn.Parameter(nn.init.trunc_normal_(torch.empty((2 * window - 1) ** 2, n_heads), std=0.02))
        self.qkv = nn.Linear(channels, 3 * channels, bias=bias)
        self.proj = nn.Linear(channels, channels, bias=bias)
        self.register_buffer("index", relative_index(window), persistent=False)

    def forward(self, windows: Tensor, mask: Tensor | None) -> Tensor:
        """Let the pixels of ``(b, n, area, c)`` attend to each other, where ``mask`` ``(n, area, area)`` allows it."""
        b, n, area, c = windows.shape
        qkv = self.qkv(windows).view(b * n, area, 3, self.n_heads, -1)  # (b*n, area, 3, heads, c/heads)
        query, key, value = qkv.permute(2, 0, 3, 1, 4)  # each (b*n, heads, area, c/heads)
        bias = self.table[self.index].permute(2, 0, 1)  # (heads, area, area)
        seen = attend(query, key, value, bias, None if mask is None else mask[:, None])
        mixed: Tensor = self.proj(seen.transpose(1, 2).reshape(b, n, area, c))  # (b, n, area, c)
        return mixed
