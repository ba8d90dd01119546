"""Every method of the shelf, found and made small without being named."""

from __future__ import annotations

import inspect
from typing import Any

import torch

import srkit
from srkit import methods
from srkit.methods import Method
from srkit.methods._registry import METHODS
from srkit.methods.fkp import KernelFlow

__all__ = ["SHELF", "small"]


def _needs(name: str) -> set[str]:
    return set(inspect.signature(METHODS.get(name).factory.__init__).parameters)


SHELF = [name for name in methods.names() if "pipeline" not in _needs(name)]
"""All but those that run somebody's pipeline, which test_diffusion.py makes."""


def small(name: str, **more: Any) -> Method:
    """Make a method in the tiny configuration of its card, with an untrained prior or network where it takes one."""
    settings = {**methods.card(name).tiny, **more}
    if "flow" in _needs(name):
        settings["flow"] = KernelFlow(scale=2, rng=torch.Generator().manual_seed(0))
    if "net" in _needs(name):
        torch.manual_seed(0)
        net: Any = srkit.models.create(name, scale=2, tiny=True)
        net.basis.copy_(torch.rand(net.basis.shape))  # training gives it one
        settings["net"] = net
    return methods.create(name, **settings)
