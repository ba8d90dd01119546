"""Exercise 18.3: what the network of LIIF is asked for each pixel of the result."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor

from srkit.exercises._beside import lesson_18
from srkit.exercises._model import Case, define, drawn, noise

__all__ = ["EXERCISE"]


def _asked(
    features: Tensor,
    rows: Tensor,
    columns: Tensor,
    below: int,
    beside: int,
    *,
    step: Callable[[Tensor], Tensor] = torch.floor,
    unit: float = 2.0,
    cell: float = 2.0,
    real: bool = True,
    swapped: bool = False,
    clamped: bool = True,
) -> Tensor:
    (b, _, h, w), length, width = features.shape, len(rows), len(columns)
    row, column = (step(rows) + below).clamp(0, h - 1), (step(columns) + beside).clamp(0, w - 1)
    near = features[:, :, row.long()][..., column.long()].movedim(1, -1)  # (b, H, W, c)
    if not clamped:
        row, column = step(rows) + below, step(columns) + beside
    away = torch.stack(torch.meshgrid(unit * (rows - row), unit * (columns - column), indexing="ij"), dim=-1)
    sizes = (cell * h / length, cell * w / width) if real else (cell * length / h, cell * width / w)
    size = features.new_tensor(sizes).expand(b, length, width, 2)
    away = away.flip(-1) if swapped else away
    return torch.cat([near, away.expand(b, -1, -1, -1), size], dim=-1)  # (b, H, W, c + 4)


def _variant(**changes: Any) -> Callable[..., Tensor]:
    return lambda features, rows, columns, below, beside: _asked(features, rows, columns, below, beside, **changes)


def _cases(seed: int) -> list[Case]:
    h, w = drawn(3, 4, seed=seed + 1), drawn(5, 6, seed=seed + 2)
    features = noise(2, 2, h, w, seed=seed + 3)

    def case(criterion: str, watch: str, below: int, beside: int) -> Case:
        length, width = h + 2, w + 1
        rows = (torch.arange(length) + 0.5) * h / length - 0.5
        columns = (torch.arange(width) + 0.5) * w / width - 0.5
        inputs = {"features": features, "rows": rows, "columns": columns, "below": below, "beside": beside}
        return Case(criterion=criterion, inputs={**inputs, "watch": watch})

    return [
        case("features", "features", 0, 0),
        case("features", "features", 1, 0),
        case("offsets", "offsets", 0, 1),
        case("cells", "cells", 0, 0),
        case("other", "asked", 1, 1),
    ]


EXERCISE = define(
    lesson_18.query,
    cases=_cases,
    references=(_asked,),
    wrong={
        "columns_first": _variant(swapped=True),
        "nearest_for_all": _variant(step=torch.round),
        "offset_in_pixels": _variant(unit=1.0),
        "seen_from_the_place": _variant(unit=-2.0),
        "offset_of_a_pixel_outside": _variant(clamped=False),
        "cell_in_pixels": _variant(cell=1.0),
        "scale_for_cell": _variant(real=False, cell=1.0),
        "no_cell": _variant(cell=0.0),
    },
)
