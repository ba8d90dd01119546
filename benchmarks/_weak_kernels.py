"""KXNet in small: what does estimating the kernel gain over assuming one, and over being told it?"""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass
from statistics import fmean
from typing import Any

import torch
from torch import Tensor

from srkit import Protocol, datasets, metrics
from srkit.degrade import apply_kernel, gaussian_widths
from srkit.layers import Prediction
from srkit.models.kxnet import KXNet
from srkit.ops.pixels import quantise
from srkit.ops.resize import imresize
from srkit.papers.blind import RandomKernels
from srkit.training import train

SCALE, SIZE = 2, 11
SMALL: dict[str, Any] = {"n_stages": 3, "image_maps": 8, "kernel_maps": 4, "kernel_size": SIZE}


class Assumed(KXNet):
    """The same network without its kernel steps: it assumes the first guess, a Gaussian of width 1, everywhere."""

    def kernel_step(
        self, number: int, image: Tensor, lr: Tensor, kernel: Tensor, maps: Tensor
    ) -> tuple[Tensor, Tensor]:
        """Leave kernel and maps as they are."""
        return kernel, maps

    def predictions(self, lr: Tensor, *, kernel: Tensor | None = None) -> list[Prediction]:
        """Return the images of all stages; the kernel is not learnt from."""
        return super().predictions(lr)


class Told(Assumed):
    """The same, given the true kernel: the most that knowing it can give."""

    told: Tensor | None = None

    def kernel_step(
        self, number: int, image: Tensor, lr: Tensor, kernel: Tensor, maps: Tensor
    ) -> tuple[Tensor, Tensor]:
        """Put the truth in the place of the estimate."""
        return kernel if self.told is None else self.told.expand_as(kernel), maps

    def predictions(self, lr: Tensor, *, kernel: Tensor | None = None) -> list[Prediction]:
        """Return the images of all stages, made with the kernels that came with the patches."""
        self.told = kernel
        return super().predictions(lr)


@dataclass(frozen=True)
class Line:
    """One line of the comparison.

    Attributes:
        name: what the network knows of the kernel.
        psnr: luma, dB, for each width.
        off: sum of the absolute errors of the kernel, for each width; empty where none is estimated.
        seconds: CPU time of the training.
    """

    name: str
    psnr: tuple[float, ...]
    off: tuple[float, ...] = ()
    seconds: float = 0.0


def compare_kernels(
    large: datasets.Pairs,
    test: datasets.Pairs,
    *,
    steps: int,
    tested: Sequence[float] = (0.8, 1.2, 1.6),
    widths: tuple[float, float] = (0.4, 2.0),
    seed: int = 0,
    patch: int = 40,
    batch: int = 8,
) -> list[Line]:
    """Train the same network four times and measure it under round Gaussians of known width.

    Args:
        large: to train on.
        test: to measure on.
        steps: of each training.
        tested: widths of the test.
        widths: narrowest and widest of the training.
        seed: decides everything.
        patch: side of the large patch.
        batch: patches in a batch.
    """
    kernels = [gaussian_widths(SIZE, width).float() for width in tested]
    lines = [Line("bicubic, registered", tuple(fmean(_bicubic(pair.hr, one) for pair in test) for one in kernels))]
    for name, kind, seen in (
        ("trained for one kernel, width 0.4", Assumed, (widths[0], widths[0])),
        ("trained for all, told none", Assumed, widths),
        ("KXNet: trained for all, estimates it", KXNet, widths),
        ("oracle: trained for all, given the true kernel", Told, widths),
    ):
        torch.manual_seed(seed)
        net, begin = kind(scale=SCALE, **SMALL), time.process_time()
        patches = RandomKernels(large, size=SIZE, widths=seen, patch=patch, batch=batch, seed=seed)
        train(net, patches, steps=steps, seed=seed, learning_rate=2e-3, schedule="cosine", progress=False)
        seconds = time.process_time() - begin
        found = [_measured(net.eval(), test, one) for one in kernels]
        off = () if isinstance(net, Assumed) else tuple(error for _, error in found)
        lines.append(Line(name, tuple(value for value, _ in found), off, seconds))
    guess = gaussian_widths(SIZE, 1.0).float()
    lines[2] = Line(*(lines[2].name, lines[2].psnr, tuple(_off(guess, one) for one in kernels), lines[2].seconds))
    return lines


def _bicubic(hr: Tensor, kernel: Tensor) -> float:
    lr = quantise(apply_kernel(hr, kernel, border="reflect", aligned=SCALE)[..., ::SCALE, ::SCALE])
    return _luma(imresize(lr, SCALE), hr)


@torch.no_grad()
def _measured(net: KXNet, test: datasets.Pairs, kernel: Tensor) -> tuple[float, float]:
    """Return the mean PSNR, and the mean error of the kernels found."""
    if isinstance(net, Told):
        net.told = kernel
    values, errors = [], []
    for pair in test:
        lr = quantise(apply_kernel(pair.hr, kernel, border="reflect")[..., ::SCALE, ::SCALE])
        image, found = net.stages(lr[None])[-1]
        values.append(_luma(image[0], pair.hr))
        errors.append(_off(found[0], kernel))
    return fmean(values), fmean(errors)


def _off(found: Tensor, kernel: Tensor) -> float:
    return float((found - kernel).abs().sum())


def _luma(sr: Tensor, hr: Tensor) -> float:
    return float(metrics.psnr(sr, hr, protocol=Protocol(channel="y", border=2 * SCALE)))
