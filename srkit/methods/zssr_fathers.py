"""ZSSR's training data: "fathers" cut out of the one image there is, turned, mirrored and warped at random.

Deviations: the authors' programs always cut squares of one size, and shift them as if scaling had kept the upper left
corner, although it keeps the middle. Where the scaled image is smaller than the square, their fathers are mostly black,
and most of the work goes into black. Here the crop lies in the scaled image and is no larger than it. Warping is by the
cubic of OpenCV (a = -3/4, black outside), which is also PyTorch's.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import torch
import torch.nn.functional as F
from torch import Tensor

from srkit.degrade import draw
from srkit.inference.ensemble import dihedral
from srkit.methods.zssr_presets import Settings

__all__ = ["Pool", "draw_father", "warp"]

Matrix = tuple[tuple[float, float, float], tuple[float, float, float]]


@dataclass(frozen=True)
class Pool:
    """The images fathers are cut from: the input, and with gradual enlargement every result so far."""

    images: tuple[Tensor, ...]  # each ``(3, h, w)``
    scales: tuple[tuple[float, float], ...]  # how large each is in terms of the input, (vertical, horizontal)

    def with_result(self, image: Tensor, scale: tuple[float, float]) -> Pool:
        """Return the pool with one more image."""
        return Pool((*self.images, image), (*self.scales, scale))

    def for_scale(self, scale: float) -> tuple[Tensor, float]:
        """Return the smallest image that is at least ``scale`` times the input, and its own scale."""
        sizes = [min(pair) for pair in self.scales]
        index = next(i for i, size in enumerate(sizes) if size > scale - 1e-6)
        return self.images[index], sizes[index]

    @property
    def largest(self) -> float:
        """The scale of the newest image."""
        return min(self.scales[-1])


def draw_father(pool: Pool, settings: Settings, rng: torch.Generator) -> Tensor:
    """Return one father ``(3, h, w)`` with sides up to the crop: plain, flipped or turned, or warped."""
    dice = draw.uniform(rng, 0, 1)
    kept = dice < settings.keep_probability
    exact = kept or dice < settings.keep_probability + settings.exact_probability
    scale = 1.0 if kept else draw.uniform(rng, settings.min_scale, max(pool.largest, settings.min_scale))
    image, own = pool.for_scale(scale)
    if exact:
        turn = 0 if kept or not settings.rotate else draw.whole(rng, 0, 7)
        return _crop(dihedral(image, turn), settings.crop, rng)
    return _warped(image, scale / own, settings, rng)


def warp(image: Tensor, matrix: Matrix, size: tuple[int, int]) -> Tensor:
    """Move ``(3, h, w)`` by an affine map from its pixels (x, y) to those of the result, ``(3, *size)``; black outside.

    Args:
        matrix: two rows of (x, y, 1).
    """
    (a, b, c), (d, e, f) = matrix
    determinant = a * e - b * d
    y, x = torch.meshgrid(*(torch.arange(n, dtype=torch.float64) for n in size), indexing="ij")
    u, v = x - c, y - f
    from_x, from_y = (e * u - b * v) / determinant, (a * v - d * u) / determinant
    h, w = image.shape[-2:]
    grid = torch.stack([(2 * from_x + 1) / w - 1, (2 * from_y + 1) / h - 1], dim=-1)  # (h', w', 2)
    moved = F.grid_sample(image[None], grid[None].to(image), mode="bicubic", padding_mode="zeros", align_corners=False)
    return moved[0]


def _warped(image: Tensor, scale: float, settings: Settings, rng: torch.Generator) -> Tensor:
    like = torch.zeros((), dtype=torch.float64)
    difference, shear_x, shear_y = (
        float(n) * sigma
        for n, sigma in zip(
            draw.normal(rng, (3,), like), (settings.scale_difference, settings.shear, settings.shear), strict=True
        )
    )
    mirror = -1.0 if settings.rotate and draw.chance(rng, 0.5) else 1.0
    angle = draw.uniform(rng, 0, 2 * math.pi) if settings.rotate else 0.0
    stretch_x, stretch_y = mirror * max(0.1, scale + difference / 2), max(0.1, scale - difference / 2)
    turn = ((math.cos(angle), math.sin(angle)), (-math.sin(angle), math.cos(angle)))
    turned = [[turn[i][0] * stretch_x, turn[i][1] * stretch_y] for i in range(2)]
    a, b = (turned[0][j] + shear_x * turned[1][j] for j in range(2))
    d, e = (turned[1][j] + shear_y * turned[0][j] for j in range(2))
    h, w = image.shape[-2:]
    size = _filled(h * scale, settings.crop), _filled(w * scale, settings.crop)
    places = [
        (side - 1) / 2 + max(0.0, scale * whole - side) * draw.uniform(rng, -0.5, 0.5)
        for side, whole in ((size[1], w), (size[0], h))
    ]
    c, f = (
        place - (row[0] * (w - 1) / 2 + row[1] * (h - 1) / 2)
        for place, row in zip(places, ((a, b), (d, e)), strict=True)
    )
    return warp(image, ((a, b, c), (d, e, f)), size).clamp_(0, 1)


def _filled(side: float, largest: int) -> int:
    """Return the side of a father that the scaled image fills, in steps of 8 pixels."""
    return min(largest, max(16, round(side / 8) * 8))


def _crop(image: Tensor, side: int, rng: torch.Generator) -> Tensor:
    """Cut a square, or as much as there is."""
    h, w = image.shape[-2:]
    top, left = draw.whole(rng, 0, max(0, h - side)), draw.whole(rng, 0, max(0, w - side))
    return image[..., top : top + side, left : left + side]
