"""Test charts: images whose every detail is known, made by a formula and the same on every machine.

Photographs show the overall quality of a method; a chart shows its behaviour. The zone plate holds every frequency at a
known place, so aliasing and blur can be read off it; the slanted edge gives the response to a step at sub-pixel
resolution; the checkerboard and the star have a finest detail that is lost at a known scale; the ramps show what
happens to colour.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from pathlib import Path

import torch
from torch import Tensor

from srkit.datasets._registry import DATASETS, DatasetEntry
from srkit.datasets.pair import Pairs, Source
from srkit.errors import BadInput

__all__ = ["charts", "checkerboard", "colour_ramps", "siemens_star", "slanted_edge", "zone_plate"]

_SUPERSAMPLING = 4


def zone_plate(size: int = 192) -> Tensor:
    """Return rings whose frequency grows from 0 in the middle to half a cycle per pixel at the middle of each side.

    Returns:
        float32 ``(3, size, size)`` in [0, 1], grey.
    """
    y, x = _centred(size)
    return _grey(0.5 + 0.5 * torch.cos(math.pi * (x**2 + y**2) / (2 * (size / 2))))


def slanted_edge(size: int = 192, *, degrees: float = 5.0) -> Tensor:
    """Return a step from dark (0.1) to bright (0.9) along a line that leans ``degrees`` from the vertical.

    Each pixel is the mean over its area, so the edge is a perfect one seen by a perfect sensor.

    Args:
        degrees: angle to the vertical.

    Returns:
        float32 ``(3, size, size)`` in [0, 1], grey.
    """
    angle = math.radians(degrees)

    def bright(y: Tensor, x: Tensor) -> Tensor:
        return (x * math.cos(angle) + y * math.sin(angle) > 0).double()

    return _grey(0.1 + 0.8 * _area_mean(bright, size))


def checkerboard(size: int = 192, *, squares: tuple[int, ...] = (12, 6, 3, 2)) -> Tensor:
    """Return four bands of checkers, from squares of 12 pixels to squares of 2.

    Args:
        size: side in pixels, at least 8.
        squares: side of the squares of each band, from top to bottom.

    Returns:
        float32 ``(3, size, size)`` of 0 and 1, grey.
    """
    _check_size(size)
    if not squares or min(squares) < 1:
        raise BadInput(f"squares are sides in pixels of at least 1, and {squares!r} was given.")
    index = torch.arange(size)
    band = (index * len(squares)).div(size, rounding_mode="floor")
    side = torch.tensor(squares)[band]  # (size,)
    rows = index.div(side, rounding_mode="floor")[:, None]
    columns = index[None, :].div(side[:, None], rounding_mode="floor")
    return _grey(((rows + columns) % 2).double())


def siemens_star(size: int = 192, *, spokes: int = 36) -> Tensor:
    """Return a star of ``spokes`` dark and bright sectors that become finer than a pixel towards its middle.

    Returns:
        float32 ``(3, size, size)`` in [0, 1], grey; each pixel is the mean over its area.
    """
    return _grey(_area_mean(lambda y, x: (torch.sin(spokes * torch.atan2(y, x)) > 0).double(), size))


def colour_ramps(size: int = 192) -> Tensor:
    """Return bands of red, green, blue, cyan, magenta, yellow and grey, each from dark to full from left to right.

    Returns:
        float32 ``(3, size, size)`` in [0, 1].
    """
    _check_size(size)
    colours = torch.tensor(
        [[1, 0, 0], [0, 1, 0], [0, 0, 1], [0, 1, 1], [1, 0, 1], [1, 1, 0], [1, 1, 1]], dtype=torch.float64
    )
    band = (torch.arange(size) * len(colours)).div(size, rounding_mode="floor")
    ramp = torch.linspace(0, 1, size, dtype=torch.float64)
    return (colours[band].T[:, :, None] * ramp).to(torch.float32)  # (3, size, size)


_CHARTS: Mapping[str, Callable[[int], Tensor]] = {
    "zone_plate": zone_plate,
    "slanted_edge": slanted_edge,
    "checkerboard": checkerboard,
    "siemens_star": siemens_star,
    "colour_ramps": colour_ramps,
}


def charts(*, scale: int = 2, size: int = 192) -> Pairs:
    """Return all charts as pairs in memory, with LR made by MATLAB bicubic.

    Args:
        size: side of the HR charts in pixels, cut to a multiple of the scale.
    """
    return Pairs([Source(name, make(size)) for name, make in _CHARTS.items()], name="charts", scale=scale)


def _find(*, scale: int, root: Path | None) -> Pairs:
    return charts(scale=scale)


DATASETS.register("charts")(DatasetEntry(_find))


def _check_size(size: int) -> None:
    if size < 8:
        raise BadInput(f"A chart has sides of at least 8 pixels, and {size} was asked for.")


def _centred(size: int, per_pixel: int = 1) -> tuple[Tensor, Tensor]:
    """Return the coordinates of the pixel centres (or of ``per_pixel`` points a side in each) from the middle."""
    _check_size(size)
    axis = (torch.arange(size * per_pixel, dtype=torch.float64) + 0.5) / per_pixel - size / 2
    return axis[:, None], axis[None, :]


def _area_mean(function: Callable[[Tensor, Tensor], Tensor], size: int) -> Tensor:
    fine = function(*_centred(size, _SUPERSAMPLING))
    return fine.reshape(size, _SUPERSAMPLING, size, _SUPERSAMPLING).mean((1, 3))


def _grey(plane: Tensor) -> Tensor:
    return plane.to(torch.float32).expand(3, -1, -1).clone()
