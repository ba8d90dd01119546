"""One-image methods: they learn from, or search in, nothing but the image they are given.

``create("zssr").restore(lr, scale=2)`` gives a :class:`Result`; ``as_network("zssr", scale=2)`` goes wherever a network
goes. A method of one's own is a subclass of :class:`Method` under ``@register_method``.
"""

from srkit.methods._method import Method, MethodCard, Progress, Result, Watch
from srkit.methods._registry import METHODS, MethodEntry, card, create, names, register_method
from srkit.methods.backprojection import BackProjection, back_project
from srkit.methods.bicubic import Bicubic
from srkit.methods.diffusion import StableDiffusion
from srkit.methods.face import MethodNetwork, as_network
from srkit.methods.plug_and_play import PlugAndPlay, by_level
from srkit.methods.reduction import Reduction
from srkit.methods.zssr import Zssr, ZSSRNet
from srkit.methods.zssr_presets import PRESETS, Settings, preset

__all__ = [
    "METHODS",
    "PRESETS",
    "BackProjection",
    "Bicubic",
    "Method",
    "MethodCard",
    "MethodEntry",
    "MethodNetwork",
    "PlugAndPlay",
    "Progress",
    "Reduction",
    "Result",
    "Settings",
    "StableDiffusion",
    "Watch",
    "ZSSRNet",
    "Zssr",
    "as_network",
    "back_project",
    "by_level",
    "card",
    "create",
    "names",
    "preset",
    "register_method",
]
