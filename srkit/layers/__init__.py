"""Modules that more than one network uses, each with its own test."""

from srkit.layers.codes import example_codes, stretched_codes
from srkit.layers.conv import conv
from srkit.layers.luma import on_luma, with_chroma
from srkit.layers.pixels import DIV2K_MEAN, PixelRange, TrainedRange
from srkit.layers.residual import ResidualBlock, ResidualDenseBlock
from srkit.layers.supervision import Prediction
from srkit.layers.transposed import Interpolation, ResizeConv, TransposedConv, deconv, icnr_
from srkit.layers.upsampler import Upsampler
from srkit.layers.windows import WindowAttention, assemble, partition, shift_mask

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
    "assemble",
    "conv",
    "deconv",
    "example_codes",
    "icnr_",
    "on_luma",
    "partition",
    "shift_mask",
    "stretched_codes",
    "with_chroma",
]
