"""Modules that more than one network uses, each with its own test."""

from srkit.layers.conv import conv
from srkit.layers.luma import on_luma
from srkit.layers.pixels import DIV2K_MEAN, PixelRange
from srkit.layers.supervision import Prediction
from srkit.layers.upsampler import Upsampler

__all__ = ["DIV2K_MEAN", "PixelRange", "Prediction", "Upsampler", "conv", "on_luma"]
