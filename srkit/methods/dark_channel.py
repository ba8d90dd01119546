"""The blur kernel of a photograph, found by dark-channel deblurring: how KMSR's pool of kernels is made.

J. Pan, D. Sun, H. Pfister, M.-H. Yang, "Blind Image Deblurring Using Dark Channel Prior", CVPR 2016, with the settings
of the program of R. Zhou and S. Süsstrunk (ICCV 2019, IVRL/Kernel-Modeling-Super-Resolution). Blur averages dark pixels
with their neighbours, so a blurred image has fewer of them than a sharp one; sharp image and kernel are estimated in
turns, from coarse to fine.

Deviations from that program: levels are made by MATLAB's bicubic reduction instead of Gaussian and bilinear; the image
is made round at its edges by fading instead of by solving Laplace's equation; ties in the dark channel all count.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor

from srkit.errors import BadInput
from srkit.methods import dark_channel_steps as steps
from srkit.methods._choose import choose
from srkit.ops.check import check_image
from srkit.ops.color import luma
from srkit.ops.resize import imresize

__all__ = ["DARK_CHANNEL_PRESETS", "DarkChannelSettings", "estimate_kernel"]

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
    if float(steps.gradients(grey).abs().max()) < 1e-3:
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
            kernel, least = _two_pixels(size), steps.salient_from(small, size)
        else:
            kernel = _larger(kernel, size)
        kernel = steps.centred(_one_level(small, kernel, weights, least, settings))
    kernel = kernel.where(kernel >= kernel.max() / settings.threshold, 0.0)
    return kernel / kernel.sum()


def _one_level(
    blurred: Tensor, kernel: Tensor, weights: list[float], least: float, settings: DarkChannelSettings
) -> Tensor:
    """Estimate image and kernel in turns; ``weights`` go on falling from level to level."""
    (h, w), size = blurred.shape, len(kernel)
    window = min(settings.window, (min(h, w) - 1) // 2 * 2 - 1)
    whole, edges = steps.wrapped(blurred, size - 1), steps.gradients(blurred)
    for _ in range(settings.rounds):
        dark, gradient = weights
        sharp = steps.sharp_image(whole, kernel, dark=dark, gradient=gradient, window=window, growth=settings.growth)[
            :h, :w
        ]
        found = steps.kernel_between(steps.salient(sharp, least), edges, size, ridge=settings.ridge)
        kernel = steps.pruned(found)
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
    return steps.centred(grown)
