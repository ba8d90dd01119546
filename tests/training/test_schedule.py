"""Schedules against torch's own."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
import torch
from torch.optim import lr_scheduler

from srkit.errors import BadInput
from srkit.training import Config
from srkit.training.config import SCHEDULES, learning_rate_at


def rates_of_torch(make: Callable[[torch.optim.Optimizer], Any], steps: int, rate: float) -> list[float]:
    optimiser = torch.optim.SGD([torch.nn.Parameter(torch.zeros(1))], rate)
    scheduler = make(optimiser)
    found = []
    for _ in range(steps):
        found.append(optimiser.param_groups[0]["lr"])
        optimiser.step()
        scheduler.step()
    return found


@pytest.mark.parametrize(
    ("settings", "make"),
    [
        ({"schedule": "constant"}, lambda o: lr_scheduler.ConstantLR(o, factor=1.0)),
        ({"schedule": "halve@30"}, lambda o: lr_scheduler.StepLR(o, 30, gamma=0.5)),
        ({"schedule": "halve@7", "gamma": 0.9}, lambda o: lr_scheduler.StepLR(o, 7, gamma=0.9)),
        ({"schedule": "multistep@10,50,51"}, lambda o: lr_scheduler.MultiStepLR(o, [10, 50, 51], gamma=0.5)),
        ({"schedule": "cosine"}, lambda o: lr_scheduler.CosineAnnealingLR(o, T_max=100)),
        ({"schedule": "cosine", "floor": 0.1}, lambda o: lr_scheduler.CosineAnnealingLR(o, 100, eta_min=1e-4)),
    ],
)
def test_a_schedule_gives_the_rates_of_torchs_scheduler(settings: dict[str, Any], make: Callable[..., Any]) -> None:
    config = Config(steps=100, learning_rate=1e-3, **settings)
    ours = [learning_rate_at(step, config) for step in range(100)]
    assert ours == pytest.approx(rates_of_torch(make, 100, 1e-3), rel=1e-9, abs=1e-18)


def test_the_warm_up_rises_in_equal_stairs_and_then_leaves_the_schedule_alone() -> None:
    config = Config(steps=100, learning_rate=1.0, schedule="constant", warmup=4)
    assert [learning_rate_at(step, config) for step in range(6)] == pytest.approx([0.2, 0.4, 0.6, 0.8, 1.0, 1.0])


def test_a_rate_after_the_last_step_is_that_of_the_end() -> None:
    assert learning_rate_at(500, Config(steps=100, schedule="cosine", floor=0.25, learning_rate=1.0)) == 0.25


@pytest.mark.parametrize(
    "text", ["halve", "halve@", "halve@0", "halve@3,4", "cosine@5", "constant@1", "multistep", "multistep@5,5",
             "multistep@9,3", "step@5", "", "cosine annealing", "halve@1.5", "halve@-5", "multistep@1,,2"],
)  # fmt: skip
def test_a_schedule_that_cannot_be_read_is_answered_with_examples(text: str) -> None:
    with pytest.raises(BadInput, match=r"halve@200000"):
        Config(steps=10, schedule=text)


def test_every_schedule_that_is_listed_can_be_used() -> None:
    numbers = {"halve": "@10", "multistep": "@10,20"}
    for name in SCHEDULES:
        assert learning_rate_at(0, Config(steps=10, schedule=name + numbers.get(name, ""))) == pytest.approx(1e-4)
