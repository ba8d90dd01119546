"""Exercise 12.5: what is known of the degradation, stretched over the image."""

from __future__ import annotations

import torch
from torch import Tensor

from srkit.degrade import srmd_maps
from srkit.exercises._beside import Value, lesson_12
from srkit.exercises._model import Case, define, noise

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


EXERCISE = define(
    lesson_12.stretch,
    cases=_cases,
    references=(_reference,),
    wrong={
        "level_not_divided": lambda lr, codes, sigma: torch.cat(
            [lr, srmd_maps(codes, lr.shape[-2:], sigma=255 * sigma)], 1
        ),
        "codes_first": lambda lr, codes, sigma: torch.cat([srmd_maps(codes, lr.shape[-2:], sigma=sigma), lr], dim=1),
        "level_before_codes": lambda lr, codes, sigma: torch.cat(
            [lr, srmd_maps(torch.cat([sigma[:, None] / 255, codes], 1), lr.shape[-2:])], 1
        ),
        "one_code_for_all": lambda lr, codes, sigma: _reference(
            lr, codes[:1].expand_as(codes), sigma[:1].expand_as(sigma)
        ),
        "level_forgotten": lambda lr, codes, sigma: torch.cat([lr, srmd_maps(codes, lr.shape[-2:])], 1),
    },
)
