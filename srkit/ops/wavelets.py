"""Orthonormal wavelet transforms of images: four half-size bands and back, without loss.

S. Mallat, "A Theory for Multiresolution Signal Decomposition: The Wavelet Representation", IEEE TPAMI 11(7), 1989 (the
cascade of filters); I. Daubechies, "Orthonormal Bases of Compactly Supported Wavelets", Comm. Pure Appl. Math. 41,
1988 (the filters). Images are continued periodically, so that there are exactly as many coefficients as pixels.

The order of the bands is average, column difference (left minus right), row difference (upper minus lower), diagonal.
Repositories differ in order and sign; a network that was trained with another choice says so in its file.
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
import torch.nn.functional as F
from torch import Tensor

from srkit.errors import BadInput, UnknownName
from srkit.ops.check import describe
from srkit.ops.pixels import pad

__all__ = ["WAVELETS", "Wavelet", "analyse", "analyse_packets", "synthesise", "synthesise_packets"]


@dataclass(frozen=True)
class Wavelet:
    """A pair of orthonormal filters, as they are laid on the image (correlation).

    Attributes:
        low: averages; the sum of the taps is the root of 2. An even number of taps.
        high: differences; as many taps, orthogonal to ``low`` and to its shifts by two.
    """

    low: tuple[float, ...]
    high: tuple[float, ...]


def _wavelet(*low: float) -> Wavelet:
    """Complete a low-pass to an orthonormal pair: the same taps backwards, every second one negative."""
    return Wavelet(low, tuple(tap * (-1) ** k for k, tap in enumerate(reversed(low))))


WAVELETS: dict[str, Wavelet] = {
    "haar": _wavelet(0.5**0.5, 0.5**0.5),
    "db2": _wavelet(0.48296291314469025, 0.836516303737469, 0.22414386804185735, -0.12940952255092145),
    "db3": _wavelet(
        *(0.3326705529509569, 0.8068915093133388, 0.4598775021193313),
        *(-0.13501102001039084, -0.08544127388224149, 0.035226291882100656),
    ),
    "db4": _wavelet(
        *(0.23037781330885523, 0.7148465705525415, 0.6308807679295904, -0.02798376941698385),
        *(-0.18703481171888114, 0.030841381835986965, 0.032883011666982945, -0.010597401784997278),
    ),
    "sym4": _wavelet(
        *(0.032223100604042702, -0.012603967262037833, -0.099219543576847216, 0.29785779560527736),
        *(0.80373875180591614, 0.49761866763201545, -0.02963552764599851, -0.07576571478927333),
    ),
}
"""The filters by the names that PyWavelets gives them."""


def analyse(image: Tensor, *, wavelet: str | Wavelet = "haar") -> Tensor:
    """Split every channel into four bands of half the size.

    Args:
        image: floats ``(…, c, h, w)`` with even sides, not shorter than the filter.
        wavelet: a name from :data:`WAVELETS`, or a pair of filters.

    Returns:
        ``(…, 4*c, h/2, w/2)``: all averages, then all column differences, row differences, diagonals. Differentiable.

    Raises:
        BadInput: odd sides, no floats, or fewer than three axes.
        UnknownName: no wavelet of that name.
    """
    kernels = _kernels(wavelet, image)
    length = kernels.shape[-1]
    _check(image, length)
    *batch, h, w = image.shape
    outside = length // 2 - 1
    padded = pad(image.reshape(-1, 1, h, w), (outside,) * 4, border="circular")
    bands = F.conv2d(padded, kernels, stride=2)  # (n*c, 4, h/2, w/2)
    return bands.reshape(*batch, 4, h // 2, w // 2).movedim(-3, -4).flatten(-4, -3)  # (…, 4*c, h/2, w/2)


def synthesise(bands: Tensor, *, wavelet: str | Wavelet = "haar") -> Tensor:
    """Put the bands of :func:`analyse` together again; its inverse and its adjoint.

    Args:
        bands: floats ``(…, 4*c, h, w)``.
        wavelet: the one that was used.

    Returns:
        ``(…, c, 2*h, 2*w)``. Differentiable.

    Raises:
        BadInput: the channels are no multiple of four, no floats, or fewer than three axes.
        UnknownName: no wavelet of that name.
    """
    kernels = _kernels(wavelet, bands)
    if bands.ndim < 3 or bands.shape[-3] % 4:
        raise BadInput(f"Four bands for each channel, floats (…, 4*c, h, w), are needed; given: {describe(bands)}.")
    *batch, channels, h, w = bands.shape
    grouped = torch.unflatten(bands, -3, (4, channels // 4)).movedim(-4, -3).reshape(-1, 4, h, w)
    wide = F.conv_transpose2d(grouped, kernels, stride=2)  # (n*c, 1, 2*h + length - 2, 2*w + length - 2)
    image = _wrap(_wrap(wide, -2, 2 * h), -1, 2 * w)
    return image.reshape(*batch, channels // 4, 2 * h, 2 * w)  # (…, c, 2*h, 2*w)


def analyse_packets(image: Tensor, *, levels: int, wavelet: str | Wavelet = "haar") -> Tensor:
    """Split all bands again and again: a full tree of wavelet packets.

    Args:
        image: floats ``(…, c, h, w)``, sides multiples of ``2**levels``.
        levels: how often; 0 gives the image back.
        wavelet: as in :func:`analyse`.

    Returns:
        ``(…, 4**levels * c, h / 2**levels, w / 2**levels)``; the children of one band stand beside each other, so the
        first four entries (of c channels each) are what a transform of the averages gives.
    """
    channels, tree = image.shape[-3], image.unsqueeze(-4)  # (…, 1, c, h, w)
    for _ in range(levels):
        tree = torch.unflatten(analyse(tree, wavelet=wavelet), -3, (4, channels)).flatten(
            -5, -4
        )  # (…, 4*n, c, h/2, w/2)
    return tree.flatten(-4, -3)


def synthesise_packets(packets: Tensor, *, levels: int, wavelet: str | Wavelet = "haar") -> Tensor:
    """Undo :func:`analyse_packets`.

    Args:
        packets: floats ``(…, 4**levels * c, h, w)``.
        levels: how often the image had been split.
        wavelet: the one that was used.

    Returns:
        ``(…, c, h * 2**levels, w * 2**levels)``.

    Raises:
        BadInput: the channels are no multiple of ``4**levels``.
    """
    if packets.ndim < 3 or packets.shape[-3] % 4**levels:
        raise BadInput(f"{levels} levels have {4**levels} packets for each channel; given: {describe(packets)}.")
    tree = torch.unflatten(packets, -3, (4**levels, -1))  # (…, 4**levels, c, h, w)
    for _ in range(levels):
        tree = synthesise(torch.unflatten(tree, -4, (-1, 4)).flatten(-4, -3), wavelet=wavelet)  # (…, n/4, c, 2*h, 2*w)
    return tree.squeeze(-4)


def _kernels(wavelet: str | Wavelet, like: Tensor) -> Tensor:
    """Return the four products of the two filters, ``(4, 1, length, length)``, for tensors like ``like``."""
    if isinstance(wavelet, str):
        if wavelet not in WAVELETS:
            raise UnknownName(f"There is no wavelet {wavelet!r}; there are {', '.join(sorted(WAVELETS))}.")
        wavelet = WAVELETS[wavelet]
    if not like.is_floating_point():
        raise BadInput(f"Wavelets transform floats and were given {describe(like)}.")
    filters = torch.tensor([wavelet.low, wavelet.high], dtype=torch.float64)  # (2, length)
    products = torch.einsum("vy,hx->vhyx", filters, filters).flatten(0, 1)  # vertical, then horizontal
    return products[:, None].to(like.device, like.dtype)


def _check(image: Tensor, length: int) -> None:
    if image.ndim < 3:
        raise BadInput(f"Needed: floats (…, c, h, w). Given: {describe(image)}.")
    h, w = image.shape[-2:]
    if h % 2 or w % 2 or min(h, w) < length:
        raise BadInput(
            f"A wavelet of {length} taps splits even sides of at least {length} pixels; {h}x{w} was given. "
            "srkit.ops.pad_to_multiple(image, 2) makes sides even."
        )


def _wrap(wide: Tensor, axis: int, size: int) -> Tensor:
    """Add what hangs over on both ends of an axis to the other end."""
    if wide.shape[axis] == size:
        return wide
    overhang = (wide.shape[axis] - size) // 2
    places = (torch.arange(wide.shape[axis], device=wide.device) - overhang) % size
    shape = list(wide.shape)
    shape[axis] = size
    return wide.new_zeros(shape).index_add(axis, places, wide)
