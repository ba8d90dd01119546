"""Exercise 20.5: from votes to scores with intervals."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

import torch
from torch import Tensor

from srkit.exercises._beside import Inputs, Value, lesson_20
from srkit.exercises._model import Case, define, drawn, noise

__all__ = ["EXERCISE"]

Found = tuple[Tensor, Tensor, Tensor]


def _wins(votes: Tensor, n: int, tie: tuple[float, float]) -> Tensor:
    """Return the table of wins of votes ``(k, 3)``; a tie gives ``tie`` to the left and to the right one."""
    wins = torch.zeros(n, n)
    for left, right, chosen in votes.tolist():
        wins[left, right] += tie[0] if chosen == -1 else float(chosen == left)
        wins[right, left] += tie[1] if chosen == -1 else float(chosen == right)
    return wins


def _scores(wins: Tensor, *, log: Callable[[Tensor], Tensor] = torch.log10, centred: bool = True) -> Tensor:
    strengths = torch.ones(len(wins))
    for _ in range(30):
        strengths = wins.sum(1) / ((wins + wins.T) / (strengths[:, None] + strengths)).sum(1)
        strengths = strengths / strengths.sum()
    scores = 400 * log(strengths)
    return scores - scores.mean() if centred else scores


def _limits(drawn_scores: Tensor) -> tuple[Tensor, Tensor]:
    return drawn_scores.quantile(0.05, dim=0), drawn_scores.quantile(0.95, dim=0)


def _extremes(drawn_scores: Tensor) -> tuple[Tensor, Tensor]:
    return drawn_scores.amin(0), drawn_scores.amax(0)


def _reference(
    votes: Tensor,
    n: int,
    draws: Tensor,
    *,
    tie: tuple[float, float] = (0.5, 0.5),
    virtual: float = 0.5,
    ours: bool = False,
    limits: Callable[[Tensor], tuple[Tensor, Tensor]] = _limits,
    **options: Any,
) -> Found:
    def of(voters: Tensor) -> Tensor:
        added = virtual * (1 - torch.eye(n))
        return _scores(_wins(voters.flatten(0, 1), n, tie) + added, **options)

    again = [of(votes if ours else votes[voters]) for voters in draws]  # each (n,)
    low, high = limits(torch.stack(again)) if again else (torch.zeros(n), torch.zeros(n))
    return of(votes), low, high


def _single_votes(votes: Tensor, n: int, draws: Tensor) -> Found:
    again = [_reference(votes.flatten(0, 1)[row][None], n, draws[:0, :1])[0] for row in draws]
    return _reference(votes, n, draws)[0], *_limits(torch.stack(again))


def _case(criterion: str, watch: str, seed: int, *, n: int = 3, voters: int = 4, k: int = 6, ties: bool = True) -> Case:
    pairs = torch.stack([torch.argsort(noise(n, seed=seed + i))[:2] for i in range(voters * k)])  # (v*k, 2)
    toss = noise(voters * k, seed=seed + 500)
    better = pairs.amin(1)  # the lower number is preferred, mostly
    chosen = torch.where(toss < 0.6, better, pairs.amax(1))
    chosen = torch.where(toss > 0.8, torch.full_like(chosen, -1), chosen) if ties else chosen
    inputs: dict[str, Value] = {
        "votes": torch.cat([pairs, chosen[:, None]], dim=1).view(voters, k, 3),
        "n": n,
        "draws": (voters * noise(5, voters, seed=seed + 600)).long(),
        "watch": watch,
    }
    return Case(criterion=criterion, inputs=inputs)


def _cases(seed: int) -> list[Case]:
    return [
        _case("score", "score", seed + 1, ties=False),
        _case("ties", "score", seed + 1001),
        _case("interval", "all", seed + 2001),
        _case("more", "all", seed + 3001, n=drawn(4, 5, seed=seed + 3000), voters=6, k=8),
    ]


def _unlike(inputs: Inputs, outputs: Any, expected: Any) -> bool:
    low, high = outputs.get("low"), outputs.get("high")
    return isinstance(low, Tensor) and isinstance(high, Tensor) and low.shape == high.shape and bool((low > high).any())


EXERCISE = define(
    lesson_20.ranking,
    cases=_cases,
    references=(_reference,),
    signs={"turned": _unlike},
    raises={"tie_as_an_index": "index -1 is out of bounds"},
    wrong={
        "ties_dropped": partial(_reference, tie=(0.0, 0.0)),
        "ties_counted_twice": partial(_reference, tie=(1.0, 1.0)),
        "ties_to_the_left": partial(_reference, tie=(1.0, 0.0)),
        "nothing_added": partial(_reference, virtual=0.0),
        "one_added": partial(_reference, virtual=1.0),
        "natural_logarithm": partial(_reference, log=torch.log),
        "not_centred": partial(_reference, centred=False),
        "always_the_same_voters": partial(_reference, ours=True),
        "from_least_to_most": partial(_reference, limits=_extremes),
        "single_votes": _single_votes,
    },
)
