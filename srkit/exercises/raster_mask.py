"""Exercise 06.5: the mask that keeps a kernel from seeing pixels that are drawn later."""

from __future__ import annotations

import torch
from torch import Tensor

from srkit.exercises._beside import lesson_06
from srkit.exercises._model import Case, Criterion, Exercise, Slip, Tolerance, noise
from srkit.models.pixelcnn import MaskedConv

__all__ = ["EXERCISE"]


def _reference(h: int, w: int, sees_itself: bool) -> Tensor:
    return MaskedConv(1, 1, (h, w), sees="upto" if sees_itself else "before").mask


def _cases(seed: int) -> list[Case]:
    sides = [2 * int(12 * float(noise(1, seed=seed + i))) + 3 for i in range(6)]

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


EXERCISE = Exercise(
    answer="raster_mask",
    number="6.5",
    title="A kernel that sees only what was drawn before",
    difficulty=2,
    importance=3,
    minutes=10,
    criteria=(
        Criterion(name="before", points=1, text="a square kernel sees all pixels before its own, and no other"),
        Criterion(name="itself", points=1, text="where it is allowed to, it sees its own pixel as well"),
        Criterion(name="oblong", points=1, text="kernels that are not square, down to a single row", hidden=True),
    ),
    cases=_cases,
    perform=lesson_06.raster_mask,
    references=(_reference,),
    tolerance=Tolerance(absolute=1e-6, relative=0.0, reason="a mask holds zeros and ones and nothing between"),
    slips={
        "own_pixel_always": Slip(
            "The kernel sees its own pixel where it must not: it would copy what it is asked to guess.",
            wrong=lambda h, w, sees_itself: _reference(h, w, True),
        ),
        "own_pixel_never": Slip(
            "The kernel does not see its own pixel where it may.",
            wrong=lambda h, w, sees_itself: _reference(h, w, False),
        ),
        "whole_row": Slip(
            "The kernel sees pixels to the right in its own row. Those are not drawn yet.",
            wrong=_whole_row,
        ),
        "rows_above_only": Slip(
            "The pixels to the left in the same row are drawn already, and the kernel does not see them.",
            wrong=_rows_above_only,
        ),
        "column_after_column": Slip(
            "Your order goes down the columns. Reading order goes along the rows.",
            wrong=lambda h, w, sees_itself: _reference(w, h, sees_itself).T,
        ),
        "what_comes_later": Slip(
            "Your mask keeps what comes later and hides what came before.",
            wrong=lambda h, w, sees_itself: _reference(h, w, sees_itself).flip(0, 1),
        ),
    },
    avoid=(),
    hints=(
        "Take a sheet of squared paper, mark the middle of 5 x 5 squares, and shade what you have read before it.",
        "Two regions are to be filled with ones: whole rows, and a part of the middle row. The middle lies at h // 2 "
        "and w // 2.",
        "Begin with mask = torch.zeros(h, w), and fill the rows above the middle one by one slice.",
    ),
)
