"""Every one-image method that is stopped hands over what it has: by Ctrl-C, by a callback, by the monitor's button."""

from __future__ import annotations

import os
import signal
from typing import Any

import pytest
import torch
from torch import Tensor

import srkit
from srkit import methods
from srkit.methods import KernelFlow, Progress, Result, train_fkp
from srkit.widgets import Monitor

SHOWN = {"channels": 4, "skip": 2, "depth": 3}
SEARCH = {"steps": 50, "channels": 4}
LATER: dict[str, dict[str, Any]] = {
    "back_projection": {"steps": 50},
    "plug_and_play": {"rounds": 50},
    "zssr": {"crop": 16, "width": 4, "depth": 3, "max_steps": 50},
    "dip": {"steps": 50, **SHOWN},
    "dip_fkp": {"steps": 50, "frozen": 1, "structural": 2, **SHOWN},
    "kernelgan": {"crop": 28, "real": True, **SEARCH},
    "kernelgan_fkp": {"crop": 34, "real": True, "batch": 2, **SEARCH},
    "ikc": {"iterations": 50},
}
AT_ONCE = ("bicubic", "stable_diffusion_x4")  # one step; needs weights that are brought: see test_diffusion.py


def photo(side: int = 40) -> Tensor:
    return srkit.datasets.samples(scale=2)[0].hr[:, 60 : 60 + side, 60 : 60 + side].contiguous()


def restored(name: str, progress: Progress | None, **more: Any) -> Result:
    settings = {**LATER[name], **more}
    if name.endswith("_fkp"):
        settings["flow"] = KernelFlow(scale=2, rng=torch.Generator().manual_seed(0))
    if name == "ikc":
        torch.manual_seed(0)
        net: Any = srkit.models.create("ikc", scale=2, tiny=True)
        net.basis.copy_(torch.rand(net.basis.shape))  # training gives it one
        settings["net"] = net
    return methods.create(name, **settings).restore(photo(), scale=2, progress=progress)


def ctrl_c(at: int) -> Progress:
    return lambda done, total: os.kill(os.getpid(), signal.SIGINT) if done == at else None


def test_no_method_on_the_shelf_is_forgotten_here() -> None:
    assert {*LATER, *AT_ONCE} == {name for name in methods.names() if not name.startswith("toy")}


@pytest.mark.parametrize("name", LATER)
def test_ctrl_c_the_button_and_a_callback_give_the_same_image_of_the_steps_made(name: str) -> None:
    monitor = Monitor()

    def button(done: int, total: int) -> bool:
        if done == 3:
            monitor.stop()
        return monitor.progress(done, total)

    ways = [restored(name, ctrl_c(3)), restored(name, button), restored(name, lambda done, total: done == 3)]
    assert [way.reason.partition(" ")[0] for way in ways] == ["interrupted", "stopped", "stopped"]
    assert ways[0].reason == "interrupted by Ctrl-C"
    for way in ways:
        assert (way.steps, way.complete, way.image.shape) == (3, False, (3, 80, 80))
        assert torch.equal(way.image, ways[0].image)
        assert (way.kernel is not None) == methods.card(name).estimates_kernel
    assert bool(ways[0].image.isfinite().all())
    assert not torch.equal(restored(name, ctrl_c(1)).image, ways[0].image)  # the steps made do count
    assert signal.getsignal(signal.SIGINT) is signal.default_int_handler


@pytest.mark.parametrize("name", ["kernelgan", "kernelgan_fkp"])
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
