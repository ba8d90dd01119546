"""Exercise 14.3: CinCGAN's inner cycle, four terms for two networks that clean and spoil (CVPR Workshops 2018)."""

from __future__ import annotations

from collections.abc import Callable

import torch
import torch.nn.functional as F
from torch import Tensor

from srkit.exercises._beside import Value, lesson_14
from srkit.exercises._model import Case, Criterion, Exercise, Slip, Tolerance, noise
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


EXERCISE = Exercise(
    answer="inner_cycle",
    number="14.3",
    title="Clean, spoil, and come home",
    difficulty=3,
    importance=4,
    minutes=15,
    criteria=(
        Criterion(name="game", points=1, text="the discriminator should take what was cleaned for clean"),
        Criterion(name="cycle", points=1, text="cleaned and spoilt again, an image has come home"),
        Criterion(name="identity", points=1, text="what is clean already stays as it is"),
        Criterion(name="smooth", points=1, text="what was cleaned is smooth", hidden=True),
    ),
    cases=_cases,
    perform=lesson_14.inner_cycle,
    references=(_written_out,),
    tolerance=Tolerance(absolute=2e-6, relative=2e-5, reason="means of 84 squares in another order differ by 1e-7"),
    hides=("srkit.papers.cincgan:squared_variation", "srkit.losses.cycle:cycle"),
    slips={
        "not_weighed": Slip(
            "The terms are right and their weights are missing.",
            wrong=lambda *given: [
                term / weight for term, weight in zip(_written_out(*given), (1, 10, 5, 0.5), strict=True)
            ],
        ),
        "taken_for_made": Slip(
            "Your game asks the discriminator to see through the cleaned image. The generator wants the other answer.",
            wrong=_replaced(game=lambda clean, spoil, discriminator, x, y: discriminator(clean(x)).square().mean()),
        ),
        "discriminator_of_the_real": Slip(
            "Your discriminator looks at y, which no network of yours has made.",
            wrong=_replaced(game=lambda clean, spoil, discriminator, x, y: (discriminator(y) - 1).square().mean()),
        ),
        "compared_with_a_stranger": Slip(
            "You compare what came home with y. They show different scenes; x set out.",
            wrong=_replaced(cycle=lambda clean, spoil, discriminator, x, y: 10 * F.mse_loss(spoil(clean(x)), y)),
        ),
        "the_other_cycle": Slip(
            "Your cycle sets out from y. CinCGAN closes only the one that begins with a noisy image.",
            wrong=_replaced(cycle=lambda clean, spoil, discriminator, x, y: 10 * F.mse_loss(clean(spoil(y)), y)),
        ),
        "noisy_stays_noisy": Slip(
            "Your identity asks the noisy image to stay as it is, which is what the network shall not do.",
            wrong=_replaced(identity=lambda clean, spoil, discriminator, x, y: 5 * F.l1_loss(clean(x), x)),
        ),
        "smooth_input": Slip(
            "Your smoothness is that of x, which nothing can change. Look at what was made of it.",
            wrong=_replaced(smooth=lambda clean, spoil, discriminator, x, y: 0.5 * squared_variation(x)),
        ),
        "absolute_variation": Slip(
            "Your smoothness is made of absolute differences; here they are squared.",
            wrong=_replaced(smooth=lambda clean, spoil, discriminator, x, y: _absolute_variation(clean(x))),
        ),
        "halved_variation": Slip(
            "Your smoothness is half of what it should be. Is there a 2 in its formula?",
            wrong=_replaced(smooth=lambda clean, spoil, discriminator, x, y: squared_variation(clean(x)) / 4),
        ),
    },
    avoid=(),
    hints=(
        "Which images exist only after a network was asked, and to which of the four terms does each belong?",
        "x is cleaned once, and three of the terms look at that image. Only the identity looks at another one.",
        "Begin with cleaned = clean(x).",
    ),
)
