"""Exercise 14.3: CinCGAN's inner cycle, four terms for two networks that clean and spoil (CVPR Workshops 2018)."""

from __future__ import annotations

from collections.abc import Callable

import torch
import torch.nn.functional as F
from torch import Tensor

from srkit.exercises._beside import Value, lesson_14
from srkit.exercises._model import Case, define, noise
from srkit.papers.cincgan import squared_variation

__all__ = ["EXERCISE"]

Net = Callable[[Tensor], Tensor]
Terms = list[Tensor]


def _written_out(clean: Net, spoil: Net, discriminator: Net, x: Tensor, y: Tensor) -> Terms:
    cleaned = clean(x)  # (b, 3, h, w)
    slopes = [torch.diff(cleaned, dim=axis).square().mean() for axis in (2, 3)]
    return [
        F.mse_loss(discriminator(cleaned), torch.ones_like(discriminator(cleaned))),
        10 * F.mse_loss(spoil(cleaned), x),
        5 * F.l1_loss(clean(y), y),
        slopes[0] + slopes[1],
    ]


def _absolute_variation(image: Tensor) -> Tensor:
    return torch.diff(image, dim=2).abs().mean() + torch.diff(image, dim=3).abs().mean()


def _replaced(**terms: Callable[..., Tensor]) -> Callable[..., Terms]:
    """Return the right terms but for one, computed from what the exercise gets."""

    def wrong(clean: Net, spoil: Net, discriminator: Net, x: Tensor, y: Tensor) -> Terms:
        right = dict(zip(lesson_14.TERMS, _written_out(clean, spoil, discriminator, x, y), strict=True))
        return list(
            {**right, **{name: term(clean, spoil, discriminator, x, y) for name, term in terms.items()}}.values()
        )

    return wrong


def _cases(seed: int) -> list[Case]:
    clean, spoil, discriminator = (noise(n, 3, 1, 1, seed=seed + k) - 0.4 for k, n in enumerate((3, 3, 1)))
    base: dict[str, Value] = {"clean": clean, "spoil": spoil, "discriminator": discriminator}
    small: dict[str, Value] = {"x": noise(1, 3, 5, 6, seed=seed + 3), "y": noise(1, 3, 5, 6, seed=seed + 4)}
    batch: dict[str, Value] = {"x": noise(2, 3, 4, 7, seed=seed + 5), "y": noise(2, 3, 4, 7, seed=seed + 6)}
    return [
        Case(criterion=name, inputs={**base, **(batch if name == "smooth" else small), "watch": number})
        for number, name in enumerate(lesson_14.TERMS)
    ]


EXERCISE = define(
    lesson_14.inner_cycle,
    cases=_cases,
    references=(_written_out,),
    wrong={
        "not_weighed": lambda *given: [
            term / weight for term, weight in zip(_written_out(*given), (1, 10, 5, 0.5), strict=True)
        ],
        "taken_for_made": _replaced(
            game=lambda clean, spoil, discriminator, x, y: discriminator(clean(x)).square().mean()
        ),
        "discriminator_of_the_real": _replaced(
            game=lambda clean, spoil, discriminator, x, y: (discriminator(y) - 1).square().mean()
        ),
        "compared_with_a_stranger": _replaced(
            cycle=lambda clean, spoil, discriminator, x, y: 10 * F.mse_loss(spoil(clean(x)), y)
        ),
        "the_other_cycle": _replaced(
            cycle=lambda clean, spoil, discriminator, x, y: 10 * F.mse_loss(clean(spoil(y)), y)
        ),
        "noisy_stays_noisy": _replaced(identity=lambda clean, spoil, discriminator, x, y: 5 * F.l1_loss(clean(x), x)),
        "smooth_input": _replaced(smooth=lambda clean, spoil, discriminator, x, y: 0.5 * squared_variation(x)),
        "absolute_variation": _replaced(smooth=lambda clean, spoil, discriminator, x, y: _absolute_variation(clean(x))),
        "halved_variation": _replaced(smooth=lambda clean, spoil, discriminator, x, y: squared_variation(clean(x)) / 4),
    },
)
