"""Papers: how each paper trains the network that needs more than pairs, on the loop of :mod:`srkit.training`."""

from typing import TYPE_CHECKING

from srkit._former import former
from srkit.papers.cincgan import CinCGAN, train_cincgan
from srkit.papers.ikc import train_ikc
from srkit.papers.kernel_gan import grow_pool, train_kernel_gan
from srkit.papers.recipes import (
    bsrgan_recipe,
    bsrnet_recipe,
    esrgan_recipe,
    fssr_recipe,
    ikc_recipe,
    kmsr_recipe,
    kxnet_recipe,
    low_to_high_recipe,
    srgan_recipe,
    srmd_recipe,
    usrnet_recipe,
)
from srkit.papers.unpaired import Translation, made_pairs, train_dsgan, train_high_to_low
from srkit.papers.weak import WEAK, train_weak
from srkit.papers.weak_study import compare_weak, make_domain

__all__ = [
    "WEAK",
    "CinCGAN",
    "Translation",
    "bsrgan_recipe",
    "bsrnet_recipe",
    "compare_weak",
    "esrgan_recipe",
    "fssr_recipe",
    "grow_pool",
    "ikc_recipe",
    "kmsr_recipe",
    "kxnet_recipe",
    "low_to_high_recipe",
    "made_pairs",
    "make_domain",
    "srgan_recipe",
    "srmd_recipe",
    "train_cincgan",
    "train_dsgan",
    "train_high_to_low",
    "train_ikc",
    "train_kernel_gan",
    "train_weak",
    "usrnet_recipe",
]

_FORMER = {
    "papers.blind": "RandomKernels",
    "papers.ikc": "Corrections",
    "papers.kernel_gan": "KernelDiscriminator KernelGenerator PoolBatches",
    "papers.translators": "Degrader HighToLow",
    "layers.translator": "Translator",
    "papers.unpaired": "UnpairedPatches check_unpaired",
    "papers.weak": "Weak",
}
if not TYPE_CHECKING:
    __getattr__ = former(__name__, _FORMER)
