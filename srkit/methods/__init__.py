"""One-image methods: they use nothing but the image they are given.

``create("zssr").restore(lr, scale=2)`` gives a :class:`Result`; ``as_network("zssr", scale=2)`` can be used wherever a
network can. A method of one's own is a subclass of :class:`Method` under ``@register_method``.
"""

from srkit.methods._method import Method, MethodCard, Progress, Result, Watch
from srkit.methods._registry import METHODS, MethodEntry, card, create, names, register_method
from srkit.methods.backprojection import BackProjection, back_project
from srkit.methods.bicubic import Bicubic
from srkit.methods.blind import BlindMethod
from srkit.methods.dark_channel import DARK_CHANNEL_PRESETS, DarkChannelSettings, estimate_kernel
from srkit.methods.diffusion import StableDiffusion
from srkit.methods.dip import DIP, DIP_PRESETS, DIPSettings
from srkit.methods.dip_fkp import DIPFKP, DIPFKP_PRESETS, DIPFKPSettings
from srkit.methods.face import MethodNetwork, as_network
from srkit.methods.fkp import KernelFlow, load_fkp
from srkit.methods.fkp_training import FKP_PRESETS, FlowRun, FlowSettings, random_gaussians, train_fkp
from srkit.methods.ikc import IterativeCorrection
from srkit.methods.kernel_pool import build_pool, textured_patches
from srkit.methods.kernel_score import covariance, kernel_psnr, kernel_report
from srkit.methods.kernelgan import KERNELGAN_PRESETS, KernelGAN, KernelGANSettings, analytic_x4, clean_kernel
from srkit.methods.kernelgan_fkp import KERNELGAN_FKP_PRESETS, KernelGANFKP, KernelGANFKPSettings
from srkit.methods.plug_and_play import PlugAndPlay, by_level
from srkit.methods.reduction import Reduction
from srkit.methods.skip import SkipNet
from srkit.methods.zssr import Zssr, ZSSRNet
from srkit.methods.zssr_presets import PRESETS, Settings, preset

__all__ = [
    "DARK_CHANNEL_PRESETS",
    "DIP",
    "DIPFKP",
    "DIPFKP_PRESETS",
    "DIP_PRESETS",
    "FKP_PRESETS",
    "KERNELGAN_FKP_PRESETS",
    "KERNELGAN_PRESETS",
    "METHODS",
    "PRESETS",
    "BackProjection",
    "Bicubic",
    "BlindMethod",
    "DIPFKPSettings",
    "DIPSettings",
    "DarkChannelSettings",
    "FlowRun",
    "FlowSettings",
    "IterativeCorrection",
    "KernelFlow",
    "KernelGAN",
    "KernelGANFKP",
    "KernelGANFKPSettings",
    "KernelGANSettings",
    "Method",
    "MethodCard",
    "MethodEntry",
    "MethodNetwork",
    "PlugAndPlay",
    "Progress",
    "Reduction",
    "Result",
    "Settings",
    "SkipNet",
    "StableDiffusion",
    "Watch",
    "ZSSRNet",
    "Zssr",
    "analytic_x4",
    "as_network",
    "back_project",
    "build_pool",
    "by_level",
    "card",
    "clean_kernel",
    "covariance",
    "create",
    "estimate_kernel",
    "kernel_psnr",
    "kernel_report",
    "load_fkp",
    "names",
    "preset",
    "random_gaussians",
    "register_method",
    "textured_patches",
    "train_fkp",
]
