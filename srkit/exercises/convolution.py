"""Exercise 12.3: convolution with a kernel, which a convolution layer is not."""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor

from srkit.exercises._beside import lesson_12
from srkit.exercises._model import Case, define, noise
from srkit.ops.filters import convolve

__all__ = ["EXERCISE"]


def _padded(image: Tensor, radius: int, mode: str) -> Tensor:
    return F.pad(image[None], [radius] * 4, mode=mode)[0]


def _layer(image: Tensor, kernel: Tensor, mode: str = "replicate") -> Tensor:
    """Lay the kernel on as it is: what F.conv2d does."""
    padded = _padded(image, kernel.shape[-1] // 2, mode)
    return F.conv2d(padded[:, None], kernel[None, None])[:, 0]


def _weights(side: int, seed: int) -> Tensor:
    kernel = noise(side, side, seed=seed) ** 3
    return kernel / kernel.sum()


def _cases(seed: int) -> list[Case]:
    dot = torch.zeros(1, 9, 9)
    dot[:, 4, 4] = 1.0
    flat = 0.3 + 0.5 * noise(1, 1, 1, seed=seed + 6).expand(1, 6, 7)
    return [
        Case(criterion="dot", inputs={"image": dot, "kernel": _weights(3, seed + 1)}),
        Case(criterion="edge", inputs={"image": flat.clone(), "kernel": _weights(5, seed + 2)}),
        Case(criterion="edge", inputs={"image": noise(1, 7, 8, seed=seed + 3), "kernel": _weights(5, seed + 3)}),
        Case(criterion="colour", inputs={"image": noise(3, 8, 6, seed=seed + 4), "kernel": _weights(3, seed + 5)}),
    ]


EXERCISE = define(
    lesson_12.convolution,
    cases=_cases,
    references=(convolve,),
    wrong={
        "correlation": _layer,
        "transposed_kernel": lambda image, kernel: _layer(image, kernel.T),
        "mirrored_once": lambda image, kernel: _layer(image, kernel.flip(1)),
        "dark_edge": lambda image, kernel: _layer(image, kernel.flip(0, 1), mode="constant"),
        "no_margin": lambda image, kernel: F.conv2d(image[:, None], kernel.flip(0, 1)[None, None])[:, 0],
    },
)
