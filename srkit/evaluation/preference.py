"""What people prefer: the strengths of methods from choices between two pictures.

R. A. Bradley, M. E. Terry, "Rank Analysis of Incomplete Block Designs: I. The Method of Paired Comparisons", Biometrika
39, 1952, 324-345. The update that is repeated, and when it has a limit: D. R. Hunter, "MM Algorithms for Generalized
Bradley-Terry Models", The Annals of Statistics 32(1), 2004, 384-406.
"""

from __future__ import annotations

import torch
from torch import Tensor

from srkit.errors import BadInput

__all__ = ["bradley_terry"]

_MOST_ROUNDS = 20_000
_SETTLED = 1e-12


def bradley_terry(wins: Tensor, *, virtual: float = 0.0) -> Tensor:
    """Return the most likely strengths ``s``: method i is preferred to j with the chance ``s[i] / (s[i] + s[j])``.

    Args:
        wins: ``(n, n)``, how often i was preferred to j; a tie is half a win for each of the two. The diagonal is not
            read.
        virtual: wins that are added to every pair in both directions, so that a method that never won, or never lost,
            has a finite strength.

    Returns:
        ``(n,)`` float64 on the CPU, positive, with the sum 1. ``400 * s.log10()`` is the scale of Elo's ratings.

    Raises:
        BadInput: no such table, or no finite strengths explain it: some methods never lost against the others, or were
            never shown beside them.
    """
    table = wins.detach().to("cpu", torch.float64)
    if table.ndim != 2 or table.shape[0] != table.shape[1] or len(table) < 2:
        raise BadInput(f"Wins are a square table of at least two methods; the shape {tuple(wins.shape)} was given.")
    if not table.isfinite().all() or (table < 0).any() or not 0 <= virtual < float("inf"):
        raise BadInput("Wins, and virtual ones, are counts: finite and not negative.")
    table = (table + virtual) * (1 - torch.eye(len(table), dtype=torch.float64))
    if not _connected(table > 0):
        raise BadInput(
            "Some of the methods never lost against the others, or were never compared with them, so no finite "
            "strengths fit. Collect more votes, or add half a win to every pair: virtual=0.5."
        )
    asked, won = table + table.T, table.sum(1)
    strengths = torch.full_like(won, 1 / len(won))
    for _ in range(_MOST_ROUNDS):
        before = strengths
        strengths = won / (asked / (before[:, None] + before)).sum(1)
        strengths = strengths / strengths.sum()
        if ((strengths - before).abs() <= _SETTLED * before).all():
            return strengths
    raise BadInput(
        f"The strengths did not settle in {_MOST_ROUNDS:,} rounds: between some groups of methods there are hardly any "
        "votes. Collect more, or add half a win to every pair: virtual=0.5."
    )


def _connected(beats: Tensor) -> bool:
    """Tell whether from each method a chain of wins leads to every other; ``beats`` is ``(n, n)``."""
    reach = (beats | torch.eye(len(beats), dtype=torch.bool)).double()
    for _ in range(len(beats)):
        reach = (reach @ reach > 0).double()
    return bool((reach > 0).all())
