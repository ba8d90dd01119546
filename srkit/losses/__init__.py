"""Losses: pure functions, thin modules, and the formula that combines them (``parse("1*L1+0.001*TV")``)."""

from srkit.layers.vgg_file import fetch_vgg
from srkit.losses._distance import distance
from srkit.losses._parse import parse
from srkit.losses._registry import LOSSES, Loss, register_loss
from srkit.losses.adversarial import GAMES, gradient_penalty
from srkit.losses.cycle import Cycle, cycle
from srkit.losses.frequency import LowPass
from srkit.losses.perceptual import Content
from srkit.losses.pixel import L1, L2, MSE, Charbonnier, charbonnier, l1, mse
from srkit.losses.smoothness import TV, tv
from srkit.losses.structure import SSIM, ssim

__all__ = [
    "GAMES",
    "L1",
    "L2",
    "LOSSES",
    "MSE",
    "SSIM",
    "TV",
    "Charbonnier",
    "Content",
    "Cycle",
    "Loss",
    "LowPass",
    "charbonnier",
    "cycle",
    "distance",
    "fetch_vgg",
    "gradient_penalty",
    "l1",
    "mse",
    "parse",
    "register_loss",
    "ssim",
    "tv",
]
