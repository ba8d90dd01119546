"""Training: ``train`` makes a config and calls ``run``; ``run`` repeats ``one_step``; everything else is a callback."""

from srkit.training.adversarial import Adversary
from srkit.training.average import Average
from srkit.training.batch import Batches
from srkit.training.blind import RandomKernels, train_blind
from srkit.training.callbacks import EarlyStopping, Record, Save, TensorBoard, Validate
from srkit.training.checkpoint import load_checkpoint, restore, save_checkpoint
from srkit.training.cincgan import CinCGAN, train_cincgan
from srkit.training.conditional import Conditional, KnownDegradations, Packed, prepare_conditional, train_conditional
from srkit.training.config import Config, make_config
from srkit.training.curriculum import Easing
from srkit.training.degraded import Degraded
from srkit.training.guard import Guard
from srkit.training.history import History
from srkit.training.ikc import CodedBatches, Correcting, Corrections, train_ikc
from srkit.training.kernel_gan import KernelCritic, KernelGenerator, PoolBatches, grow_pool, train_kernel_gan
from srkit.training.kmsr import train_kmsr
from srkit.training.loop import Callback, Outcome, one_step, run
from srkit.training.monitor import LivePlot, Progress
from srkit.training.recipes import (
    bsrgan_recipe,
    bsrnet_recipe,
    esrgan_recipe,
    fssr_recipe,
    ikc_recipe,
    kmsr_recipe,
    kxnet_recipe,
    low_to_high_recipe,
    srgan_recipe,
)
from srkit.training.result import Run
from srkit.training.scales import Family
from srkit.training.schedule import SCHEDULES, learning_rate_at
from srkit.training.stages import train_stages
from srkit.training.start import resume, train
from srkit.training.state import Best, State, make_state
from srkit.training.translators import Degrader, HighToLow, Translator
from srkit.training.unpaired import Translation, made_pairs, train_dsgan, train_high_to_low
from srkit.training.unpaired_patches import UnpairedPatches, check_unpaired
from srkit.training.weak import WEAK, Weak, train_weak
from srkit.training.weak_study import compare_weak, make_domain
from srkit.training.weights import begin_from
from srkit.training.world import World, join_world

__all__ = [
    "SCHEDULES",
    "WEAK",
    "Adversary",
    "Average",
    "Batches",
    "Best",
    "Callback",
    "CinCGAN",
    "CodedBatches",
    "Conditional",
    "Config",
    "Correcting",
    "Corrections",
    "Degraded",
    "Degrader",
    "EarlyStopping",
    "Easing",
    "Family",
    "Guard",
    "HighToLow",
    "History",
    "KernelCritic",
    "KernelGenerator",
    "KnownDegradations",
    "LivePlot",
    "Outcome",
    "Packed",
    "PoolBatches",
    "Progress",
    "RandomKernels",
    "Record",
    "Run",
    "Save",
    "State",
    "TensorBoard",
    "Translation",
    "Translator",
    "UnpairedPatches",
    "Validate",
    "Weak",
    "World",
    "begin_from",
    "bsrgan_recipe",
    "bsrnet_recipe",
    "check_unpaired",
    "compare_weak",
    "esrgan_recipe",
    "fssr_recipe",
    "grow_pool",
    "ikc_recipe",
    "join_world",
    "kmsr_recipe",
    "kxnet_recipe",
    "learning_rate_at",
    "load_checkpoint",
    "low_to_high_recipe",
    "made_pairs",
    "make_config",
    "make_domain",
    "make_state",
    "one_step",
    "prepare_conditional",
    "restore",
    "resume",
    "run",
    "save_checkpoint",
    "srgan_recipe",
    "train",
    "train_blind",
    "train_cincgan",
    "train_conditional",
    "train_dsgan",
    "train_high_to_low",
    "train_ikc",
    "train_kernel_gan",
    "train_kmsr",
    "train_stages",
    "train_weak",
]
