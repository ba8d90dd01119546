"""Exercise 12.3: convolution with a kernel, which a convolution layer is not."""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor

from srkit.exercises._beside import lesson_12
from srkit.exercises._model import Case, Criterion, Exercise, Slip, Tolerance, noise
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


EXERCISE = Exercise(
    answer="convolution",
    number="12.3",
    title="Convolution, not correlation",
    difficulty=2,
    importance=5,
    minutes=10,
    criteria=(
        Criterion(name="dot", points=2, text="a single bright pixel becomes the kernel, the right way round"),
        Criterion(name="edge", points=1, text="the outermost pixels are repeated outside the image"),
        Criterion(name="colour", points=1, text="every channel is blurred by itself", hidden=True),
    ),
    cases=_cases,
    perform=lesson_12.convolution,
    references=(convolve,),
    tolerance=Tolerance(absolute=2e-6, relative=1e-5, reason="sums of 25 products in another order differ by 1e-7"),
    slips={
        "correlation": Slip(
            "A bright pixel becomes the kernel upside down: this is correlation, as in every convolution layer. The "
            "formula's star turns the kernel by 180 degrees.",
            wrong=_layer,
        ),
        "transposed_kernel": Slip(
            "You mirror the kernel at its diagonal. It should be turned by 180 degrees.",
            wrong=lambda image, kernel: _layer(image, kernel.T),
        ),
        "mirrored_once": Slip(
            "You mirror the kernel in one direction only.",
            wrong=lambda image, kernel: _layer(image, kernel.flip(1)),
        ),
        "dark_edge": Slip(
            "The image gets darker at its edge: outside it there are zeros in yours.",
            wrong=lambda image, kernel: _layer(image, kernel.flip(0, 1), mode="constant"),
        ),
        "no_margin": Slip(
            "Your result is smaller than the image. Put a margin around it first.",
            wrong=lambda image, kernel: F.conv2d(image[:, None], kernel.flip(0, 1)[None, None])[:, 0],
        ),
    },
    avoid=("convolve", "convolve2d"),
    hints=(
        "What must come out of an image that is black but for one white pixel?",
        "F.conv2d correlates. Turn the kernel first, put a margin around the image with F.pad, and hand the channels "
        "over as a batch, then none of them sees the others.",
        "F.pad(…, mode='replicate') wants four axes for this: image[:, None] is (c, 1, h, w).",
    ),
    hides=("srkit.ops.filters:correlate",),
)
