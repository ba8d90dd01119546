"""Exercise 02.2: the luma on which the papers measure."""

from __future__ import annotations

import torch
from torch import Tensor

from srkit.exercises._beside import lesson_02
from srkit.exercises._model import Case, Criterion, Exercise, Slip, Tolerance, noise
from srkit.ops.color import rgb_to_y

__all__ = ["EXERCISE"]

_WEIGHTS = (65.481, 128.553, 24.966)


def _mixed(image: Tensor, weights: tuple[float, float, float], black: float) -> Tensor:
    row = torch.tensor(weights, dtype=image.dtype).reshape(3, 1, 1)
    return ((row * image).sum(-3, keepdim=True) + black) / 255


def _cases(seed: int) -> list[Case]:
    extremes = noise(1, 3, 4, seed=seed + 4).round().expand(3, -1, -1).clone()
    extremes[:, 0, :2] = torch.tensor([0.0, 1.0])
    primaries = torch.eye(3).reshape(3, 1, 3) * (0.3 + 0.7 * noise(1, 1, 3, seed=seed))
    return [
        Case(criterion="range", inputs={"image": extremes}),
        Case(criterion="colours", inputs={"image": primaries}),
        Case(criterion="colours", inputs={"image": noise(3, 4, 5, seed=seed + 2)}),
        Case(criterion="batch", inputs={"image": noise(2, 3, 3, 4, seed=seed + 6)}),
    ]


EXERCISE = Exercise(
    answer="to_luma",
    number="2.2",
    title="Luma, the channel papers measure on",
    difficulty=1,
    importance=4,
    minutes=10,
    criteria=(
        Criterion(name="range", points=1, text="black becomes 16/255 and white 235/255"),
        Criterion(name="colours", points=2, text="every colour gets its luma"),
        Criterion(name="batch", points=1, text="a batch (b, 3, h, w) works as well as one image", hidden=True),
    ),
    cases=_cases,
    perform=lesson_02.to_luma,
    references=(rgb_to_y,),
    tolerance=Tolerance(
        absolute=2e-6, relative=1e-5, reason="three products summed in float32 differ by 1e-7 between orders"
    ),
    slips={
        "full_range": Slip(
            "Your luma runs from 0 to 1, as OpenCV's does. The papers' runs from 16/255 to 235/255.",
            wrong=lambda image: _mixed(image, (76.245, 149.685, 29.07), 0.0),
        ),
        "offset_forgotten": Slip(
            "Black should become 16/255. What stands at the end of the formula?",
            wrong=lambda image: _mixed(image, _WEIGHTS, 0.0),
        ),
        "not_divided": Slip(
            "Your values are levels up to 235. The image is in [0, 1], and so should its luma be.",
            wrong=lambda image: 255 * _mixed(image, _WEIGHTS, 16.0),
        ),
        "red_and_blue_swapped": Slip(
            "Red and blue have changed places. OpenCV reads files as BGR; here the first channel is red.",
            wrong=lambda image: _mixed(image, _WEIGHTS[::-1], 16.0),
        ),
        "plain_mean": Slip(
            "The three channels count alike in yours. Green should count most: the eye sees it best.",
            wrong=lambda image: image.mean(-3, keepdim=True) * 219 / 255 + 16 / 255,
        ),
    },
    avoid=(),
    hints=(
        "Try it on paper for a white pixel: which number must come out?",
        "It is a weighted sum over the channel axis, plus a constant, divided by 255. Count the channel axis from the "
        "end, then a batch works too.",
        "Begin with red, green, blue = image[..., 0:1, :, :], image[..., 1:2, :, :], image[..., 2:3, :, :].",
    ),
    hides=("srkit.ops.color:rgb_to_ycbcr", "srkit.metrics.protocol:luma"),
)
