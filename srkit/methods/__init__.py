"""One-image methods: they use nothing but the image they are given.

``create("zssr").restore(lr, scale=2)`` gives a :class:`Result`; ``as_network("zssr", scale=2)`` can be used wherever a
network can. A method of one's own is a subclass of :class:`Method` under ``@register_method``.
"""

from srkit.methods._method import Method, MethodCard, Result, Watch
from srkit.methods._registry import METHODS, card, create, names, register_method
from srkit.methods.backprojection import BackProjection, back_project
from srkit.methods.bicubic import Bicubic
from srkit.methods.dark_channel import estimate_kernel
from srkit.methods.diffusion import StableDiffusion
from srkit.methods.dip import DIP
from srkit.methods.dip_fkp import DIPFKP
from srkit.methods.face import as_network
from srkit.methods.fkp import load_fkp
from srkit.methods.fkp_training import random_gaussians, train_fkp
from srkit.methods.ikc import IterativeCorrection
from srkit.methods.kernel_pool import build_pool
from srkit.methods.kernel_score import kernel_psnr, kernel_report
from srkit.methods.kernelgan import KernelGAN, analytic_x4
from srkit.methods.kernelgan_fkp import KernelGANFKP
from srkit.methods.plug_and_play import by_level
from srkit.methods.skip import SkipNet
from srkit.methods.zssr import Zssr
from srkit.methods.zssr_presets import PRESETS, preset

__all__ = [
    "DIP",
    "DIPFKP",
    "METHODS",
    "PRESETS",
    "BackProjection",
    "Bicubic",
    "IterativeCorrection",
    "KernelGAN",
    "KernelGANFKP",
    "Method",
    "MethodCard",
    "Result",
    "SkipNet",
    "StableDiffusion",
    "Watch",
    "Zssr",
    "analytic_x4",
    "as_network",
    "back_project",
    "build_pool",
    "by_level",
    "card",
    "create",
    "estimate_kernel",
    "kernel_psnr",
    "kernel_report",
    "load_fkp",
    "names",
    "preset",
    "random_gaussians",
    "register_method",
    "train_fkp",
]
