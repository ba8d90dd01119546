"""Losses: pure functions, thin modules, and the formula that combines them (``parse("1*L1+0.001*TV")``)."""

from srkit.losses._loss import Loss, Term
from srkit.losses._parse import parse
from srkit.losses._registry import LOSSES, LossEntry, register_loss
from srkit.losses.pixel import L1, MSE, Charbonnier, charbonnier, l1, mse
from srkit.losses.smoothness import TV, tv
from srkit.losses.structure import SSIM, ssim

__all__ = [
    "L1",
    "LOSSES",
    "MSE",
    "SSIM",
    "TV",
    "Charbonnier",
    "Loss",
    "LossEntry",
    "Term",
    "charbonnier",
    "l1",
    "mse",
    "parse",
    "register_loss",
    "ssim",
    "tv",
]
