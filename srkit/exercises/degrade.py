"""Exercise 01.1: the degradation model, from the large image to the small one."""

from __future__ import annotations

import torch.nn.functional as F
from torch import Tensor

from srkit.exercises._beside import Value, lesson_01
from srkit.exercises._model import Case, Criterion, Exercise, Slip, Tolerance, noise
from srkit.ops import convolve

__all__ = ["EXERCISE"]


def _library(image: Tensor, kernel: Tensor, scale: int, disturbance: Tensor) -> Tensor:
    return convolve(image, kernel)[:, ::scale, ::scale] + disturbance


def _wrong(
    image: Tensor, kernel: Tensor, scale: int, disturbance: Tensor, *, border: str = "replicate", first: int = 0
) -> Tensor:
    wide = F.pad(image, [len(kernel) // 2] * 4, mode=border)
    blurred = F.conv2d(wide[:, None], kernel.flip(0, 1)[None, None])[:, 0]
    return blurred[:, first::scale, first::scale] + disturbance


def _blurred_late(image: Tensor, kernel: Tensor, scale: int, disturbance: Tensor) -> Tensor:
    return convolve(image[:, ::scale, ::scale].contiguous(), kernel) + disturbance


def _inputs(seed: int, *, scale: int = 2, even: bool = False, size: int = 5) -> dict[str, Value]:
    kernel = noise(size, size, seed=seed + 1) ** 2
    if even:
        kernel = kernel + kernel.flip(0, 1)
    return {
        "image": noise(3, 6 * scale, 8 * scale, seed=seed),
        "kernel": kernel / kernel.sum(),
        "scale": scale,
        "noise": 0.1 * (noise(3, 6, 8, seed=seed + 2) - 0.5),
    }


def _cases(seed: int) -> list[Case]:
    return [
        Case(criterion="symmetric", inputs=_inputs(seed + 1, even=True)),
        Case(criterion="any", inputs=_inputs(seed + 11)),
        Case(criterion="scale", inputs=_inputs(seed + 21, scale=3, size=7)),
    ]


EXERCISE = Exercise(
    answer="degrade",
    number="1.1",
    title="The degradation model",
    difficulty=2,
    importance=5,
    minutes=15,
    criteria=(
        Criterion(name="symmetric", points=2, text="blurred, reduced and disturbed, with a symmetric kernel"),
        Criterion(name="any", points=1, text="with a kernel that is not symmetric"),
        Criterion(name="scale", points=1, text="with another scale and a larger kernel", hidden=True),
    ),
    cases=_cases,
    perform=lesson_01.degrade,
    references=(_library,),
    tolerance=Tolerance(
        absolute=1e-5, relative=1e-5, reason="float32 sums of fifty products in another order differ by 1e-7"
    ),
    slips={
        "correlated": Slip(
            "With a symmetric kernel yours is right. F.conv2d does not turn its kernel by 180 degrees; a convolution "
            "does.",
            wrong=lambda image, kernel, scale, disturbance: _library(image, kernel.flip(0, 1), scale, disturbance),
        ),
        "zeros_at_the_border": Slip(
            "Your small image is dark at the border. Repeat the outer pixels instead of adding black ones.",
            wrong=lambda *given: _wrong(*given, border="constant"),
        ),
        "another_first_pixel": Slip(
            "You keep every s-th pixel, but begin with another one than the first.",
            wrong=lambda *given: _wrong(*given, first=1),
        ),
        "not_blurred": Slip(
            "The kernel has no effect in yours.",
            wrong=lambda image, kernel, scale, disturbance: image[:, ::scale, ::scale] + disturbance,
        ),
        "blurred_late": Slip("You blur what is left after the reduction. The blur comes first.", wrong=_blurred_late),
        "no_noise": Slip(
            "What disturbs the small image is missing.",
            wrong=lambda image, kernel, scale, disturbance: _library(image, kernel, scale, 0 * disturbance),
        ),
    },
    avoid=(),
    hints=(
        "Three operations in a row; read the formula from the inside to the outside. Which of them makes the image "
        "smaller?",
        "F.pad repeats outer pixels with mode='replicate'. F.conv2d takes three grey images, (3, 1, h, w), and one "
        "kernel, (1, 1, k, k). kernel.flip(0, 1) turns it.",
        "Begin with wide = F.pad(image, [kernel.shape[0] // 2] * 4, mode='replicate').",
    ),
    hides=("srkit.ops.filters:convolve", "srkit.ops.filters:correlate"),
)
