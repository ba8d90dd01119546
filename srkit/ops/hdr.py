"""High dynamic range: BT.2020 primaries, the perceptual quantiser (PQ), and conversion to standard dynamic range.

Light is *linear* in cd/m^2 here; a *coded* image is in [0, 1]. HDR television (ITU-R BT.2100) codes BT.2020 RGB with
the PQ curve of SMPTE ST 2084, SDR television BT.709 RGB with a gamma.
"""

from __future__ import annotations

from functools import lru_cache
from typing import Literal

import torch
from torch import Tensor

from srkit.errors import BadInput

__all__ = [
    "PQ_PEAK",
    "PRIMARIES",
    "from_pq",
    "ictcp",
    "narrow_gamut",
    "rgb_to_xyz_matrix",
    "sdr_from_hdr",
    "to_pq",
    "widen_gamut",
]

PQ_PEAK = 10_000.0
"""The luminance, in cd/m^2, that PQ codes as 1."""

PRIMARIES: dict[str, tuple[tuple[float, float], ...]] = {
    "bt709": ((0.640, 0.330), (0.300, 0.600), (0.150, 0.060)),
    "bt2020": ((0.708, 0.292), (0.170, 0.797), (0.131, 0.046)),
}
"""CIE 1931 xy of red, green and blue (ITU-R BT.709-6 and BT.2020-2, table 3); the white of both is D65."""

_WHITE = (0.3127, 0.3290)
_M1, _M2 = 2610 / 16384, 2523 / 4096 * 128  # ST 2084 gives these as fractions
_C1, _C2, _C3 = 3424 / 4096, 2413 / 4096 * 32, 2392 / 4096 * 32
_LMS = ((1688, 2146, 262), (683, 2951, 462), (99, 309, 3688))  # BT.2100-2, table 7, over 4096
_ICTCP = ((2048, 2048, 0), (6610, -13613, 7003), (17933, -17390, -543))

ToneMap = Literal["clip", "reinhard"]


def to_pq(light: Tensor) -> Tensor:
    """Code light with the PQ curve (inverse EOTF of SMPTE ST 2084): ``((c1 + c2 y^m1) / (1 + c3 y^m1))^m2``.

    Args:
        light: cd/m^2, any shape; values outside [0, 10000] are clamped.

    Returns:
        Code values in [0, 1], of the same shape.
    """
    y = (light / PQ_PEAK).clamp(0, 1).pow(_M1)
    return ((_C1 + _C2 * y) / (1 + _C3 * y)).pow(_M2)


def from_pq(code: Tensor) -> Tensor:
    """Return the light in cd/m^2 that a PQ code stands for (EOTF of SMPTE ST 2084); the inverse of :func:`to_pq`.

    Args:
        code: in [0, 1], any shape; clamped.
    """
    e = code.clamp(0, 1).pow(1 / _M2)
    return PQ_PEAK * ((e - _C1).clamp_min(0) / (_C2 - _C3 * e)).pow(1 / _M1)


def rgb_to_xyz_matrix(name: str) -> Tensor:
    """Return the 3x3 matrix from linear RGB to CIE XYZ (white has Y = 1), float64, from primaries and white alone.

    Args:
        name: ``"bt709"`` or ``"bt2020"``.

    Raises:
        BadInput: other primaries.
    """
    if name not in PRIMARIES:
        raise BadInput(f"Primaries {name!r} are not known here: {', '.join(PRIMARIES)}.")
    columns = torch.tensor([[x / y, 1.0, (1 - x - y) / y] for x, y in PRIMARIES[name]], dtype=torch.float64).mT
    x, y = _WHITE
    white = torch.tensor([x / y, 1.0, (1 - x - y) / y], dtype=torch.float64)
    shares: Tensor = torch.linalg.solve(columns, white)
    return columns * shares


def widen_gamut(rgb: Tensor) -> Tensor:
    """Return linear BT.709 RGB ``(…, 3, h, w)`` in BT.2020 primaries (the matrix of ITU-R BT.2087)."""
    return _mixed(rgb, _between("bt709", "bt2020"))


def narrow_gamut(rgb: Tensor) -> Tensor:
    """Return linear BT.2020 RGB ``(…, 3, h, w)`` in BT.709 primaries; colours outside of BT.709 become negative."""
    return _mixed(rgb, _between("bt2020", "bt709"))


def ictcp(light: Tensor) -> Tensor:
    """Return the ICtCp of linear BT.2020 RGB in cd/m^2 (ITU-R BT.2100-2, table 7): intensity and two colour axes.

    Args:
        light: ``(…, 3, h, w)``.
    """
    lms = to_pq(_mixed(light, torch.tensor(_LMS, dtype=torch.float64) / 4096))
    return _mixed(lms, torch.tensor(_ICTCP, dtype=torch.float64) / 4096)


def sdr_from_hdr(light: Tensor, *, white: float = 100.0, tone: ToneMap = "clip", levels: int | None = 255) -> Tensor:
    """Convert an HDR scene to standard dynamic range: BT.709 primaries, limited brightness, gamma, 8 bits.

    This is a synthetic model of SDR, not manual grading. Colours outside of BT.709 are clipped; the code is the inverse
    of BT.1886's display, ``(light / white)^(1 / 2.4)``.

    Args:
        light: ``(…, 3, h, w)``, linear BT.2020 RGB in cd/m^2.
        white: luminance of SDR white.
        tone: ``"clip"`` cuts off what is brighter; ``"reinhard"`` compresses it, ``y / (1 + y)``, scaled so that
            ``4 * white`` is white (Reinhard et al., SIGGRAPH 2002, equation 4).
        levels: code values above 0 after rounding, 255 for 8 bits; None does not round.

    Raises:
        BadInput: an unknown tone curve, or a white that is not above 0.
    """
    if tone not in ("clip", "reinhard") or not white > 0:
        raise BadInput(f"tone={tone!r} and white={white!r} were given: 'clip' or 'reinhard', and a luminance above 0.")
    relative = narrow_gamut(light).clamp_min(0) / white
    if tone == "reinhard":
        relative = relative * (1 + relative / 16) / (1 + relative)
    code = relative.clamp(0, 1).pow(1 / 2.4)
    return code if levels is None else torch.round(code * levels) / levels


@lru_cache(maxsize=4)
def _between(source: str, target: str) -> Tensor:
    matrix: Tensor = torch.linalg.solve(rgb_to_xyz_matrix(target), rgb_to_xyz_matrix(source))
    return matrix


def _mixed(image: Tensor, matrix: Tensor) -> Tensor:
    if image.ndim < 3 or image.shape[-3] != 3:
        raise BadInput(f"Three channels, (…, 3, h, w), are expected, and the shape is {tuple(image.shape)}.")
    return torch.einsum("ij,...jhw->...ihw", matrix.to(image), image)  # (..., 3, h, w)
