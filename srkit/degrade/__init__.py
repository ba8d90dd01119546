"""Degradations that make LR images from HR images: ``I_LR = (I_HR * k) down_s + n``, and JPEG.

``parse("blur(1.6) > down(4) > noise(10) > jpeg(50)")`` makes a chain, ``recipe("bd", scale=3)`` one of the literature.
"""

from typing import TYPE_CHECKING

from srkit._former import former
from srkit.degrade import (  # those that only register steps
    noise,
)
from srkit.degrade._parse import parse
from srkit.degrade._registry import DEGRADATIONS, register_degradation
from srkit.degrade.alignment import align
from srkit.degrade.blur import apply_kernel
from srkit.degrade.bsrgan import bsrgan
from srkit.degrade.jpeg import jpeg, jpeg_soft
from srkit.degrade.kernel_files import read_kernel
from srkit.degrade.kernels import gaussian_variances, gaussian_widths, motion, motion_path
from srkit.degrade.pca import pca_basis, random_srmd_kernels, srmd_basis, srmd_code, srmd_maps
from srkit.degrade.photo import photo
from srkit.degrade.pool import read_pool, save_pool
from srkit.degrade.real_esrgan import real_esrgan
from srkit.degrade.recipes import recipe
from srkit.degrade.simple import bayer

__all__ = [
    "align",
    "apply_kernel",
    "bayer",
    "bsrgan",
    "gaussian_variances",
    "gaussian_widths",
    "jpeg",
    "jpeg_soft",
    "motion",
    "motion_path",
    "names",
    "parse",
    "pca_basis",
    "photo",
    "random_srmd_kernels",
    "read_kernel",
    "read_pool",
    "real_esrgan",
    "recipe",
    "register_degradation",
    "save_pool",
    "srmd_basis",
    "srmd_code",
    "srmd_maps",
]


def names(pattern: str = "*") -> list[str]:
    """Return the names of the steps a formula may use, sorted."""
    return DEGRADATIONS.names(pattern)


_FORMER = {
    "degrade.alignment": "aligned_centre centre_of_mass",
    "degrade.chain": "Chain",
    "degrade.kernel_files": "read_kernels read_matrix",
    "degrade.kernels": "bicubic_kernel gaussian8",
    "degrade.pool": "pool_blur",
    "degrade.simple": "floor_levels",
}
if not TYPE_CHECKING:
    __getattr__ = former(__name__, _FORMER)
