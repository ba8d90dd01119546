"""Exercise 03.4: one level of a Laplacian pyramid."""

from __future__ import annotations

from collections.abc import Callable

import torch
import torch.nn.functional as F
from torch import Tensor

from srkit.exercises._beside import Value, lesson_03
from srkit.exercises._model import Case, Criterion, Exercise, Slip, Tolerance, noise

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


EXERCISE = Exercise(
    answer="pyramid_level",
    number="3.4",
    title="One level of a Laplacian pyramid",
    difficulty=2,
    importance=3,
    minutes=10,
    criteria=(
        Criterion(name="features", points=1, text="the features come back doubled"),
        Criterion(name="image", points=2, text="the image is doubled and gets what the features predict"),
        Criterion(name="pyramid", points=1, text="three levels in a row enlarge by eight", hidden=True),
    ),
    cases=_cases,
    perform=lesson_03.pyramid_level,
    references=(_by_stamps,),
    tolerance=Tolerance(
        absolute=2e-5, relative=1e-4, reason="float32 sums of some ten products in another order differ by 1e-6"
    ),
    slips={
        "no_residual": Slip(
            "Your image is only enlarged. What the features predict is missing in it.",
            wrong=_variant(share=0.0),
        ),
        "subtracted": Slip("You take away what the features predict.", wrong=_variant(share=-1.0)),
        "nearest": Slip(
            "Your enlarged image is made of blocks of equal pixels. Which interpolation was asked for?",
            wrong=_variant(mode="nearest", align=None),
        ),
        "corners_aligned": Slip(
            "Your enlarged image is stretched so that the outermost pixels' centres fall on each other; it is shifted "
            "everywhere else. Leave align_corners off.",
            wrong=_variant(align=True),
        ),
        "residual_of_the_small_image": Slip(
            "You predict on the small image and enlarge the sum. A residual made before enlarging cannot hold detail "
            "that the small image has no pixels for.",
            wrong=_small_residual,
        ),
        "features_kept": Slip(
            "The features you return are the small ones; the next level needs the large ones.",
            wrong=lambda image, features, double, predict: (features, _reference(image, features, double, predict)[1]),
        ),
        "two_sizes": Slip(
            "What the features predict has another size than the image it is added to. Which features did you give to "
            "predict?",
            raises="must match the size",
        ),
    },
    avoid=(),
    hints=(
        "Draw two paths from left to right, one of features and one of images. Where do they meet, and at which size?",
        "Double the features first. Enlarge the image with F.interpolate, bilinear. What predict makes of the doubled "
        "features is added to it.",
        "Begin with features = double(features).",
    ),
    hides=("srkit.models.lapsrn:Level",),
)
