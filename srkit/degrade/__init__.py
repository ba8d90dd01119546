"""Degradations that make LR images from HR images: ``I_LR = (I_HR * k) down_s + n``, and JPEG.

``parse("blur(1.6) > down(4) > noise(10) > jpeg(50)")`` makes a chain, ``recipe("bd", scale=3)`` one of the literature.
"""

from srkit.degrade._parse import parse
from srkit.degrade._registry import DEGRADATIONS, register_degradation
from srkit.degrade.alignment import align, aligned_centre, centre_of_mass
from srkit.degrade.blur import apply_kernel
from srkit.degrade.bsrgan import bsrgan
from srkit.degrade.chain import Chain
from srkit.degrade.jpeg import jpeg, jpeg_soft
from srkit.degrade.kernel_files import read_kernel, read_kernels, read_matrix
from srkit.degrade.kernels import bicubic_kernel, gaussian8, gaussian_variances, gaussian_widths, motion, motion_path
from srkit.degrade.pca import pca_basis, random_srmd_kernels, srmd_basis, srmd_code, srmd_maps
from srkit.degrade.photo import photo
from srkit.degrade.pool import pool_blur, read_pool, save_pool
from srkit.degrade.real_esrgan import real_esrgan
from srkit.degrade.recipes import recipe
from srkit.degrade.sensor import bayer
from srkit.degrade.simple import floor_levels

__all__ = [
    "DEGRADATIONS",
    "Chain",
    "align",
    "aligned_centre",
    "apply_kernel",
    "bayer",
    "bicubic_kernel",
    "bsrgan",
    "centre_of_mass",
    "floor_levels",
    "gaussian8",
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
    "pool_blur",
    "random_srmd_kernels",
    "read_kernel",
    "read_kernels",
    "read_matrix",
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
