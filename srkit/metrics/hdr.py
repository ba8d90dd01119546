"""Metrics for high dynamic range: PSNR on perceptually uniform values, and colour differences."""

from __future__ import annotations

import torch
from torch import Tensor

from srkit.errors import BadInput
from srkit.ops.check import check_finite, check_kind, check_same_shape
from srkit.ops.device import exact
from srkit.ops.hdr import ictcp, to_pq

__all__ = ["delta_e_itp", "multi_exposure_psnr", "pq_psnr"]


def pq_psnr(ours: Tensor, truth: Tensor) -> Tensor:
    """Return the PSNR in dB of two images of light after coding both with PQ, where a step is seen alike everywhere.

    Args:
        ours: linear light in cd/m^2, ``(…, 3, h, w)``.
        truth: the same shape.

    Raises:
        BadInput: not finite floats, or the shapes differ.
    """
    _check(ours, truth)
    error = (to_pq(exact(ours)) - to_pq(exact(truth))).square().mean()
    return -10 * torch.log10(error)


def multi_exposure_psnr(
    ours: Tensor, truth: Tensor, *, stops: tuple[int, int] = (-8, 2), white: float = 100.0
) -> Tensor:
    """Return the mPSNR in dB: PSNR of 8-bit photographs of both, with one exposure per stop, errors averaged.

    Munkberg, Clarberg, Hasselgren, Akenine-Moller, "High Dynamic Range Texture Compression for Graphics Hardware",
    SIGGRAPH 2006, section 5: each exposure is ``clamp(255 * (2^c * light)^(1/2.2))``, rounded.

    Args:
        ours: linear light in cd/m^2, ``(…, 3, h, w)``.
        truth: the same shape.
        stops: first and last exposure c.
        white: luminance that is white at exposure 0.

    Raises:
        BadInput: not finite floats, the shapes differ, or there is no exposure between the two stops.
    """
    _check(ours, truth)
    if stops[0] > stops[1]:
        raise BadInput(f"stops={stops} hold no exposure; give first and last, the first not above the last.")
    errors = [
        (_photograph(ours, stop, white) - _photograph(truth, stop, white)).square().mean()
        for stop in range(stops[0], stops[1] + 1)
    ]
    return -10 * torch.log10(torch.stack(errors).mean() / 255**2)  # (exposures,) -> scalar


def delta_e_itp(ours: Tensor, truth: Tensor) -> Tensor:
    """Return the colour difference of ITU-R BT.2124 at every pixel; 1 is just visible under the best conditions.

    ``720 * sqrt(dI^2 + dT^2 + dP^2)``, where T is half of Ct and P is Cp.

    Args:
        ours: linear BT.2020 RGB in cd/m^2, ``(…, 3, h, w)``.
        truth: the same shape.

    Returns:
        ``(…, h, w)``; its mean is the number usually reported.

    Raises:
        BadInput: not finite floats, or the shapes differ.
    """
    _check(ours, truth)
    step = ictcp(exact(ours)) - ictcp(exact(truth))  # (..., 3, h, w)
    intensity, tritan, protan = step.unbind(-3)  # (..., h, w)
    return 720 * torch.sqrt(intensity.square() + (tritan / 2).square() + protan.square())


def _check(ours: Tensor, truth: Tensor) -> None:
    for light, name in ((ours, "ours"), (truth, "truth")):
        check_finite(check_kind(light, name=name), name=name)
    check_same_shape(ours, truth, names=("ours", "truth"))


def _photograph(light: Tensor, stop: int, white: float) -> Tensor:
    exposed = (2.0**stop * exact(light).clamp_min(0) / white).pow(1 / 2.2)
    return torch.round((255 * exposed).clamp(0, 255))
