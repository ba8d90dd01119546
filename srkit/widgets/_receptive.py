"""``receptive_field``: which input pixels influence an output pixel, measured by its gradient."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor, nn

from srkit.errors import BadInput
from srkit.inference.reach import measure_reach
from srkit.widgets._draw import framed, one_picture, picture_of_map
from srkit.widgets._sliders import Axis, Click, Page, Picture, make_gallery
from srkit.widgets._walk import as_batch, borrowed

__all__ = ["diffusion_index", "influence", "radius_of_share", "receptive_field"]

WHITE, ORANGE = (255, 255, 255), (255, 96, 0)


def influence(net: nn.Module, lr: Tensor, at: tuple[int, int], **inputs: Any) -> Tensor:
    """Return how strongly each input pixel moves one output pixel, ``(h, w)``: ``|d sr[at] / d lr|`` over all colours.

    Args:
        at: row and column of the output pixel.
    """
    with borrowed(net):
        given = as_batch(lr).clone().requires_grad_()
        sr = net(given, **inputs)
        row, column = at
        if not (0 <= row < sr.shape[-2] and 0 <= column < sr.shape[-1]):
            raise BadInput(f"at={at!r} is outside the result of {sr.shape[-2]} rows and {sr.shape[-1]} columns.")
        if not sr.requires_grad:
            raise BadInput(f"The result of {type(net).__name__} has no gradient: it is detached somewhere inside.")
        (gradient,) = torch.autograd.grad(sr[0, :, row, column].sum(), given)
    return gradient[0].abs().sum(dim=0)


def radius_of_share(field: Tensor, centre: tuple[float, float], share: float) -> float:
    """Return the smallest radius in pixels (square, not round) around ``centre`` that holds ``share`` of ``(h, w)``."""
    rows, columns = (torch.arange(n, device=field.device) for n in field.shape)
    away = torch.maximum((rows - centre[0]).abs()[:, None], (columns - centre[1]).abs()[None, :]).flatten()
    order = away.argsort()
    held = field.double().flatten()[order].cumsum(0)
    first = int((held >= share * held[-1] * (1 - 1e-12)).nonzero()[0])
    return float(away[order][first])


def diffusion_index(field: Tensor) -> float:
    """Return 100 times one minus the Gini coefficient of ``(h, w)``: 100 where all count alike, near 0 for one."""
    ordered = field.double().flatten().sort().values
    n = len(ordered)
    ranks = torch.arange(1, n + 1, dtype=torch.float64, device=ordered.device)
    gini = float(((2 * ranks - n - 1) * ordered).sum() / (n * ordered.sum()))
    return 100 * (1 - gini)


def receptive_field(
    net: nn.Module,
    lr: Tensor,
    at: tuple[int, int] | Sequence[tuple[int, int]] | None = None,
    *,
    zoom: int | None = None,
    live: bool = False,
    **inputs: Any,
) -> Any:
    """Show which input pixels influence a pixel of the result.

    Brightness is the gradient of that pixel on a logarithmic scale of four powers of ten. The white box is what the
    network can reach at all (measured with NaN on a strip, so it holds for every image); the orange one holds 95 % of
    the influence on this pixel.

    Args:
        net: a network.
        lr: ``(3, h, w)`` or ``(1, 3, h, w)`` in [0, 1].
        at: row and column of a pixel of the result, or several; the middle by default.
        zoom: screen pixels per LR pixel.
        live: click on any pixel instead (needs a running kernel and anywidget).
        **inputs: the extra keyword of networks that need one.

    Raises:
        BadInput: a pixel outside, or a result without a gradient.
    """
    image = as_batch(lr)
    with borrowed(net), torch.no_grad():
        sr = net(image, **inputs)[0]
    scale = sr.shape[-1] / image.shape[-1]
    picture = _Pictures(
        net, image, sr, scale, None if inputs else measure_reach(net).radius, inputs, zoom or _zoom(image)
    )
    places = _places(at, sr)
    title = f"What a pixel of {type(net).__name__} saw"
    if not live:
        words = tuple(f"row {row}, column {column}" for row, column in places)
        return make_gallery(title, [Axis("pixel", words)], lambda position: picture.page(places[position[0]]))
    axes = [Axis(name, tuple(map(str, range(n))), start) for name, n, start in zip(
        ("row", "column"), sr.shape[-2:], places[0], strict=True)]  # fmt: skip
    click = Click(("input", "influence", "result"), (sr.shape[-2], sr.shape[-1]), (0, 1))
    return make_gallery(title, axes, lambda position: picture.page((position[0], position[1])), click=click, live=True)


@dataclass
class _Pictures:
    """Makes the page of one output pixel."""

    net: nn.Module
    lr: Tensor
    sr: Tensor
    scale: float
    reach: int | None
    inputs: dict[str, Any]
    zoom: int

    def page(self, at: tuple[int, int]) -> Page:
        """Measure one pixel and draw it."""
        field = influence(self.net, self.lr, at, **self.inputs).cpu()
        centre = ((at[0] + 0.5) / self.scale - 0.5, (at[1] + 0.5) / self.scale - 0.5)
        most = radius_of_share(field, centre, 0.95)
        boxes = [(WHITE, self.reach)] if self.reach is not None else []
        shown = one_picture(self.lr[0].cpu(), "lr")
        painted = picture_of_map(_logarithmic(field))
        for colour, radius in [*boxes, (ORANGE, most)]:
            box = _box(centre, radius)
            shown, painted = framed(shown, box, colour), framed(painted, box, colour)
        s = max(1, round(self.scale))
        result = framed(
            one_picture(self.sr.cpu().clamp(0, 1), "sr"), (at[0] - s, at[1] - s, at[0] + s, at[1] + s), ORANGE
        )
        pictures = (
            Picture("input", shown, f"The input; boxes around what pixel {at} saw", self.zoom),
            Picture(
                "influence",
                painted,
                f"Influence of each input pixel on pixel {at}, bright is strong",
                self.zoom,
                "scale from 1/10,000 (dark) to all (bright) of the strongest",
            ),
            Picture("result", result, f"The result, pixel {at} marked", max(1, self.zoom // s)),
        )
        return Page(pictures, self._words(field, most))

    def _words(self, field: Tensor, most: float) -> str:
        seen = int((field > 0).sum())
        reach = (
            "no limit: it looks at the whole image" if self.reach is None
            else f"{2 * self.reach + 1} x {2 * self.reach + 1} input pixels (white)"
        )  # fmt: skip
        return (
            f"reach: {reach}; 95 % of the influence within {most:.0f} pixels to each side (orange); {seen} of "
            f"{field.numel()} pixels count at all; diffusion index {diffusion_index(field):.1f} of 100"
        )


def _logarithmic(field: Tensor) -> Tensor:
    top = float(field.max()) or 1.0
    return (1 + (field.double() / top).clamp_min(1e-4).log10() / 4).clamp(0, 1)


def _box(centre: tuple[float, float], radius: float) -> tuple[int, int, int, int]:
    low = [math.floor(middle - radius + 0.5) for middle in centre]
    high = [math.ceil(middle + radius - 0.5) for middle in centre]
    return low[0], low[1], high[0], high[1]


def _places(at: tuple[int, int] | Sequence[tuple[int, int]] | None, sr: Tensor) -> list[tuple[int, int]]:
    if at is None:
        return [(sr.shape[-2] // 2, sr.shape[-1] // 2)]
    listed: list[Any] = [at] if len(at) == 2 and isinstance(at[0], int) else list(at)
    if not listed or any(len(place) != 2 for place in listed):
        raise BadInput(f"at={at!r} is no pixel: give (row, column), or a list of such pairs.")
    return [(int(row), int(column)) for row, column in listed]


def _zoom(image: Tensor) -> int:
    return max(1, min(8, 320 // max(image.shape[-2:])))
