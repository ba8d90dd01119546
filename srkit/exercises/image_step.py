"""Exercise 14.4: the gradient step of an image whose blur is known, as KXNet unrolls it (ECCV 2022)."""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor

from srkit.exercises._beside import lesson_14
from srkit.exercises._model import Case, Criterion, Exercise, Slip, Tolerance, noise

__all__ = ["EXERCISE"]


def _made(x: Tensor, kernel: Tensor, scale: int) -> Tensor:
    """Blur with zeros outside and keep every scale-th pixel: (c, s*h, s*w) -> (c, h, w)."""
    return F.conv2d(x[:, None], kernel[None, None], stride=scale, padding=kernel.shape[-1] // 2)[:, 0]


def _spread(error: Tensor, kernel: Tensor, scale: int) -> Tensor:
    """Put zeros between the pixels, and lay the given kernel on by correlation: (c, h, w) -> (c, s*h, s*w)."""
    c, h, w = error.shape
    apart = error.new_zeros(c, scale * h, scale * w)
    apart[:, ::scale, ::scale] = error
    return F.conv2d(apart[:, None], kernel[None, None], padding=kernel.shape[-1] // 2)[:, 0]


def _by_hand(x: Tensor, y: Tensor, kernel: Tensor, scale: int, step: float) -> Tensor:
    return x - step * _spread(_made(x, kernel, scale) - y, kernel.flip(0, 1), scale)


def _cases(seed: int) -> list[Case]:
    kernel, wide = noise(3, 3, seed=seed) ** 2, noise(5, 5, seed=seed + 1) ** 2
    kernel, wide = kernel / kernel.sum(), wide / wide.sum()
    dot = torch.zeros(1, 5, 5)
    dot[:, 2, 2] = 1.0
    two = {"x": noise(3, 12, 8, seed=seed + 2), "y": noise(3, 6, 4, seed=seed + 3), "kernel": wide, "scale": 2}
    three = {"x": noise(1, 9, 12, seed=seed + 4), "y": noise(1, 3, 4, seed=seed + 5), "kernel": wide, "scale": 3}
    return [
        Case(
            criterion="dot", inputs={"x": torch.zeros(1, 10, 10), "y": dot, "kernel": kernel, "scale": 2, "step": 1.0}
        ),
        Case(criterion="step", inputs={**two, "step": 2.5}),
        Case(criterion="scale", inputs={**three, "step": 4.0}),
    ]


EXERCISE = Exercise(
    answer="image_step",
    number="14.4",
    title="Against the slope",
    difficulty=4,
    importance=4,
    minutes=15,
    criteria=(
        Criterion(name="dot", points=1, text="the error of one small pixel goes where that pixel came from"),
        Criterion(name="step", points=2, text="the image moves against the slope, as far as the step says"),
        Criterion(name="scale", points=1, text="it works at every scale", hidden=True),
    ),
    cases=_cases,
    perform=lesson_14.image_step,
    references=(_by_hand,),
    tolerance=Tolerance(absolute=5e-6, relative=1e-5, reason="sums of 25 products in another order differ by 1e-7"),
    slips={
        "kernel_not_turned": Slip(
            "A small pixel's error returns through the mirror image of the kernel it came through. Transpose the blur "
            "as well as the reduction.",
            wrong=lambda x, y, kernel, scale, step: x - step * _spread(_made(x, kernel, scale) - y, kernel, scale),
        ),
        "uphill": Slip(
            "Your image moves up the slope: the error grows. Look at the sign.",
            wrong=lambda x, y, kernel, scale, step: (
                x + step * _spread(_made(x, kernel, scale) - y, kernel.flip(0, 1), scale)
            ),
        ),
        "twice_the_slope": Slip(
            "You go twice as far: there is a half in front of the squared error.",
            wrong=lambda x, y, kernel, scale, step: _by_hand(x, y, kernel, scale, 2 * step),
        ),
        "repeated_error": Slip(
            "You enlarge the error by repeating its pixels. The transpose of leaving pixels out puts zeros there.",
            wrong=lambda x, y, kernel, scale, step: (
                x
                - step
                * _spread(
                    (_made(x, kernel, scale) - y).repeat_interleave(scale, 1).repeat_interleave(scale, 2),
                    kernel.flip(0, 1),
                    1,
                )
            ),
        ),
        "not_blurred_back": Slip(
            "The error reaches only the pixels that were kept. What of their neighbours, which the blur mixed in?",
            wrong=lambda x, y, kernel, scale, step: (
                x - step * _spread(_made(x, kernel, scale) - y, torch.ones(1, 1).to(kernel), scale)
            ),
        ),
        "one_row_missing": Slip(
            "What comes back is smaller than the image. A transposed convolution cannot know how many rows the "
            "reduction left over; tell it.",
            raises="must match the size of tensor",
        ),
    },
    avoid=(),
    hints=(
        "Every small pixel saw a patch of the large image through the kernel. Which pixels should answer for its "
        "error, and how much each?",
        "Write the reduction as one F.conv2d with a stride; colours go in as a batch. F.conv_transpose2d with the same "
        "weight, stride and padding is its transpose, and output_padding restores the size.",
        "Begin with weight = kernel[None, None], and x[:, None] as input.",
    ),
)
