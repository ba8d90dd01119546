"""Exercise 13.4: an affine coupling, there and back, with its log-determinant."""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch import Tensor

from srkit.exercises._beside import lesson_13
from srkit.exercises._model import Case, define, noise

__all__ = ["EXERCISE"]

Net = Callable[[Tensor], Tensor]
Pair = tuple[Tensor, Tensor]


def _reference(x: Tensor, mask: Tensor, scales: Net, moves: Net, back: bool) -> Pair:
    kept = mask * x
    s, t = scales(kept), moves(kept)
    changed = x * torch.exp(s) + t if back else (x - t) * torch.exp(-s)
    logs = ((1 - mask) * s).sum(1)
    return kept + (1 - mask) * changed, logs if back else -logs


def _by_places(x: Tensor, mask: Tensor, scales: Net, moves: Net, back: bool) -> Pair:
    """Write the changed values into a copy, place by place; the determinant is their product."""
    kept = torch.where(mask.bool(), x, torch.zeros_like(x))
    factor, t, out = scales(kept).exp(), moves(kept), x.clone()
    product = torch.ones(len(x), dtype=x.dtype)
    for place in (mask == 0).nonzero().flatten().tolist():
        f = factor[:, place]
        out[:, place] = x[:, place] * f + t[:, place] if back else (x[:, place] - t[:, place]) / f
        product = product * (f if back else 1 / f)
    return out, product.log()


def _sees_everything(x: Tensor, mask: Tensor, scales: Net, moves: Net, back: bool) -> Pair:
    s, t = scales(x), moves(x)
    changed = x * torch.exp(s) + t if back else (x - t) * torch.exp(-s)
    logs = ((1 - mask) * s).sum(1)
    return mask * x + (1 - mask) * changed, logs if back else -logs


def _order(x: Tensor, mask: Tensor, scales: Net, moves: Net, back: bool) -> Pair:
    """Forwards right; backwards the move is undone before the scale."""
    kept = mask * x
    s, t = scales(kept), moves(kept)
    changed = (x + t) * torch.exp(s) if back else (x - t) * torch.exp(-s)
    logs = ((1 - mask) * s).sum(1)
    return kept + (1 - mask) * changed, logs if back else -logs


def _logs(change: Callable[[Tensor, Tensor], Tensor]) -> Callable[..., Pair]:
    """Return an answer whose values are right and whose log-determinants are another function of s and the mask."""

    def answer(x: Tensor, mask: Tensor, scales: Net, moves: Net, back: bool) -> Pair:
        logs = change(scales(mask * x), mask)
        return _reference(x, mask, scales, moves, back)[0], logs if back else -logs

    return answer


def _one_sign(x: Tensor, mask: Tensor, scales: Net, moves: Net, back: bool) -> Pair:
    values, logs = _reference(x, mask, scales, moves, back)
    return values, -logs if back else logs


def _the_determinant(x: Tensor, mask: Tensor, scales: Net, moves: Net, back: bool) -> Pair:
    values, logs = _reference(x, mask, scales, moves, back)
    return values, logs.exp()


def _case(criterion: str, rows: int, size: int, seed: int, *, back: bool, asked: str = "values") -> Case:
    mask = (torch.arange(size) % 2 == seed % 2).float()
    drawn = {name: noise(size, size, seed=seed + n) - 0.5 for n, name in enumerate(("w_scales", "w_moves"))}
    values = {"x": 2 * noise(rows, size, seed=seed + 5) - 1, "mask": mask, **drawn, "back": back, "asked": asked}
    return Case(criterion=criterion, inputs=values)


def _cases(seed: int) -> list[Case]:
    return [
        _case("forwards", 1, 4, seed + 1, back=False),
        _case("forwards", 3, 5, seed + 8, back=False),
        _case("backwards", 3, 5, seed + 15, back=True),
        _case("determinant", 3, 6, seed + 21, back=False, asked="logs"),
        _case("there_again", 2, 7, seed + 34, back=True, asked="logs"),
    ]


EXERCISE = define(
    lesson_13.coupling,
    cases=_cases,
    references=(_by_places,),
    wrong={
        "sees_everything": _sees_everything,
        "wrong_order": _order,
        "same_sign": _one_sign,
        "masked_too": _logs(lambda s, mask: s.sum(1)),
        "one_for_all": _logs(lambda s, mask: ((1 - mask) * s).sum()),
        "not_the_logarithm": _the_determinant,
    },
)
