"""Training: ``train`` makes a config and calls ``run``; ``run`` repeats ``one_step``; everything else is a callback."""

from __future__ import annotations

from typing import TYPE_CHECKING

from srkit._former import former
from srkit.training.adversarial import AdversarialTerm
from srkit.training.callbacks import EarlyStopping, LivePlot, Progress, Record, Save, TensorBoard, Validate
from srkit.training.checkpoint import load_checkpoint, save_checkpoint
from srkit.training.config import Config
from srkit.training.loop import Callback, one_step, run
from srkit.training.scales import Family
from srkit.training.stages import train_stages
from srkit.training.start import resume, train
from srkit.training.state import State, make_state
from srkit.training.supervise import Batches

__all__ = [
    "AdversarialTerm",
    "Batches",
    "Callback",
    "Config",
    "EarlyStopping",
    "Family",
    "LivePlot",
    "Progress",
    "Record",
    "Save",
    "State",
    "TensorBoard",
    "Validate",
    "load_checkpoint",
    "make_state",
    "one_step",
    "resume",
    "run",
    "save_checkpoint",
    "train",
    "train_stages",
]

_FORMER = {
    "papers": "WEAK CinCGAN Translation bsrgan_recipe bsrnet_recipe compare_weak esrgan_recipe fssr_recipe "
    "grow_pool ikc_recipe kmsr_recipe kxnet_recipe low_to_high_recipe made_pairs make_domain "
    "srgan_recipe train_cincgan train_dsgan train_high_to_low train_ikc train_kernel_gan train_weak",
    "papers.blind": "RandomKernels",
    "papers.ikc": "Corrections",
    "papers.kernel_gan": "KernelDiscriminator KernelGenerator PoolBatches",
    "layers.translator": "Translator",
    "papers.translators": "Degrader HighToLow",
    "papers.unpaired": "UnpairedPatches check_unpaired",
    "papers.weak": "Weak",
    "training.adversarial": "Adversary=AdversarialTerm",
    "training.checkpoint": "restore",
    "training.config": "SCHEDULES learning_rate_at make_config",
    "training.curriculum": "Easing",
    "training.history": "History",
    "training.loop": "Outcome",
    "training.state": "Average Best Guard Run",
    "training.weights": "begin_from",
    "training.world": "World join_world",
}
if not TYPE_CHECKING:
    __getattr__ = former(__name__, _FORMER)
