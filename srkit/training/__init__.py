"""Training: ``train`` makes a config and calls ``run``; ``run`` repeats ``one_step``; everything else is a callback."""

from __future__ import annotations

import importlib
from typing import Any

from srkit.training.adversarial import AdversarialTerm
from srkit.training.average import Average
from srkit.training.batch import Batches
from srkit.training.callbacks import EarlyStopping, Record, Save, TensorBoard, Validate
from srkit.training.checkpoint import load_checkpoint, restore, save_checkpoint
from srkit.training.config import Config, make_config
from srkit.training.curriculum import Easing
from srkit.training.guard import Guard
from srkit.training.history import History
from srkit.training.loop import Callback, Outcome, one_step, run
from srkit.training.monitor import LivePlot, Progress
from srkit.training.scales import Family
from srkit.training.schedule import SCHEDULES, learning_rate_at
from srkit.training.stages import train_stages
from srkit.training.start import resume, train
from srkit.training.state import Best, Run, State, make_state
from srkit.training.weights import begin_from
from srkit.training.world import World, join_world

__all__ = [
    "SCHEDULES",
    "AdversarialTerm",
    "Average",
    "Batches",
    "Best",
    "Callback",
    "Config",
    "EarlyStopping",
    "Easing",
    "Family",
    "Guard",
    "History",
    "LivePlot",
    "Outcome",
    "Progress",
    "Record",
    "Run",
    "Save",
    "State",
    "TensorBoard",
    "Validate",
    "World",
    "begin_from",
    "join_world",
    "learning_rate_at",
    "load_checkpoint",
    "make_config",
    "make_state",
    "one_step",
    "restore",
    "resume",
    "run",
    "save_checkpoint",
    "train",
    "train_stages",
]

_MOVED = (
    "WEAK", "CinCGAN", "Corrections", "Degrader", "HighToLow", "KernelDiscriminator", "KernelGenerator",
    "PoolBatches", "RandomKernels", "Translation", "Translator", "UnpairedPatches", "Weak", "bsrgan_recipe",
    "bsrnet_recipe", "check_unpaired", "compare_weak", "esrgan_recipe", "fssr_recipe", "grow_pool", "ikc_recipe",
    "kmsr_recipe", "kxnet_recipe", "low_to_high_recipe", "made_pairs", "make_domain", "srgan_recipe",
    "train_cincgan", "train_dsgan", "train_high_to_low", "train_ikc", "train_kernel_gan", "train_weak",
)  # fmt: skip
"""Names that have moved to :mod:`srkit.papers`; they can be had here for one more version."""


def __getattr__(name: str) -> Any:
    """Return a name that has moved to :mod:`srkit.papers`."""
    if name == "Adversary":  # its former name, for one more version
        return AdversarialTerm
    if name in _MOVED:
        return getattr(importlib.import_module("srkit.papers"), name)
    raise AttributeError(f"srkit.training has no public name {name!r}; it has: {', '.join(__all__)}")
