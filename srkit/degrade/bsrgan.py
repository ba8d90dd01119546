"""BSRGAN's practical degradation: blur twice, shrink, noise, JPEG and sensor noise in random order; and its extension.

K. Zhang, J. Liang, L. Van Gool, R. Timofte, "Designing a Practical Degradation Model for Deep Blind Image
Super-Resolution", ICCV 2021, https://arxiv.org/abs/2103.14006. Probabilities and ranges are those of the authors'
released program, which differ from the paper's text in the lower ends of the blurs.

Deviation: the released program leaves the sensor-noise step out, because it ships no camera model; here
:func:`srkit.degrade.noise.camera_noise` stands in its place with the published probability (``sensor=0`` gives what
the program does). :func:`bsrgan_plus` is the program's second model, without its optional sharpening of the HR image.
"""

from __future__ import annotations

import math
from collections.abc import Callable

import torch
from torch import Tensor

from srkit.degrade import draw
from srkit.degrade._registry import register_degradation
from srkit.degrade.blur import apply_kernel
from srkit.degrade.down import cut_to, to_size
from srkit.degrade.jpeg import jpeg
from srkit.degrade.kernels import gaussian_variances, gaussian_widths
from srkit.degrade.noise import camera_noise, noise, poisson, speckle
from srkit.ops.resize import imresize

__all__ = ["MODES", "bsrgan", "bsrgan_order", "bsrgan_plus", "random_noise"]

MODES = ("bilinear", "cubic", "overlap")
_STEPS = ("blur", "blur", "shrink", "fit", "noise", "jpeg", "sensor")
_ROUND = ("blur", "resize", "noise", "poisson", "speckle", "sensor")
_TINY = 1e-2


def bsrgan_order(rng: torch.Generator) -> list[str]:
    """Return the seven steps in a random order in which the last resize never comes before the random one.

    There are 7! / 2 = 2,520 such orders.
    """
    order = draw.order(rng, len(_STEPS))
    shrink, fit = order.index(2), order.index(3)
    if shrink > fit:
        order[shrink], order[fit] = order[fit], order[shrink]
    return [_STEPS[i] for i in order]


@register_degradation("bsrgan", reduces="scale", one_by_one=True)
def bsrgan(image: Tensor, scale: int = 4, sensor: float = 0.25, *, rng: torch.Generator) -> Tensor:
    """Degrade ``(1, 3, h, w)`` as BSRGAN's training does; the result is on 256 levels.

    Args:
        image: in [0, 1].
        scale: 2 or 4 in the paper; any whole number works.
        sensor: probability of the sensor noise; 0 is the released program.
        rng: every draw comes from it.

    Returns:
        ``(1, 3, h/scale, w/scale)``; sides that are no multiple are cut first.

    Raises:
        BadInput: a scale that is no whole number or an image smaller than it.
    """
    x, scale, target = cut_to(image, scale, "bsrgan")
    factor = scale
    if scale == 4 and draw.chance(rng, 0.25):
        x, factor = _halve(x, rng), 2
    for step in bsrgan_order(rng):
        x = _do(step, x, factor, target, sensor, rng).clamp(0, 1)
    return jpeg(x, draw.whole(rng, 30, 95))


@register_degradation("bsrgan_plus", reduces="scale", one_by_one=True)
def bsrgan_plus(
    image: Tensor, scale: int = 4, shuffle: float = 0.5, sensor: float = 0.1, *, rng: torch.Generator
) -> Tensor:
    """Degrade ``(1, 3, h, w)`` by two rounds of blur, resize and four kinds of noise, JPEG between them and at the end.

    This is ``degradation_bsrgan_plus`` of the authors' program, BSRGAN's steps in Real-ESRGAN's manner.

    Args:
        image: in [0, 1].
        scale: any whole number.
        shuffle: probability that all thirteen steps come in random order; else only the noises of each round do.
        sensor: probability of the sensor noise in each round; 0 is the released program.
        rng: every draw comes from it.

    Returns:
        ``(1, 3, h/scale, w/scale)`` on 256 levels; sides that are no multiple are cut first.

    Raises:
        BadInput: a scale that is no whole number or an image smaller than it.
    """
    x, scale, target = cut_to(image, scale, "bsrgan_plus")
    steps = [*_ROUND, "jpeg", *_ROUND]
    places = draw.order(rng, 13) if draw.chance(rng, shuffle) else _noises_shuffled(rng)
    for place in places:
        if steps[place] == "jpeg":
            x = jpeg(x, draw.whole(rng, 30, 95))
        else:
            x = _do_plus(steps[place], x, scale, sensor, rng).clamp(0, 1)
    x = to_size(x, target, draw.choose(rng, MODES)).clamp(0, 1)
    return jpeg(x, draw.whole(rng, 30, 95))


def _noises_shuffled(rng: torch.Generator) -> list[int]:
    first, second = draw.order(rng, 4), draw.order(rng, 4)
    return [0, 1, *(2 + n for n in first), 6, 7, 8, *(9 + n for n in second)]


def _do_plus(step: str, x: Tensor, scale: int, sensor: float, rng: torch.Generator) -> Tensor:
    if step == "blur":
        return _blur(x, scale, rng)
    if step == "resize":
        low, high = draw.choose(rng, ((0.5 / scale, 1.0), (1.0, 1.0), (1.0, 2.0)), (0.7, 0.1, 0.2))
        by = draw.uniform(rng, low, high)
        return to_size(x, (max(1, int(by * x.shape[-2])), max(1, int(by * x.shape[-1]))), draw.choose(rng, MODES))
    if step == "noise":
        return random_noise(x, 2, 25, rng)
    if step == "sensor":
        return camera_noise(x, rng=rng) if draw.chance(rng, sensor) and min(x.shape[-2:]) > 1 else x
    if not draw.chance(rng, 0.1):
        return x
    if step == "poisson":
        return poisson(x, 10 ** draw.uniform(rng, 2, 4), draw.chance(rng, 0.5), rng=rng)
    return random_noise(x, 2, 25, rng, add=speckle)


def random_noise(x: Tensor, low: int, high: int, rng: torch.Generator, *, add: Callable[..., Tensor] = noise) -> Tensor:
    """Add Gaussian noise of a whole level: 40 % colour, 40 % grey, 20 % correlated with the level at its highest."""
    kind = draw.choose(rng, ("colour", "grey", "correlated"), (0.4, 0.4, 0.2))
    level = draw.whole(rng, low, high)
    return add(x, high if kind == "correlated" else level, kind, rng=rng)


def _do(step: str, x: Tensor, factor: int, target: tuple[int, int], sensor: float, rng: torch.Generator) -> Tensor:
    if step == "blur":
        return _blur(x, factor, rng)
    if step == "shrink":
        return _shrink(x, factor, rng)
    if step == "fit":
        return to_size(x, target, draw.choose(rng, MODES))
    if step == "noise":
        return random_noise(x, 2, 25, rng)
    if step == "jpeg":
        return jpeg(x, draw.whole(rng, 30, 95)) if draw.chance(rng, 0.9) else x
    return camera_noise(x, rng=rng) if draw.chance(rng, sensor) and min(x.shape[-2:]) > 1 else x


def _halve(x: Tensor, rng: torch.Generator) -> Tensor:
    if draw.chance(rng, 0.5):
        return imresize(x, 0.5).clamp(0, 1)
    return to_size(x, (x.shape[-2] // 2, x.shape[-1] // 2), draw.choose(rng, MODES)).clamp(0, 1)


def _blur(x: Tensor, factor: int, rng: torch.Generator) -> Tensor:
    """Blur with an anisotropic kernel (variances up to 4 + s) or a round one (widths up to 2 + 0.2 s), half each."""
    anisotropic, size = draw.chance(rng, 0.5), 2 * draw.whole(rng, 2, 11) + 3
    if anisotropic:
        first, second = (max(_TINY, draw.uniform(rng, 0, 4 + factor)) for _ in range(2))
        kernel = gaussian_variances(size, first, second, draw.uniform(rng, 0, math.pi))
    else:
        kernel = gaussian_widths(size, max(_TINY, draw.uniform(rng, 0, 2 + 0.2 * factor)))
    return apply_kernel(x, kernel, border="reflect")


def _shrink(x: Tensor, factor: int, rng: torch.Generator) -> Tensor:
    """Resize by 1 / U(1, 2s) in three cases of four; else blur with a moved Gaussian and keep every s-th pixel."""
    if draw.chance(rng, 0.75):
        by = draw.uniform(rng, 1, 2 * factor)
        return to_size(x, (max(1, int(x.shape[-2] / by)), max(1, int(x.shape[-1] / by))), draw.choose(rng, MODES))
    kernel = _moved(gaussian_widths(25, draw.uniform(rng, 0.1, 0.6 * factor)), (factor - 1) / 2)
    return apply_kernel(x, kernel, border="reflect", by="convolution")[..., ::factor, ::factor]


def _moved(kernel: Tensor, by: float) -> Tensor:
    """Return a kernel moved up and to the left by linear interpolation, as the program does it, adding up to 1."""
    last = len(kernel) - 1
    at = (torch.arange(last + 1, dtype=kernel.dtype) + by).clamp_max(last)[:, None]
    weights = (1 - (at - torch.arange(last + 1)).abs()).clamp_min(0)  # (k, k)
    moved: Tensor = weights @ kernel @ weights.T
    return moved / moved.sum()
