"""Exercise 06.5: the mask that keeps a kernel from seeing pixels that are drawn later."""

from __future__ import annotations

import torch
from torch import Tensor

from srkit.exercises._beside import lesson_06
from srkit.exercises._model import Case, define, drawn
from srkit.models.pixelcnn import MaskedConv

__all__ = ["EXERCISE"]


def _reference(h: int, w: int, sees_itself: bool) -> Tensor:
    return MaskedConv(1, 1, (h, w), sees="upto" if sees_itself else "before").mask


def _cases(seed: int) -> list[Case]:
    sides = [3 + 2 * drawn(0, 11, seed=seed + i) for i in range(6)]

    def case(criterion: str, h: int, w: int, sees_itself: bool) -> Case:
        return Case(criterion=criterion, inputs={"h": h, "w": w, "sees_itself": sees_itself})

    return [
        case("before", 3, 3, False),
        case("before", sides[0], sides[0], False),
        case("itself", sides[1], sides[1], True),
        case("itself", sides[2], sides[2], True),
        case("oblong", 1, sides[3], True),
        case("oblong", sides[4], sides[4] + 2 + sides[5], False),
    ]


def _whole_row(h: int, w: int, sees_itself: bool) -> Tensor:
    mask = torch.zeros(h, w)
    mask[: h // 2 + 1] = 1
    mask[h // 2, w // 2] = float(sees_itself)
    return mask


def _rows_above_only(h: int, w: int, sees_itself: bool) -> Tensor:
    mask = MaskedConv(1, 1, (h, w), sees="above").mask.clone()
    mask[h // 2, w // 2] = float(sees_itself)
    return mask


EXERCISE = define(
    lesson_06.raster_mask,
    cases=_cases,
    references=(_reference,),
    wrong={
        "own_pixel_always": lambda h, w, sees_itself: _reference(h, w, True),
        "own_pixel_never": lambda h, w, sees_itself: _reference(h, w, False),
        "whole_row": _whole_row,
        "rows_above_only": _rows_above_only,
        "column_after_column": lambda h, w, sees_itself: _reference(w, h, sees_itself).T,
        "what_comes_later": lambda h, w, sees_itself: _reference(h, w, sees_itself).flip(0, 1),
    },
)
