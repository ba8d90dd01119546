"""Pure functions on tensors: no state, no randomness of their own, nothing imported from higher rooms."""

from __future__ import annotations

from srkit.ops.check import check_finite, check_image, check_same_shape
from srkit.ops.color import rgb_to_y, rgb_to_ycbcr, ycbcr_to_rgb
from srkit.ops.files import Picture, list_images, read, read_picture, write, write_picture
from srkit.ops.filters import convolve, correlate, gaussian_blur
from srkit.ops.pixels import crop_border, crop_to, from_uint8, modcrop, pad, pad_to_multiple, quantise, to_uint8
from srkit.ops.resize import imresize, imresize_adjoint
from srkit.ops.statistics import ssim_map

__all__ = [
    "Picture",
    "check_finite",
    "check_image",
    "check_same_shape",
    "convolve",
    "correlate",
    "crop_border",
    "crop_to",
    "from_uint8",
    "gaussian_blur",
    "imresize",
    "imresize_adjoint",
    "list_images",
    "modcrop",
    "pad",
    "pad_to_multiple",
    "quantise",
    "read",
    "read_picture",
    "rgb_to_y",
    "rgb_to_ycbcr",
    "ssim_map",
    "to_uint8",
    "write",
    "write_picture",
    "ycbcr_to_rgb",
]
