"""Real-ESRGAN's second-order degradation: blur, resize, noise and JPEG, all of it twice, and ringing at the end.

X. Wang, L. Xie, C. Dong, Y. Shan, "Real-ESRGAN: Training Real-World Blind Super-Resolution with Pure Synthetic Data",
ICCV Workshops 2021, https://arxiv.org/abs/2107.10833. Probabilities and ranges are those of the authors' option files.

Deviations: each image draws its own numbers (the authors draw some once for a batch and mix with a pool of 180 pairs);
the HR image is not sharpened here, that is the data set's business; :func:`~srkit.degrade.jpeg.jpeg_soft` is nearer to
the codec than their DiffJPEG (0.9 to 1.2 levels from it against 2.1 to 4.4), and 2.0 to 4.4 levels from theirs.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import torch
from torch import Tensor

from srkit.degrade import draw
from srkit.degrade._registry import register_degradation
from srkit.degrade.blur import apply_kernel
from srkit.degrade.down import cut_to, to_size
from srkit.degrade.jpeg import jpeg_soft
from srkit.degrade.kernels import bell, gaussian_widths, plateau, sinc
from srkit.degrade.noise import noise, poisson
from srkit.ops.pixels import levels, quantise

__all__ = ["FIRST", "SECOND", "Order", "kernel_for", "real_esrgan"]


@dataclass(frozen=True)
class Order:
    """The ranges of one of the two rounds."""

    widths: tuple[float, float]  # of the blur in pixels
    resize: tuple[float, float]  # factor
    directions: tuple[float, float, float]  # probabilities of enlarging, shrinking, keeping
    sigma: tuple[float, float]  # of Gaussian noise, on the scale 0…255
    poisson: tuple[float, float]  # scale of Poisson noise
    blurred: float  # probability of the blur


FIRST = Order((0.2, 3.0), (0.15, 1.5), (0.2, 0.7, 0.1), (1, 30), (0.05, 3.0), 1.0)
SECOND = Order((0.2, 1.5), (0.3, 1.2), (0.3, 0.4, 0.3), (1, 25), (0.05, 2.5), 0.8)
_KINDS = ("iso", "aniso", "bell_iso", "bell_aniso", "plateau_iso", "plateau_aniso")
_SHARES = (0.45, 0.25, 0.12, 0.03, 0.12, 0.03)
_MODES = ("area", "bilinear", "cubic")
_SIZES = (7, 9, 11, 13, 15, 17, 19, 21)


@register_degradation("real_esrgan", reduces="scale", one_by_one=True)
def real_esrgan(image: Tensor, scale: int = 4, *, rng: torch.Generator) -> Tensor:
    """Degrade ``(1, 3, h, w)`` as Real-ESRGAN's training does; the result is on 256 levels.

    Args:
        image: in [0, 1].
        scale: whole number.
        rng: every draw comes from it.

    Returns:
        ``(1, 3, h // scale, w // scale)``.

    Raises:
        BadInput: a scale that is no whole number, or an image smaller than it.
    """
    _, _, target = cut_to(image, scale, "real_esrgan")
    h, w = image.shape[-2:]
    x = _one_round(image, FIRST, (h, w), rng)
    x = jpeg_soft(x.clamp(0, 1), draw.uniform(rng, 30, 95))
    x = _one_round(x, SECOND, target, rng)
    return quantise(_finish(x, target, rng))


def kernel_for(order: Order, rng: torch.Generator) -> Tensor:
    """Draw a blur kernel: one in ten a sinc filter, else Gaussians, bells and plateaus in the published shares."""
    size = draw.choose(rng, _SIZES)
    if draw.chance(rng, 0.1):
        return sinc(size, draw.uniform(rng, math.pi / 3 if size < 13 else math.pi / 5, math.pi))
    kind = draw.choose(rng, _KINDS, _SHARES)
    width_x = draw.uniform(rng, *order.widths)
    width_y, theta = (
        (width_x, 0.0) if kind.endswith("iso") and not kind.endswith("aniso")
        else (draw.uniform(rng, *order.widths), draw.uniform(rng, -math.pi, math.pi))
    )  # fmt: skip
    if kind in ("iso", "aniso"):
        return gaussian_widths(size, width_x, width_y, theta)
    highest = 4.0 if kind.startswith("bell") else 2.0
    power = draw.uniform(rng, 0.5 if kind.startswith("bell") else 1.0, 1.0)
    power = power if draw.chance(rng, 0.5) else draw.uniform(rng, 1.0, highest)
    return (bell if kind.startswith("bell") else plateau)(size, width_x, width_y, theta, power)


def _one_round(x: Tensor, order: Order, base: tuple[int, int], rng: torch.Generator) -> Tensor:
    """Blur, resize and add noise; sizes are counted from ``base``."""
    if draw.chance(rng, order.blurred):
        x = apply_kernel(x, kernel_for(order, rng), border="reflect")
    direction = draw.choose(rng, ("up", "down", "keep"), order.directions)
    low, high = order.resize
    factor = {"up": (1.0, high), "down": (low, 1.0), "keep": (1.0, 1.0)}[direction]
    by = draw.uniform(rng, *factor)
    x = to_size(x, (max(1, int(base[0] * by)), max(1, int(base[1] * by))), draw.choose(rng, _MODES))
    grey = draw.chance(rng, 0.4)
    if draw.chance(rng, 0.5):
        return noise(x, draw.uniform(rng, *order.sigma), "grey" if grey else "colour", rng=rng).clamp(0, 1)
    return _poisson(x, draw.uniform(rng, *order.poisson), grey, rng).clamp(0, 1)


def _poisson(x: Tensor, strength: float, grey: bool, rng: torch.Generator) -> Tensor:
    """Add Poisson noise times ``strength``; the light is 2 to the number of bits that the image's levels need."""
    distinct = int(torch.bincount(levels(x).flatten().long(), minlength=256).count_nonzero())
    photons = float(2 ** math.ceil(math.log2(max(2, distinct))))
    return x + (poisson(x, photons, grey, rng=rng) - x) * strength


def _finish(x: Tensor, target: tuple[int, int], rng: torch.Generator) -> Tensor:
    """Resize to the target, filter with a sinc and compress, in one of the two published orders."""
    mode, quality = draw.choose(rng, _MODES), draw.uniform(rng, 30, 95)
    last = sinc(draw.choose(rng, _SIZES), draw.uniform(rng, math.pi / 3, math.pi)) if draw.chance(rng, 0.8) else None
    compress_first = draw.chance(rng, 0.5)
    if compress_first:
        x = jpeg_soft(x.clamp(0, 1), quality)
    x = to_size(x, target, mode)
    x = x if last is None else apply_kernel(x, last, border="reflect")
    return x if compress_first else jpeg_soft(x.clamp(0, 1), quality)
