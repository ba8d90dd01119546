"""Exercise 13.1: how far an image's patches are from their nearest likeness in another image."""

from __future__ import annotations

import torch.nn.functional as F
from torch import Tensor

from srkit.exercises._beside import lesson_13
from srkit.exercises._model import Case, Criterion, Exercise, Slip, Tolerance, noise

__all__ = ["EXERCISE"]


def _patches(image: Tensor, size: int, *, centred: bool = True) -> Tensor:
    rows = F.unfold(image[None], size)[0].T  # (n, size * size)
    return rows - rows.mean(1, keepdim=True) if centred else rows


def _all_pairs(mine: Tensor, theirs: Tensor) -> Tensor:
    return (mine[:, None] - theirs[None]).square().mean(2)  # (n, m)


def _reference(image: Tensor, other: Tensor, size: int) -> Tensor:
    return _all_pairs(_patches(image, size), _patches(other, size)).amin(1)


def _cases(seed: int) -> list[Case]:
    image = noise(1, 7, 8, seed=seed + 1)
    other = noise(1, 6, 6, seed=seed + 2)
    return [
        Case(criterion="itself", inputs={"image": image[:, 2:7, 1:7].clone(), "other": image, "size": 3}),
        Case(criterion="nearest", inputs={"image": image - 0.5, "other": other - 0.5, "size": 3}),
        Case(criterion="nearest", inputs={"image": image, "other": noise(1, 5, 9, seed=seed + 4), "size": 2}),
        Case(criterion="brightness", inputs={"image": 0.3 * image + 0.6, "other": 0.3 * other, "size": 3}),
    ]


EXERCISE = Exercise(
    answer="patch_distance",
    number="13.1",
    title="The nearest patch elsewhere",
    difficulty=2,
    importance=4,
    minutes=15,
    criteria=(
        Criterion(name="itself", points=1, text="a patch that is there exactly has distance 0"),
        Criterion(name="nearest", points=2, text="each patch has its mean squared distance to the nearest one"),
        Criterion(name="brightness", points=1, text="patches that differ in brightness alone are alike", hidden=True),
    ),
    cases=_cases,
    perform=lesson_13.patch_distance,
    references=(_reference,),
    tolerance=Tolerance(
        absolute=2e-6,
        relative=1e-4,
        reason="|a|² + |b|² - 2ab loses digits against (a - b)², about 1e-6 in float32",
    ),
    slips={
        "other_way": Slip(
            "You answer for the patches of the other image. Each patch of the first one is to find its nearest.",
            wrong=lambda image, other, size: _reference(other, image, size),
        ),
        "means_left_in": Slip(
            "Your patches still hold their mean brightness. The same edge in light and in shadow should be alike.",
            wrong=lambda image, other, size: _all_pairs(
                _patches(image, size, centred=False), _patches(other, size, centred=False)
            ).amin(1),
        ),
        "mean_of_the_place": Slip(
            "You take away the mean over all patches. Each patch has a mean of its own.",
            wrong=lambda image, other, size: _all_pairs(
                _patches(image, size, centred=False) - _patches(image, size, centred=False).mean(0),
                _patches(other, size, centred=False) - _patches(other, size, centred=False).mean(0),
            ).amin(1),
        ),
        "all_patches": Slip(
            "You average over all patches of the other image. Only the nearest counts.",
            wrong=lambda image, other, size: _all_pairs(_patches(image, size), _patches(other, size)).mean(1),
        ),
        "sum_of_squares": Slip(
            "You sum the squares over a patch. Their mean is asked for, so that the size of the patch does not matter.",
            wrong=lambda image, other, size: _reference(image, other, size) * size**2,
        ),
    },
    avoid=(),
    hints=(
        "One row of a matrix for each patch: then the question is about the rows of two matrices.",
        "F.unfold cuts an image into all its patches, as columns. Take each patch's mean away, compare every patch of "
        "the one with every patch of the other, keep the smallest.",
        "Begin with F.unfold(image[None], size)[0].T, which is (n, size * size), for both images.",
    ),
)
