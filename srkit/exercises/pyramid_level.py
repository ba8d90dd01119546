"""Exercise 03.4: one level of a Laplacian pyramid."""

from __future__ import annotations

from collections.abc import Callable

import torch
import torch.nn.functional as F
from torch import Tensor

from srkit.exercises._beside import Value, lesson_03
from srkit.exercises._model import Case, define, noise

__all__ = ["EXERCISE"]

Layer = Callable[[Tensor], Tensor]
Pair = tuple[Tensor, Tensor]


def _reference(image: Tensor, features: Tensor, double: Layer, predict: Layer) -> Pair:
    features = double(features)
    return features, F.interpolate(image, scale_factor=2, mode="bilinear", align_corners=False) + predict(features)


def _by_stamps(image: Tensor, features: Tensor, double: Layer, predict: Layer) -> Pair:
    """Enlarge as LapSRN does, by a transposed convolution whose kernel is bilinear; the border is repeated before."""
    ramp = torch.tensor([0.25, 0.75, 0.75, 0.25], dtype=image.dtype)
    wide = F.pad(image, [1] * 4, mode="replicate")
    large = F.conv_transpose2d(wide, ramp.outer(ramp)[None, None], stride=2, padding=1)[..., 2:-2, 2:-2]
    return double(features), large + predict(double(features))


def _variant(*, mode: str = "bilinear", align: bool | None = False, share: float = 1.0) -> Callable[..., Pair]:
    def answer(image: Tensor, features: Tensor, double: Layer, predict: Layer) -> Pair:
        features = double(features)
        return features, F.interpolate(image, scale_factor=2, mode=mode, align_corners=align) + share * predict(
            features
        )

    return answer


def _small_residual(image: Tensor, features: Tensor, double: Layer, predict: Layer) -> Pair:
    sum_ = image + predict(features)
    return double(features), F.interpolate(sum_, scale_factor=2, mode="bilinear", align_corners=False)


def _inputs(watch: str, seed: int, *, levels: int = 1) -> dict[str, Value]:
    return {
        "image": noise(1, 1, 5, 6, seed=seed),
        "features": noise(1, 4, 5, 6, seed=seed + 1) - 0.3,
        "double": noise(4, 4, 4, 4, seed=seed + 2) - 0.5,
        "predict": noise(1, 4, 3, 3, seed=seed + 3) - 0.5,
        "levels": levels,
        "watch": watch,
    }


def _cases(seed: int) -> list[Case]:
    return [
        Case(criterion="features", inputs=_inputs("features", seed + 1)),
        Case(criterion="image", inputs=_inputs("image", seed + 11)),
        Case(criterion="pyramid", inputs=_inputs("image", seed + 21, levels=3)),
    ]


EXERCISE = define(
    lesson_03.pyramid_level,
    cases=_cases,
    references=(_by_stamps,),
    raises={"two_sizes": "must match the size"},
    wrong={
        "no_residual": _variant(share=0.0),
        "subtracted": _variant(share=-1.0),
        "nearest": _variant(mode="nearest", align=None),
        "corners_aligned": _variant(align=True),
        "residual_of_the_small_image": _small_residual,
        "features_kept": lambda image, features, double, predict: (
            features,
            _reference(image, features, double, predict)[1],
        ),
    },
)
