"""Strengths from votes, beside SciPy's maximum of the likelihood and what can be said without any computation."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from numpy.typing import NDArray
from scipy.optimize import minimize

from srkit.errors import BadInput
from srkit.evaluation import bradley_terry


def drawn_wins(n: int, seed: int) -> torch.Tensor:
    rng = np.random.default_rng(seed)
    true = rng.uniform(0.2, 1.0, n)
    asked = np.triu(rng.integers(3, 40, (n, n)), 1)
    won = rng.binomial(asked, true[:, None] / (true[:, None] + true))
    return torch.from_numpy(won + (asked - won).T).double()


@pytest.mark.parametrize("n", [2, 3, 6])
def test_strengths_are_where_scipy_finds_the_likelihood_largest(n: int) -> None:
    wins = drawn_wins(n, seed=n)
    table = wins.numpy()

    def unlikely(logs: NDArray[np.float64]) -> float:
        return float((table * np.logaddexp(0, logs[None, :] - logs[:, None])).sum())

    best = np.exp(minimize(unlikely, np.zeros(n), method="BFGS", options={"gtol": 1e-9}).x)
    assert bradley_terry(wins).numpy() == pytest.approx(best / best.sum(), rel=1e-5)


def test_two_methods_have_the_shares_of_their_wins() -> None:
    assert bradley_terry(torch.tensor([[0, 30], [10, 0]])).tolist() == pytest.approx([0.75, 0.25])


def test_renaming_the_methods_renames_their_strengths() -> None:
    wins, order = drawn_wins(5, seed=9), torch.tensor([3, 0, 4, 1, 2])
    assert torch.allclose(bradley_terry(wins[order][:, order]), bradley_terry(wins)[order], rtol=1e-9)


def test_votes_in_a_circle_give_equal_strengths() -> None:
    assert bradley_terry(torch.tensor([[0, 8, 2], [2, 0, 8], [8, 2, 0]])).tolist() == pytest.approx([1 / 3] * 3)


def test_a_method_that_never_lost_is_refused_and_half_a_win_for_every_pair_helps() -> None:
    wins = torch.tensor([[0, 5], [0, 0]])
    with pytest.raises(BadInput, match=r"never lost.*virtual=0\.5"):
        bradley_terry(wins)
    assert bradley_terry(wins, virtual=0.5).tolist() == pytest.approx([5.5 / 6, 0.5 / 6])


def test_two_groups_that_never_met_are_refused() -> None:
    wins = torch.zeros(4, 4)
    wins[0, 1] = wins[1, 0] = wins[2, 3] = wins[3, 2] = 4
    with pytest.raises(BadInput, match="never compared"):
        bradley_terry(wins)


@pytest.mark.parametrize(
    "wins",
    [torch.ones(2, 3), torch.ones(1, 1), torch.tensor([[0, -1.0], [1, 0]]), torch.tensor([[0, torch.nan], [1, 0]])],
)
def test_what_is_no_table_of_counts_is_refused(wins: torch.Tensor) -> None:
    with pytest.raises(BadInput, match=r"square table|counts"):
        bradley_terry(wins)
