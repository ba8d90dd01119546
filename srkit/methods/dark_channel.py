"""The blur kernel of a photograph, found by dark-channel deblurring: how KMSR's pool of kernels is made.

J. Pan, D. Sun, H. Pfister, M.-H. Yang, "Blind Image Deblurring Using Dark Channel Prior", CVPR 2016, with the settings
of the program of R. Zhou and S. Süsstrunk (ICCV 2019, IVRL/Kernel-Modeling-Super-Resolution). Blur averages dark pixels
with their neighbours, so a blurred image has fewer of them than a sharp one; sharp image and kernel are estimated in
turns, from coarse to fine (sections 3 and 4). An image is a grey matrix ``(h, w)`` here, and blur is convolution that
goes round the edges, so that a Fourier transform solves for it.

Deviations from that program: levels are made by MATLAB's bicubic reduction instead of Gaussian and bilinear; the image
is made round at its edges by fading instead of by solving Laplace's equation; ties in the dark channel all count.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor

from srkit._optional import optional
from srkit.degrade.alignment import centre_of_mass
from srkit.errors import BadInput
from srkit.methods._choose import choose
from srkit.ops.check import check_image
from srkit.ops.color import luma
from srkit.ops.kernels import laid_round
from srkit.ops.resize import imresize

__all__ = [
    "DARK_CHANNEL_PRESETS",
    "DarkChannelSettings",
    "centred",
    "dark_pixels",
    "estimate_kernel",
    "gradients",
    "kernel_between",
    "otsu",
    "pruned",
    "salient",
    "salient_from",
    "sharp_image",
    "transfer",
    "wrapped",
]

_STEEPEST, _DARKEST = 1e5, 8.0
_ROUNDS, _SMALL, _LOOSE = 20, 0.05, 0.1


def wrapped(image: Tensor, margin: int) -> Tensor:
    """Return an image whose opposite edges meet: what is added to two sides fades from one edge to the other.

    At least ``margin`` pixels are added, and as many more as make the sides quick to transform.
    """
    for axis in (0, 1):
        added = _quick(image.shape[axis] + margin) - image.shape[axis]
        last, first = image.narrow(axis, image.shape[axis] - 1, 1), image.narrow(axis, 0, 1)
        share = torch.arange(1, added + 1, dtype=image.dtype) / (added + 1)
        share = share[:, None] if axis == 0 else share[None, :]
        image = torch.cat([image, last * (1 - share) + first * share], dim=axis)
    return image


def _quick(side: int) -> int:
    """Return the next number with no other prime factors than 2, 3 and 5."""
    while True:
        rest = side
        for prime in (2, 3, 5):
            while rest % prime == 0:
                rest //= prime
        if rest == 1:
            return side
        side += 1


def transfer(kernel: Tensor, size: tuple[int, int]) -> Tensor:
    """Return the Fourier transform ``(h, w // 2 + 1)`` of a kernel whose middle lies on the first pixel."""
    spectrum: Tensor = torch.fft.rfft2(laid_round(kernel, size))
    return spectrum


def gradients(image: Tensor) -> Tensor:
    """Return the differences to the right and downwards, ``(2, h - 1, w - 1)``."""
    here = image[:-1, :-1]
    return torch.stack([image[:-1, 1:] - here, image[1:, :-1] - here])


def dark_pixels(image: Tensor, window: int) -> Tensor:
    """Return a mask ``(h, w)`` of the pixels that are the darkest of some window around some pixel.

    These are where the dark channel (the minimum over a window) takes its values from: the pixels that a grey-scale
    opening leaves as they are. A rim of half a window is left out.
    """
    reach = window // 2
    lowest = _lowest(image, reach)  # the dark channel
    opened = -_lowest(-lowest, reach)
    mask = torch.zeros_like(image, dtype=torch.bool)
    inside = (slice(reach, image.shape[0] - reach), slice(reach, image.shape[1] - reach))
    mask[inside] = opened[inside] >= image[inside]
    return mask


def _lowest(image: Tensor, reach: int) -> Tensor:
    """Return the minimum over windows that reach ``reach`` pixels in each direction and end at the image's edge."""
    found = -image[None, None]
    for shape in ((2 * reach + 1, 1), (1, 2 * reach + 1)):
        found = F.max_pool2d(found, shape, 1, (shape[0] // 2, shape[1] // 2))
    return -found[0, 0]


def otsu(values: Tensor) -> float:
    """Return Otsu's threshold of values in [0, 1], in 256 steps: between it and the rest, variance is largest."""
    counts = torch.histc(values.clamp(0, 1).double(), 256, 0, 1)
    share = counts.cumsum(0) / counts.sum()
    mean = (counts * torch.arange(256, dtype=counts.dtype)).cumsum(0) / counts.sum()
    between = (mean[-1] * share - mean) ** 2 / (share * (1 - share))
    return float(between.nan_to_num(0, 0, 0).argmax()) / 255


def sharp_image(
    blurred: Tensor, kernel: Tensor, *, dark: float, gradient: float, window: int, growth: float = 2.0
) -> Tensor:
    """Return the image that blurred gives ``blurred``, with few gradients and few dark-channel pixels above zero.

    Half-quadratic splitting, equations 6 to 12: each of the two priors gets an auxiliary image that is set to zero
    where it costs less to do so, and is tied to the image more and more tightly.

    Args:
        dark: weight of the dark channel's count of values above zero.
        gradient: weight of the gradients' count.
        growth: by what the ties grow from step to step.
    """
    size = (blurred.shape[0], blurred.shape[1])
    blur = transfer(kernel, size)
    across, down = (transfer(difference, size) for difference in _differences(blurred))
    steep, target = across.abs() ** 2 + down.abs() ** 2, blur.conj() * torch.fft.rfft2(blurred)
    image, power = blurred, blur.abs() ** 2
    tie = dark / max(otsu(blurred**2), 1 / 255)
    while tie < _DARKEST:
        zeroed = dark_pixels(image, window) & (image**2 < dark / tie)
        towards = target + tie * torch.fft.rfft2(image.masked_fill(zeroed, 0.0))
        slope = 2 * gradient
        while slope < _STEEPEST:
            h, v = image.roll(-1, 1) - image, image.roll(-1, 0) - image
            kept = (h**2 + v**2 >= gradient / slope).to(image.dtype)
            h, v = h * kept, v * kept
            divergence = h.roll(1, 1) - h + v.roll(1, 0) - v  # (h, w)
            ratio = (towards + slope * torch.fft.rfft2(divergence)) / (power + slope * steep + tie)
            image = torch.fft.irfft2(ratio, s=size)
            slope *= growth
        tie *= growth
    return image


def _differences(like: Tensor) -> tuple[Tensor, Tensor]:
    row = like.new_tensor([[1.0, -1.0]])
    return row, row.T


def salient_from(image: Tensor, size: int) -> float:
    """Return the squared gradient that at least ``20 * size`` pixels of each of four directions reach.

    S. Cho, S. Lee, "Fast Motion Deblurring", SIGGRAPH Asia 2009, section 4.1 in other words: few strong edges, but of
    all directions, decide the kernel.
    """
    across, down = gradients(image)
    strength, turn = (across**2 + down**2).flatten(), torch.atan(down / across).flatten()
    wanted, ends = max(20 * size, 10), [-math.pi / 2, -math.pi / 4, 0.0, math.pi / 4, math.pi / 2]
    found = []
    for low, high in pairwise(ends):
        one = strength[(turn >= low) & (turn < high)]
        found.append(float(one.topk(wanted).values[-1]) if len(one) >= wanted else 0.0)
    return min(found)


def salient(image: Tensor, least: float) -> Tensor:
    """Return the gradients ``(2, h - 1, w - 1)`` whose square is at least ``least``; the others are zero."""
    both = gradients(image)
    strength = both.square().sum(0)
    while least > 0 and not bool((strength >= least).any()):
        least *= 0.81
    return both * (strength >= least)


def kernel_between(sharp: Tensor, blurred: Tensor, size: int, *, ridge: float) -> Tensor:
    """Return the kernel ``(size, size)`` that best leads from sharp gradients to blurred ones: equation 13.

    Twenty rounds of conjugate gradients from an even kernel; what is below a twentieth of the largest value is noise.
    """
    shape = (sharp.shape[-2], sharp.shape[-1])
    source = torch.fft.rfft2(sharp)
    power, cross = source.abs().square().sum(0), (source.conj() * torch.fft.rfft2(blurred)).sum(0)

    def cut(spectrum: Tensor) -> Tensor:
        whole: Tensor = torch.fft.irfft2(spectrum, s=shape)
        return whole.roll((size // 2, size // 2), (0, 1))[:size, :size]

    def applied(kernel: Tensor) -> Tensor:
        return cut(power * transfer(kernel, shape)) + ridge * kernel

    kernel = torch.full((size, size), 1 / size**2, dtype=sharp.dtype)
    rest = cut(cross) - applied(kernel)
    step, length = rest, rest.square().sum()
    for _ in range(_ROUNDS):
        if float(length) < 1e-10:
            break
        moved = applied(step)
        far = length / (step * moved).sum()
        kernel, rest = kernel + far * step, rest - far * moved
        length, before = rest.square().sum(), length
        step = rest + length / before * step
    kernel = kernel.where(kernel >= _SMALL * kernel.max(), 0.0)
    return kernel / kernel.sum()


def pruned(kernel: Tensor) -> Tensor:
    """Return the kernel without islands (pixels that touch, also at corners) that hold less than a tenth of it."""
    ndimage = optional("scipy.ndimage", "kernels")
    islands, count = ndimage.label(kernel.numpy() > 0, structure=[[1, 1, 1]] * 3)
    labels = torch.from_numpy(islands).long()
    weights = torch.zeros(count + 1, dtype=kernel.dtype).index_add_(0, labels.flatten(), kernel.flatten())
    kept = kernel.where((weights >= min(_LOOSE, float(weights.max())))[labels], 0.0)
    return kept / kept.sum()


def centred(kernel: Tensor) -> Tensor:
    """Return the kernel moved by whole pixels so that its weight is in the middle; what leaves the grid is lost."""
    middle, (row, column) = (len(kernel) - 1) / 2, centre_of_mass(kernel)
    down, right = round(middle - row), round(middle - column)
    n = len(kernel)
    padded = F.pad(kernel, (n, n, n, n))
    moved = padded[n - down : 2 * n - down, n - right : 2 * n - right]
    return moved / moved.sum()


_RATIO = math.sqrt(0.5)


@dataclass(frozen=True, kw_only=True)
class DarkChannelSettings:
    """How the kernel is estimated; the defaults are those of KMSR's program.

    Attributes:
        size: odd side of the kernel.
        rounds: estimates of image and kernel at each level.
        dark: weight of the dark-channel prior at first.
        gradient: weight of the gradient prior at first.
        decay: both weights are divided by it after each round.
        least: they do not fall below this.
        window: odd side of the dark channel's windows.
        growth: by what the ties of both priors to the image grow from one half-quadratic step to the next.
        ridge: weight of the kernel's squares.
        threshold: values below the largest divided by this are set to zero in the end.
    """

    size: int = 25
    rounds: int = 5
    dark: float = 4e-3
    gradient: float = 4e-3
    decay: float = 1.1
    least: float = 1e-4
    window: int = 35
    growth: float = 2.0
    ridge: float = 2.0
    threshold: float = 20.0

    def __post_init__(self) -> None:
        if self.size < 5 or self.size % 2 == 0 or self.window < 3 or self.window % 2 == 0:
            raise BadInput(
                f"Kernels have an odd side of at least 5 pixels and dark-channel windows one of at least 3; "
                f"size={self.size} and window={self.window} were given."
            )
        if self.rounds < 1 or min(self.dark, self.gradient, self.least, self.ridge) <= 0 or self.decay < 1:
            raise BadInput("At least one round, weights above 0 and a decay of 1 or more are needed.")
        if not self.growth >= 1.1 or not self.threshold > 1:
            raise BadInput(f"growth is at least 1.1 and threshold above 1; {self.growth}, {self.threshold} were given.")


DARK_CHANNEL_PRESETS: Mapping[str, DarkChannelSettings] = {
    "PAPER": DarkChannelSettings(),
    "LESSON": DarkChannelSettings(size=13, rounds=3, growth=4.0),
}


def estimate_kernel(photo: Tensor, *, preset: str = "PAPER", **changes: Any) -> Tensor:
    """Return the kernel ``(size, size)`` by whose convolution a sharp scene became ``photo``, its weight in the middle.

    For KMSR the photograph is enlarged by bicubic before, so that the kernel holds all that enlarging must undo.

    Args:
        photo: ``(3, h, w)`` in [0, 1]; sides of at least twice the kernel's and one dark-channel window.
        preset: ``"PAPER"``, or ``"LESSON"`` for kernels of 13x13 in CPU seconds.
        **changes: any field of :class:`DarkChannelSettings`.

    Raises:
        UnknownName: no such preset.
        BadInput: a setting that does not exist, a photograph that is too small or has no edge in it.

    Example:
        >>> kernel = estimate_kernel(srkit.read("phone.jpg"))                        # doctest: +SKIP
    """
    settings = choose(DARK_CHANNEL_PRESETS, preset, changes, method="The kernel estimation")
    check_image(photo, name="photo")
    least = max(2 * settings.size, settings.window + 2)
    if photo.ndim != 3 or min(photo.shape[-2:]) < least:
        raise BadInput(
            f"A kernel of {settings.size} x {settings.size} is estimated on one photograph (3, h, w) of at least "
            f"{least} x {least} pixels; {tuple(photo.shape)} was given."
        )
    grey = luma(photo.detach().cpu().double())[0]  # (h, w)
    if float(gradients(grey).abs().max()) < 1e-3:
        raise BadInput("The photograph has no edge, so nothing in it tells how it was blurred: take a textured patch.")
    return _coarse_to_fine(grey, settings)


def _coarse_to_fine(grey: Tensor, settings: DarkChannelSettings) -> Tensor:
    last = max(int(math.log(5 / settings.size) / math.log(_RATIO)), 0)
    weights = [settings.dark, settings.gradient]
    kernel, least = torch.empty(0), 0.0
    for level in range(last, -1, -1):
        size = math.ceil(settings.size * _RATIO**level) // 2 * 2 + 1
        small = imresize(grey[None], _RATIO**level)[0] if level else grey  # (h, w)
        if level == last:
            kernel, least = _two_pixels(size), salient_from(small, size)
        else:
            kernel = _larger(kernel, size)
        kernel = centred(_one_level(small, kernel, weights, least, settings))
    kernel = kernel.where(kernel >= kernel.max() / settings.threshold, 0.0)
    return kernel / kernel.sum()


def _one_level(
    blurred: Tensor, kernel: Tensor, weights: list[float], least: float, settings: DarkChannelSettings
) -> Tensor:
    """Estimate image and kernel in turns; ``weights`` go on falling from level to level."""
    (h, w), size = blurred.shape, len(kernel)
    window = min(settings.window, (min(h, w) - 1) // 2 * 2 - 1)
    whole, edges = wrapped(blurred, size - 1), gradients(blurred)
    for _ in range(settings.rounds):
        dark, gradient = weights
        sharp = sharp_image(whole, kernel, dark=dark, gradient=gradient, window=window, growth=settings.growth)[:h, :w]
        found = kernel_between(salient(sharp, least), edges, size, ridge=settings.ridge)
        kernel = pruned(found)
        weights[:] = [max(weight / settings.decay, settings.least) for weight in weights]
        least /= settings.decay
    return kernel


def _two_pixels(size: int) -> Tensor:
    kernel = torch.zeros(size, size, dtype=torch.float64)
    kernel[size // 2, size // 2 - 1 : size // 2 + 1] = 0.5
    return kernel


def _larger(kernel: Tensor, size: int) -> Tensor:
    """Return the kernel for the next finer level, by bicubic, on a grid of ``size``."""
    grown = imresize(kernel[None], 1 / _RATIO)[0].clamp_min(0)
    side = len(grown)
    if side % 2 == 0:
        grown, side = torch.nn.functional.pad(grown, (0, 1, 0, 1)), side + 1
    margin = (size - side) // 2
    grown = torch.nn.functional.pad(grown, (margin,) * 4)  # (size, size)
    return centred(grown)
