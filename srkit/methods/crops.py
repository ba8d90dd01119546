"""KernelGAN's crops: drawn mostly where the image has edges.

After the authors' program; S. Bell-Kligler, A. Shocher, M. Irani, NeurIPS 2019.
"""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor

from srkit.errors import BadInput
from srkit.ops.color import luma
from srkit.ops.resize import imresize

__all__ = ["CropSource", "edge_map", "likelihood"]


def edge_map(image: Tensor, *, window: int = 5, share: float = 0.97) -> Tensor:
    """Return how much edge content there is around each pixel of ``(3, h, w)``: ``(h, w)``, mean 1; zeros for a flat
    image.

    The strongest three per cent of horizontal and of vertical differences count as one each, and to them comes the
    length of the gradient; each of the three adds up to the same. The authors' program clips that length too, but does
    not use what it clipped.

    Args:
        image: 5 pixels at the rim count as flat.
        share: of the differences that count as nothing.
    """
    grey = luma(image.double())[0]  # (h, w)
    gy, gx = torch.gradient(grey)
    length = (gx.square() + gy.square()).sqrt()
    parts = [_strongest(_rimless(g.abs(), window), share) for g in (gy, gx)]
    total = sum(part / part.sum().clamp_min(1e-300) for part in (*parts, _rimless(length, window)))
    seen = _box(torch.as_tensor(total), window)
    return seen / seen.mean() if float(seen.sum()) > 0 else torch.zeros_like(seen)


def likelihood(seen: Tensor, side: int) -> Tensor:
    """Return how likely each pixel shall be the centre of a crop of ``side``, flat ``(h * w,)``, adding up to 1.

    Without edges all pixels have the same probability.
    """
    weight = _rimless(_box(seen, side // 2), side // 2).flatten()
    return weight / weight.sum() if float(weight.sum()) > 0 else torch.full_like(weight, 1 / weight.numel())


class CropSource:
    """Crops of one image: large ones for the generator, small ones as real samples for the discriminator.

    Args:
        rim: pixels cut off each side first, where made-up images have borders.
    """

    def __init__(self, image: Tensor, *, large: int, small: int, rim: int) -> None:
        h, w = image.shape[-2:]
        if min(h, w) - 2 * rim < large:
            way_out = "for a real photograph cut nothing off (real=True), or " if rim and min(h, w) >= large else ""
            raise BadInput(
                f"Crops of {large} pixels do not fit into {h}x{w} (height x width) once {rim} pixels are cut off each "
                f"side; the image needs at least {large + 2 * rim}. What to do: {way_out}take smaller crops."
            )
        kept = image[:, rim : h - rim, rim : w - rim]
        self.image = kept[:, : kept.shape[1] // 2 * 2, : kept.shape[2] // 2 * 2].contiguous()
        self.sides = {"large": large, "small": small}
        halved = edge_map(imresize(self.image, 1 / 2)).repeat_interleave(2, 0).repeat_interleave(2, 1)
        self._cumulated = {
            "large": likelihood(halved, large).cumsum(0),
            "small": likelihood(edge_map(self.image), small).cumsum(0),
        }

    def draw(self, which: str, rng: torch.Generator) -> Tensor:
        """Return a crop ``(3, side, side)``, a view; its first row and column are even."""
        side, ladder = self.sides[which], self._cumulated[which]
        at = torch.rand((), generator=rng, dtype=torch.float64) * ladder[-1]
        place = min(int(torch.searchsorted(ladder, at, right=True)), ladder.numel() - 1)
        h, w = self.image.shape[-2:]
        top = min(max(0, place // w - side // 2), h - side)
        left = min(max(0, place % w - side // 2), w - side)
        top, left = top - top % 2, left - left % 2
        return self.image[:, top : top + side, left : left + side]


def _rimless(seen: Tensor, rim: int) -> Tensor:
    inside = torch.zeros_like(seen)
    h, w = seen.shape
    inside[rim : h - rim, rim : w - rim] = seen[rim : h - rim, rim : w - rim]
    return inside


def _strongest(seen: Tensor, share: float) -> Tensor:
    """Return values above the ``share`` smallest, cut at the next larger one: nearly a yes or no."""
    ordered = seen.flatten().sort().values
    place = int(share * ordered.numel())
    low, high = ordered[place], ordered[min(place + 1, ordered.numel() - 1)]
    high = high if float(high) > float(low) else low + 1e-5
    return seen.clamp(low, high) - low


def _box(seen: Tensor, side: int) -> Tensor:
    padded = F.pad(seen[None, None], (side // 2, (side - 1) // 2, side // 2, (side - 1) // 2))
    return F.avg_pool2d(padded, side, stride=1)[0, 0]
