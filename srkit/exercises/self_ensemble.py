"""Exercise 11.1: the geometric self-ensemble, eight views and one mean (Lim et al., CVPRW 2017, section 4.3)."""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch import Tensor

from srkit.exercises._beside import lesson_11
from srkit.exercises._model import Case, Criterion, Exercise, Slip, Tolerance, noise
from srkit.inference import self_ensemble

__all__ = ["EXERCISE"]

Net = Callable[[Tensor], Tensor]


def _cases(seed: int) -> list[Case]:
    weight = noise(12, 3, 3, 3, seed=seed) - 0.4
    square, wide, batch = (
        noise(1, 3, 4, 4, seed=seed + 1),
        noise(1, 3, 3, 5, seed=seed + 2),
        noise(2, 3, 4, 3, seed=seed + 3),
    )
    return [
        Case(criterion="even", inputs={"lr": square, "weight": None}),
        Case(criterion="even", inputs={"lr": wide, "weight": None}),
        Case(criterion="mean", inputs={"lr": square, "weight": weight}),
        Case(criterion="any", inputs={"lr": batch, "weight": weight}),
    ]


def _views(lr: Tensor) -> list[Tensor]:
    flips = [lr, lr.flip(-1), lr.flip(-2), lr.flip(-1, -2)]
    return [*flips, *(view.transpose(-1, -2) for view in flips)]


def _upright(srs: list[Tensor]) -> list[Tensor]:
    turned = [*srs[:4], *(sr.transpose(-1, -2) for sr in srs[4:])]
    return [sr.flip(axes) if axes else sr for sr, axes in zip(turned, [(), (-1,), (-2,), (-1, -2)] * 2, strict=True)]


def _rotations_only(net: Net, lr: Tensor) -> Tensor:
    return torch.stack([net(lr.rot90(k, (-2, -1))).rot90(-k, (-2, -1)) for k in range(4)]).mean(0)


def _wrong_order(net: Net, lr: Tensor) -> Tensor:
    srs = [net(view) for view in _views(lr)]
    flips: list[tuple[int, ...]] = [(), (-1,), (-2,), (-1, -2)]
    back = [sr.flip(axes) if axes else sr for sr, axes in zip(srs, flips * 2, strict=True)]
    return torch.stack([*back[:4], *(sr.transpose(-1, -2) for sr in back[4:])]).mean(0)


EXERCISE = Exercise(
    answer="self_ensemble",
    number="11.1",
    title="Eight views of one photograph",
    difficulty=2,
    importance=2,
    minutes=15,
    criteria=(
        Criterion(name="even", points=1, text="a network that treats all directions alike gives what it gave alone"),
        Criterion(name="mean", points=1, text="on a square image the result is the mean over all eight views"),
        Criterion(name="any", points=1, text="it holds for a batch of images that are not square", hidden=True),
    ),
    cases=_cases,
    perform=lesson_11.self_ensemble,
    references=(self_ensemble,),
    tolerance=Tolerance(
        absolute=1e-5, relative=1e-5, reason="the mean of eight float32 numbers in another order differs by 1e-6"
    ),
    hides=("srkit.inference.ensemble:dihedral", "srkit.inference.ensemble:undo_dihedral"),
    slips={
        "not_turned_back": Slip(
            "The eight results still point in eight directions when you average them.",
            wrong=lambda net, lr: torch.stack([net(view) for view in _views(lr)]).mean(0),
        ),
        "wrong_order": Slip(
            "Some results come back turned the wrong way. Two moves are undone in which order?",
            wrong=_wrong_order,
        ),
        "sum_instead_of_mean": Slip(
            "The result is eight times too bright.",
            wrong=lambda net, lr: 8 * self_ensemble(net, lr),
        ),
        "flips_only": Slip(
            "Four of the eight views are there. A square has more symmetries than its two flips.",
            wrong=lambda net, lr: torch.stack(_upright([net(view) for view in _views(lr)])[:4]).mean(0),
        ),
        "rotations_only": Slip(
            "Four of the eight views are there. A square has more symmetries than its four rotations.",
            wrong=_rotations_only,
        ),
        "no_ensemble": Slip("The result is that of the network alone.", wrong=lambda net, lr: net(lr)),
    },
    avoid=(),
    hints=(
        "Hold a square of paper: in how many ways can you put it back into its outline, turning it over allowed?",
        "For each view: move the image, run the network, undo the move on the result. Flips undo themselves; two moves "
        "in a row are undone last one first. Average at the end.",
        "Loop over the four choices of axes to flip ([], [-1], [-2], [-1, -2]) and over whether to transpose(-1, -2) "
        "as well: 4 x 2 = 8. Add the results up in one tensor.",
    ),
)
