"""Every one-image method that is stopped hands over what it has: by Ctrl-C, by a callback, by the monitor's button."""

from __future__ import annotations

import signal
from typing import Any

import pytest
import torch
from torch import Tensor

import srkit
from srkit import methods
from srkit.methods import Result, train_fkp
from srkit.methods._method import Progress
from srkit.methods._registry import METHODS
from srkit.methods.blind import BlindMethod
from srkit.widgets import Monitor
from tests.methods._shelf import SHELF, small


def photo(side: int = 40) -> Tensor:
    return srkit.datasets.samples(scale=2)[0].hr[:, 60 : 60 + side, 60 : 60 + side].contiguous()


def restored(name: str, progress: Progress | None, **more: Any) -> Result:
    return small(name, **more).restore(photo(), scale=2, progress=progress)


def ctrl_c(at: int) -> Progress:
    return lambda done, total: signal.raise_signal(signal.SIGINT) if done == at else None


@pytest.mark.parametrize("name", SHELF)
def test_ctrl_c_the_button_and_a_callback_give_the_same_image_of_the_steps_made(name: str) -> None:
    monitor, totals = Monitor(), []

    def button(done: int, total: int) -> bool:
        totals.append(total)
        if done == 3:
            monitor.stop()
        return monitor.progress(done, total)

    by_button = restored(name, button)
    if max(totals) == 1:  # nothing is left to be stopped
        assert by_button.complete
        return
    ways = [restored(name, ctrl_c(3)), by_button, restored(name, lambda done, total: done == 3)]
    assert [way.reason.partition(" ")[0] for way in ways] == ["interrupted", "stopped", "stopped"]
    assert ways[0].reason == "interrupted by Ctrl-C"
    for way in ways:
        assert (way.steps, way.complete, way.image.shape) == (3, False, (3, 80, 80))
        assert torch.equal(way.image, ways[0].image)
        assert (way.kernel is not None) == methods.card(name).estimates_kernel
    assert bool(ways[0].image.isfinite().all())
    assert not torch.equal(restored(name, ctrl_c(1)).image, ways[0].image)  # the steps made do count
    assert signal.getsignal(signal.SIGINT) is signal.default_int_handler


@pytest.mark.parametrize("name", [name for name in SHELF if issubclass(METHODS.get(name).factory, BlindMethod)])
def test_ctrl_c_while_zssr_enlarges_keeps_the_kernel_found_and_the_image_so_far(name: str) -> None:
    whole = restored(name, None, steps=2, then="back_projection")
    stopped = restored(name, ctrl_c(4), steps=2)
    assert (stopped.reason, stopped.steps) == ("interrupted by Ctrl-C", 4)
    assert stopped.image.shape == (3, 80, 80)
    assert torch.equal(torch.as_tensor(stopped.kernel), torch.as_tensor(whole.kernel))


def test_ctrl_c_ends_the_training_of_a_kernel_prior_with_the_prior_so_far() -> None:
    stopped = train_fkp(scale=2, steps=1000, progress=ctrl_c(3))
    assert (stopped.reason, len(stopped.history["loss"])) == ("interrupted by Ctrl-C", 3)
    assert all(bool(p.isfinite().all()) for p in stopped.flow.parameters())
