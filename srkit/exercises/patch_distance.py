"""Exercise 13.1: how far an image's patches are from their nearest likeness in another image."""

from __future__ import annotations

import torch.nn.functional as F
from torch import Tensor

from srkit.exercises._beside import lesson_13
from srkit.exercises._model import Case, define, noise

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


EXERCISE = define(
    lesson_13.patch_distance,
    cases=_cases,
    references=(_reference,),
    wrong={
        "other_way": lambda image, other, size: _reference(other, image, size),
        "means_left_in": lambda image, other, size: _all_pairs(
            _patches(image, size, centred=False), _patches(other, size, centred=False)
        ).amin(1),
        "mean_of_the_place": lambda image, other, size: _all_pairs(
            _patches(image, size, centred=False) - _patches(image, size, centred=False).mean(0),
            _patches(other, size, centred=False) - _patches(other, size, centred=False).mean(0),
        ).amin(1),
        "all_patches": lambda image, other, size: _all_pairs(_patches(image, size), _patches(other, size)).mean(1),
        "sum_of_squares": lambda image, other, size: _reference(image, other, size) * size**2,
    },
)
