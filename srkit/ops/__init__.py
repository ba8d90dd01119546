"""Pure functions on tensors: no state, no own randomness, no imports from higher packages.

Public modules: bands, color, dct, filters, hdr, kernels, mosaic, pixels, resize, statistics, transposed, video,
wavelets, windows. The others (files, jobs, devices, locks, checks of arguments, painting) serve the rooms above and may
change.
"""

from __future__ import annotations

from srkit.ops.color import rgb_to_y
from srkit.ops.files import read_picture
from srkit.ops.filters import convolve, gaussian_blur
from srkit.ops.pixels import modcrop, pad_to_multiple, quantise
from srkit.ops.resize import imresize

__all__ = [
    "convolve",
    "gaussian_blur",
    "imresize",
    "modcrop",
    "pad_to_multiple",
    "quantise",
    "read_picture",
    "rgb_to_y",
]
