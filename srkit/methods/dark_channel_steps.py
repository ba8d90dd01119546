"""The steps of dark-channel deblurring: a sharp image for a given kernel, and a kernel for a given sharp image.

J. Pan, D. Sun, H. Pfister, M.-H. Yang, "Blind Image Deblurring Using Dark Channel Prior", CVPR 2016, sections 3 and 4.
An image is a grey matrix ``(h, w)`` here, and blur is convolution that goes round the edges, so that a Fourier
transform solves for it. :mod:`srkit.methods.dark_channel` puts the steps together.
"""

from __future__ import annotations

import math
from itertools import pairwise

import torch
import torch.nn.functional as F
from torch import Tensor

from srkit._optional import optional
from srkit.degrade.alignment import centre_of_mass
from srkit.ops.kernels import laid_round

__all__ = [
    "centred",
    "dark_pixels",
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
