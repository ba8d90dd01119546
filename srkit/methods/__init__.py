"""One-image methods: they use nothing but the image they are given.

``create("zssr").restore(lr, scale=2)`` gives a :class:`Result`; ``as_network("zssr", scale=2)`` can be used wherever a
network can. A method of one's own is a subclass of :class:`Method` under ``@register_method``.
"""

from typing import TYPE_CHECKING

from srkit._former import former
from srkit.methods import (  # each line registers a method
    bicubic,
    diffusion,
    ikc,
    kernelgan_fkp,
    plug_and_play,
    zssr,
)
from srkit.methods._method import Method, MethodCard, Result, Watch
from srkit.methods._registry import card, create, names, register_method
from srkit.methods.backprojection import BackProjection
from srkit.methods.dark_channel import estimate_kernel
from srkit.methods.dip import DIP, SkipNet
from srkit.methods.dip_fkp import DIPFKP
from srkit.methods.face import as_network
from srkit.methods.fkp import random_gaussians, train_fkp
from srkit.methods.kernel_pool import build_pool
from srkit.methods.kernel_score import kernel_psnr, kernel_report
from srkit.methods.kernelgan import KernelGAN, analytic_x4
from srkit.methods.zssr_presets import preset

__all__ = [
    "DIP",
    "DIPFKP",
    "BackProjection",
    "KernelGAN",
    "Method",
    "MethodCard",
    "Result",
    "SkipNet",
    "Watch",
    "analytic_x4",
    "as_network",
    "build_pool",
    "card",
    "create",
    "estimate_kernel",
    "kernel_psnr",
    "kernel_report",
    "names",
    "preset",
    "random_gaussians",
    "register_method",
    "train_fkp",
]

_FORMER = {
    "methods._registry": "METHODS",
    "methods.backprojection": "back_project",
    "methods.bicubic": "Bicubic",
    "methods.diffusion": "StableDiffusion",
    "methods.fkp": "load_fkp",
    "methods.ikc": "IterativeCorrection",
    "methods.kernelgan_fkp": "KernelGANFKP",
    "methods.plug_and_play": "by_level",
    "methods.zssr": "Zssr",
    "methods.zssr_presets": "PRESETS",
}
if not TYPE_CHECKING:
    __getattr__ = former(__name__, _FORMER)
