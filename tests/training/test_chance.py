"""Randomness by seed and step, with the caller's generators left alone."""

from __future__ import annotations

import pytest
import torch

from srkit.training.world import chance, mix


def test_the_same_numbers_give_the_same_draws_and_others_give_others() -> None:
    draws = []
    for numbers in [(1, 2), (1, 2), (2, 1), (12,), (1, 2, 0)]:
        with chance(*numbers):
            draws.append(tuple(torch.rand(4).tolist()))
    assert draws[0] == draws[1]
    assert len(set(draws)) == 4


def test_the_callers_random_numbers_are_the_same_with_and_without_it() -> None:
    before = torch.default_generator.get_state()
    try:
        torch.default_generator.manual_seed(3)
        alone = torch.rand(3)
        torch.default_generator.manual_seed(3)
        with chance(7):
            torch.rand(100)
        assert torch.equal(torch.rand(3), alone)
    finally:
        torch.default_generator.set_state(before)


def test_an_error_inside_puts_the_generator_back_all_the_same() -> None:
    before = torch.default_generator.get_state()

    def fail() -> None:
        with chance(1):
            torch.rand(1)
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        fail()
    assert torch.equal(torch.default_generator.get_state(), before)


def test_seeds_fit_into_63_bits_and_do_not_collide() -> None:
    seeds = {mix(seed, step) for seed in range(50) for step in range(50)}
    assert len(seeds) == 2500
    assert all(0 <= seed < 2**63 for seed in seeds)
