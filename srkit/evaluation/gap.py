"""How much two sets of images differ: in their power spectrum and in their noise."""

from __future__ import annotations

from collections.abc import Iterable

import torch
from torch import Tensor

from srkit.errors import BadInput

__all__ = ["grain", "radial_spectrum", "spectrum_gap"]


def radial_spectrum(image: Tensor, *, tile: int = 32, bands: int = 8) -> Tensor:
    """Return the power of an image in rings of spatial frequency, from slow to fast, in dB.

    The mean over colours, and over tiles under a Hann window whose mean was taken away; frequencies above half a cycle
    per pixel (the corners of the spectrum) are left out.

    Args:
        bands: number of rings, each ``0.5 / bands`` cycles per pixel wide.

    Returns:
        ``(bands,)``.
    """
    if min(image.shape[-2:]) < tile:
        raise BadInput(
            f"An image of {tuple(image.shape[-2:])} pixels has no tile of {tile}x{tile}: give a smaller tile."
        )
    tiles = image.unfold(-2, tile, tile // 2).unfold(-2, tile, tile // 2)  # (3, rows, columns, tile, tile)
    window = torch.hann_window(tile, periodic=False, dtype=image.dtype)
    windowed = (tiles - tiles.mean((-2, -1), keepdim=True)) * window[:, None] * window
    power = torch.fft.fft2(windowed).abs().square().mean((0, 1, 2))  # (tile, tile)
    frequency = torch.fft.fftfreq(tile)
    ring = torch.hypot(frequency[:, None], frequency[None]) * 2 * bands  # (tile, tile), in rings
    means = [power[(ring >= number) & (ring < number + 1)].mean() for number in range(bands)]
    return 10 * torch.log10(torch.stack(means) + 1e-9)  # (bands,)


def spectrum_gap(made: Iterable[Tensor], true: Iterable[Tensor], *, tile: int = 32) -> float:
    """Return the mean absolute difference of the radial spectra of two series of images of the same scenes, in dB."""
    gaps = [
        (radial_spectrum(ours, tile=tile) - radial_spectrum(theirs, tile=tile)).abs().mean()
        for ours, theirs in zip(made, true, strict=True)
    ]
    return float(torch.stack(gaps).mean())


def grain(image: Tensor) -> float:
    """Return the noise of ``(3, h, w)`` in 8-bit levels, from the median of mixed differences; edges hardly matter."""
    a, b, c, d = image[..., 1:, 1:], image[..., :-1, 1:], image[..., 1:, :-1], image[..., :-1, :-1]
    return float((a - b - c + d).abs().median()) / 0.6745 / 2 * 255
