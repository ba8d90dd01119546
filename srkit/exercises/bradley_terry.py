"""Exercise 20.4: strengths from a table of wins."""

from __future__ import annotations

import torch
from torch import Tensor

from srkit.exercises._beside import Value, lesson_20
from srkit.exercises._model import Case, define, drawn, noise

__all__ = ["EXERCISE"]


def _reference(wins: Tensor, rounds: int) -> Tensor:
    asked = wins + wins.T  # (n, n)
    strengths = torch.full((len(wins),), 1 / len(wins), dtype=wins.dtype)
    for _ in range(rounds):
        strengths = wins.sum(1) / (asked / (strengths[:, None] + strengths)).sum(1)
        strengths = strengths / strengths.sum()
    return strengths


def _shares(wins: Tensor, rounds: int) -> Tensor:
    return wins.sum(1) / wins.sum()


def _rates(wins: Tensor, rounds: int) -> Tensor:
    rates = wins.sum(1) / (wins + wins.T).sum(1)
    return rates / rates.sum()


def _without_losses(wins: Tensor, rounds: int) -> Tensor:
    strengths = torch.full((len(wins),), 1 / len(wins), dtype=wins.dtype)
    for _ in range(rounds):
        strengths = wins.sum(1) / (wins / (strengths[:, None] + strengths)).sum(1)
        strengths = strengths / strengths.sum()
    return strengths


def _one_after_another(wins: Tensor, rounds: int) -> Tensor:
    strengths = torch.full((len(wins),), 1 / len(wins), dtype=wins.dtype)
    for _ in range(rounds):
        for i in range(len(wins)):
            strengths[i] = wins[i].sum() / ((wins + wins.T)[i] / (strengths[i] + strengths)).sum()
        strengths = strengths / strengths.sum()
    return strengths


def _not_normalised(wins: Tensor, rounds: int) -> Tensor:
    strengths = torch.ones(len(wins), dtype=wins.dtype)
    for _ in range(rounds):
        strengths = wins.sum(1) / ((wins + wins.T) / (strengths[:, None] + strengths)).sum(1)
    return strengths


def _case(criterion: str, n: int, rounds: int, seed: int, *, even: bool = False) -> Case:
    true = 1.7 ** torch.arange(n) * (0.85 + 0.3 * noise(n, seed=seed))
    chance = true[:, None] / (true[:, None] + true)  # (n, n)
    asked = torch.full((n, n), 20.0) if even else (4 + 30 * noise(n, n, seed=seed + 1)).round()
    asked = (asked + asked.T) * (1 - torch.eye(n))
    wins = (chance * asked).round().triu(1)
    inputs: dict[str, Value] = {"wins": wins + (asked.triu(1) - wins).T, "rounds": rounds}
    return Case(criterion=criterion, inputs=inputs)


def _cases(seed: int) -> list[Case]:
    return [
        _case("two", 2, 3, seed + 1),
        _case("one", 4, 1, seed + 11),
        _case("settled", 5, 60, seed + 21, even=True),
        _case("uneven", drawn(5, 7, seed=seed + 30), 60, seed + 31),
    ]


EXERCISE = define(
    lesson_20.bradley_terry,
    cases=_cases,
    references=(_reference,),
    wrong={
        "shares_of_wins": _shares,
        "rates_of_wins": _rates,
        "losses": lambda wins, rounds: _reference(wins.T, rounds),
        "only_wins_were_asked": _without_losses,
        "one_after_another": _one_after_another,
        "not_normalised": _not_normalised,
    },
)
