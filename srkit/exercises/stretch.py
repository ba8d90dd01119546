"""Exercise 12.5: what is known of the degradation, stretched over the image."""

from __future__ import annotations

import torch
from torch import Tensor

from srkit.degrade import srmd_maps
from srkit.exercises._beside import Value, lesson_12
from srkit.exercises._model import Case, Criterion, Exercise, Slip, Tolerance, noise

__all__ = ["EXERCISE"]


def _reference(lr: Tensor, codes: Tensor, sigma: Tensor) -> Tensor:
    return torch.cat([lr, srmd_maps(codes, lr.shape[-2:], sigma=sigma)], dim=1)


def _inputs(b: int, h: int, w: int, n: int, seed: int, strength: float) -> dict[str, Value]:
    return {
        "lr": noise(b, 3, h, w, seed=seed),
        "codes": noise(b, n, seed=seed + 1) - 0.4,
        "sigma": strength * (0.5 + 0.5 * noise(b, seed=seed + 2)),
    }


def _cases(seed: int) -> list[Case]:
    return [
        Case(criterion="clean", inputs=_inputs(1, 4, 6, 5, seed + 1, 0.0)),
        Case(criterion="noisy", inputs=_inputs(1, 5, 3, 4, seed + 5, 50.0)),
        Case(criterion="batch", inputs=_inputs(3, 4, 5, 3, seed + 9, 50.0)),
    ]


EXERCISE = Exercise(
    answer="stretch",
    number="12.5",
    title="Stretching codes into maps",
    difficulty=2,
    importance=4,
    minutes=10,
    criteria=(
        Criterion(name="clean", points=1, text="an image, its constant maps, and a noise map of zeros"),
        Criterion(name="noisy", points=2, text="the noise level is a map too, on the scale of the image"),
        Criterion(name="batch", points=1, text="every image of a batch has its own codes and level", hidden=True),
    ),
    cases=_cases,
    perform=lesson_12.stretch,
    references=(_reference,),
    tolerance=Tolerance(absolute=1e-6, relative=1e-6, reason="values are copied, only the level is divided"),
    slips={
        "level_not_divided": Slip(
            "The noise level is on the scale 0…255 and the image on 0…1: your last map is 255 times too large.",
            wrong=lambda lr, codes, sigma: torch.cat([lr, srmd_maps(codes, lr.shape[-2:], sigma=255 * sigma)], 1),
        ),
        "codes_first": Slip(
            "The image comes first, then the codes, then the noise level. A network with trained weights minds the "
            "order of its channels.",
            wrong=lambda lr, codes, sigma: torch.cat([srmd_maps(codes, lr.shape[-2:], sigma=sigma), lr], dim=1),
        ),
        "level_before_codes": Slip(
            "The noise level is the last map, after the codes.",
            wrong=lambda lr, codes, sigma: torch.cat(
                [lr, srmd_maps(torch.cat([sigma[:, None] / 255, codes], 1), lr.shape[-2:])], 1
            ),
        ),
        "one_code_for_all": Slip(
            "All images of the batch get the codes of the first one.",
            wrong=lambda lr, codes, sigma: _reference(lr, codes[:1].expand_as(codes), sigma[:1].expand_as(sigma)),
        ),
        "level_forgotten": Slip(
            "There is one map too few. Where is the noise level?",
            wrong=lambda lr, codes, sigma: torch.cat([lr, srmd_maps(codes, lr.shape[-2:])], 1),
        ),
    },
    avoid=(),
    hints=(
        "How many channels must the result have, and what stands in each of them?",
        "Put the numbers of one image into one row, give them two more axes of length 1, and let them be repeated over "
        "height and width.",
        "Begin with b, _, h, w = lr.shape; two new axes come from indexing with None, and expand repeats without "
        "copying.",
    ),
    hides=("srkit.layers.codes:stretched_codes", "srkit.degrade.pca:srmd_maps"),
)
