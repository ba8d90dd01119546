"""Blur kernels of super-resolution: Gaussians in both parameterisations, motion, low-pass; where their weight lies.

Two families of papers describe the same ellipse by different numbers. *Widths* are standard deviations in pixels (IKC,
DAN, Real-ESRGAN); *variances* are the eigenvalues of the covariance matrix, widths squared (SRMD, KernelGAN, FKP,
BSRGAN). A width of 4 is a variance of 16; the two must not be confused. Here the name of the function says which is
meant.

A kernel is a float64 matrix ``(k, k)`` that adds up to 1.
"""

from __future__ import annotations

import math

import torch
from torch import Tensor

from srkit.degrade import draw
from srkit.degrade.alignment import keys_cubic
from srkit.errors import BadInput
from srkit.ops.check import describe
from srkit.ops.kernels import gaussian, grid

__all__ = [
    "bell",
    "bicubic_kernel",
    "check_kernel",
    "check_odd",
    "gaussian8",
    "gaussian8_widths",
    "gaussian_variances",
    "gaussian_widths",
    "motion",
    "motion_path",
    "plateau",
    "side_for",
    "sinc",
]

_TOLERANCE = 1e-3
_EIGHT = {2: (0.80, 1.60), 3: (1.35, 2.40), 4: (1.80, 3.20)}


def check_kernel(kernel: Tensor, *, odd: bool = False, name: str = "kernel") -> Tensor:
    """Return ``kernel`` if it can blur: a finite square matrix that adds up to 1 (within one part in a thousand).

    Args:
        odd: also ask for a middle pixel.
    """
    if not isinstance(kernel, Tensor) or kernel.ndim != 2 or kernel.shape[0] != kernel.shape[1] or not kernel.numel():
        raise BadInput(f"A {name} is a square matrix (k, k); {describe(kernel)} was given.")
    total = float(kernel.detach().sum())
    if not bool(torch.isfinite(kernel.detach()).all()):
        raise BadInput(f"The {name} holds NaN or infinity; {describe(kernel)} was given.")
    if abs(total - 1) > _TOLERANCE:
        raise BadInput(
            f"The {name} adds up to {total:.4g} and not to 1, so it would make the image "
            f"{'darker' if total < 1 else 'brighter'}. Divide it by its sum: {name} / {name}.sum()."
        )
    if odd and kernel.shape[0] % 2 == 0:
        raise BadInput(
            f"The {name} has {kernel.shape[0]} x {kernel.shape[0]} taps and no middle pixel, so it would move the "
            "image by half a pixel. Use an odd side."
        )
    return kernel


def check_odd(size: int) -> None:
    """Refuse a side of a kernel that is no odd whole number."""
    if size != int(size) or size < 1 or size % 2 == 0:
        raise BadInput(f"A kernel of side {size} has no middle pixel; use an odd side such as {int(size) + 1}.")


def side_for(width: float) -> int:
    """Return the odd side that holds three widths on both sides of the middle."""
    return 2 * math.ceil(3 * width) + 1


def gaussian_widths(size: int, width_x: float, width_y: float | None = None, theta: float = 0.0) -> Tensor:
    """Return a Gaussian given by its *widths* (standard deviations in pixels) along its two axes.

    Args:
        size: side.
        width_x: along the axis that is horizontal where ``theta`` is 0.
        width_y: along the other; equal where it is left out.
        theta: turn in radians, from right towards down.

    Raises:
        BadInput: a size below 1 or a width that is not positive.
    """
    return gaussian(size, sigma_x=width_x, sigma_y=width_y, theta=theta)


def gaussian_variances(size: int, variance_1: float, variance_2: float | None = None, theta: float = 0.0) -> Tensor:
    """Return a Gaussian given by the *eigenvalues* of its covariance matrix, in pixels squared: SRMD's l1 and l2.

    Args:
        size: side.
        variance_1: along the axis that is horizontal where ``theta`` is 0.
        variance_2: along the other; equal where it is left out.
        theta: turn in radians, from right towards down.

    Raises:
        BadInput: a size below 1 or a variance that is not positive.
    """
    second = variance_1 if variance_2 is None else variance_2
    if not (variance_1 > 0 and second > 0):
        raise BadInput(f"Variances are positive; {variance_1} and {second} were given.")
    return gaussian(size, sigma_x=math.sqrt(variance_1), sigma_y=math.sqrt(second), theta=theta)


def bell(size: int, width_x: float, width_y: float, theta: float, power: float) -> Tensor:
    """Return Real-ESRGAN's generalised Gaussian, ``exp(-(z' S^-1 z)^power / 2)``; power 1 is the ordinary one.

    X. Wang et al., "Real-ESRGAN", ICCVW 2021, section 3.1.
    """
    distance = _squared_distance(size, width_x, width_y, theta)
    kernel = torch.exp(-0.5 * distance**power)
    return kernel / kernel.sum()


def plateau(size: int, width_x: float, width_y: float, theta: float, power: float) -> Tensor:
    """Return Real-ESRGAN's plateau-shaped kernel, ``1 / (1 + (z' S^-1 z)^power)``."""
    kernel = 1 / (1 + _squared_distance(size, width_x, width_y, theta) ** power)
    return kernel / kernel.sum()


def sinc(size: int, cutoff: float) -> Tensor:
    """Return the round low-pass filter that leaves ringing: ``w J1(w r) / (2 pi r)``, normalised.

    Args:
        cutoff: highest frequency that passes, in radians per pixel, up to pi.

    Source: X. Wang et al., "Real-ESRGAN", ICCVW 2021, section 3.3.
    """
    if not 0 < cutoff <= math.pi + 1e-9:
        raise BadInput(f"A cutoff lies between 0 and pi (3.14) radians per pixel; {cutoff} was given.")
    y, x = grid(size)
    r = (x**2 + y**2).sqrt()  # (size, size)
    away = cutoff * torch.special.bessel_j1(cutoff * r) / (2 * math.pi * r.clamp_min(1e-12))
    kernel = torch.where(r > 0, away, torch.full_like(r, cutoff**2 / (4 * math.pi)))
    return kernel / kernel.sum()


def motion(length: float, angle: float, *, samples: int = 64) -> Tensor:
    """Return the blur of a camera that moves evenly along a straight line.

    Args:
        length: of the line in pixels.
        angle: in degrees, counter-clockwise from the horizontal as a picture is looked at.
        samples: points along each pixel of the line.

    Raises:
        BadInput: a length that is not positive.
    """
    if not (length > 0 and math.isfinite(length)):
        raise BadInput(f"A motion has a positive length in pixels; {length} was given.")
    t = torch.linspace(-0.5, 0.5, max(2, round(samples * length)), dtype=torch.float64) * length
    turn = math.radians(angle)
    return _trace(-t * math.sin(turn), t * math.cos(turn))


def motion_path(rng: torch.Generator, *, size: int = 25, points: int = 64) -> Tensor:
    """Return the blur of a shaking hand: a smooth random walk that is centred in ``(size, size)``.

    Args:
        rng: where the walk comes from.
        size: odd side.
        points: corners of the walk.

    Raises:
        BadInput: an even size.
    """
    check_odd(size)
    like = torch.zeros((), dtype=torch.float64)
    turning = draw.normal(rng, (points,), like).cumsum(0) * 0.35
    y, x = torch.sin(turning).cumsum(0), torch.cos(turning).cumsum(0)
    reach = draw.uniform(rng, 0.3, 0.9) * (size - 1) / 2
    y, x = y - y.mean(), x - x.mean()
    room = reach / float(torch.maximum(y.abs().max(), x.abs().max()).clamp_min(1e-9))
    fine = [torch.nn.functional.interpolate(c[None, None] * room, scale_factor=16, mode="linear")[0, 0] for c in (y, x)]
    return _trace(*fine, size=size)


def bicubic_kernel(scale: int) -> Tensor:
    """Return MATLAB's antialiased bicubic reduction as a kernel of side 4s (4s - 1 for odd s); Keys' cubic, a = -1/2.

    With the kernel's middle over the middle of a block of ``scale`` x ``scale`` pixels, one correlation and one picked
    pixel per block (number ``scale // 2``) are ``imresize(x, 1/scale)``.
    """
    if isinstance(scale, bool) or not isinstance(scale, int) or scale < 2:
        raise BadInput(f"The bicubic kernel exists for whole scales of 2 and more; {scale!r} was given.")
    side = 4 * scale - scale % 2
    taps = keys_cubic((torch.arange(side, dtype=torch.float64) - (side - 1) / 2) / scale)  # (side,)
    taps = taps / taps.sum()
    return taps[:, None] * taps[None, :]


def gaussian8(scale: int, *, size: int = 21) -> list[Tensor]:
    """Return the eight round Gaussians on which IKC, DAN and KXNet are compared ("Gaussian8")."""
    return [gaussian_widths(size, width) for width in gaussian8_widths(scale)]


def gaussian8_widths(scale: int) -> list[float]:
    """Return the widths of :func:`gaussian8` in pixels, from the narrowest to the widest.

    They are evenly spaced: 1.35 to 2.40 at x3 and 1.80 to 3.20 at x4 as in the authors' public scripts, 0.80 to 1.60 at
    x2 as the setting is customarily described.
    """
    if scale not in _EIGHT:
        raise BadInput(f"The eight Gaussians are defined for x2, x3 and x4; {scale!r} was given.")
    widths: list[float] = torch.linspace(*_EIGHT[scale], 8, dtype=torch.float64).tolist()
    return widths


def _squared_distance(size: int, width_x: float, width_y: float, theta: float) -> Tensor:
    if size < 1 or not (width_x > 0 and width_y > 0):
        raise BadInput(f"A kernel needs a size of 1 or more and positive widths; got {size}, {width_x}, {width_y}.")
    y, x = grid(size)
    along, across = x * math.cos(theta) + y * math.sin(theta), y * math.cos(theta) - x * math.sin(theta)
    return (along / width_x) ** 2 + (across / width_y) ** 2


def _trace(y: Tensor, x: Tensor, *, size: int | None = None) -> Tensor:
    """Return how long a path stays over each pixel, its weight shared bilinearly by the four pixels around it."""
    side = 2 * math.ceil(float(torch.maximum(y.abs().max(), x.abs().max()))) + 1 if size is None else size
    kernel = torch.zeros(side + 2, side + 2, dtype=torch.float64)  # one pixel of margin
    middle = (side + 1) / 2
    top, left = (y + middle).floor(), (x + middle).floor()
    down, right = y + middle - top, x + middle - left
    for dy, dx, weight in (
        (0, 0, (1 - down) * (1 - right)), (0, 1, (1 - down) * right),
        (1, 0, down * (1 - right)), (1, 1, down * right),
    ):  # fmt: skip
        kernel.index_put_(((top + dy).long(), (left + dx).long()), weight, accumulate=True)
    return kernel[1:-1, 1:-1] / kernel[1:-1, 1:-1].sum()
