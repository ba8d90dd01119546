"""Modules that more than one network uses, each with its own test."""

from typing import TYPE_CHECKING

from srkit._former import former
from srkit.layers.conv import conv
from srkit.layers.luma import on_luma, with_chroma
from srkit.layers.pixels import DIV2K_MEAN, PixelRange, TrainedRange
from srkit.layers.residual import ResidualBlock, ResidualDenseBlock
from srkit.layers.supervision import Prediction
from srkit.layers.transposed import Interpolation, ResizeConv, TransposedConv, deconv, icnr_
from srkit.layers.upsampler import Upsampler
from srkit.layers.windows import WindowAttention, partition, shift_mask

__all__ = [
    "DIV2K_MEAN",
    "Interpolation",
    "PixelRange",
    "Prediction",
    "ResidualBlock",
    "ResidualDenseBlock",
    "ResizeConv",
    "TrainedRange",
    "TransposedConv",
    "Upsampler",
    "WindowAttention",
    "conv",
    "deconv",
    "icnr_",
    "on_luma",
    "partition",
    "shift_mask",
    "with_chroma",
]

_FORMER = {"layers.codes": "example_codes stretched_codes", "layers.windows": "assemble"}
if not TYPE_CHECKING:
    __getattr__ = former(__name__, _FORMER)
