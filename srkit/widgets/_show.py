"""``show``: pictures in a notebook, pixel for pixel, each with its size, its range and a description in words."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from srkit.errors import BadInput
from srkit.evaluation.regions import error_levels
from srkit.ops.colours import DIVERGING, SEQUENTIAL, colour_bar, data_uri, nice_top, painted
from srkit.widgets._frame import frames
from srkit.widgets._static import fill

__all__ = ["ErrorMap", "Shown", "error_map", "show"]

Kind = Literal["signed", "absolute"]
Drawn = tuple[int, int, str, str, str, str, tuple[str, ...]]  # width, height, facts, warning, address, scale, ticks


@dataclass(frozen=True, eq=False)
class ErrorMap:
    """The error of one result, for :func:`srkit.widgets.show`."""

    # ``(h, w)`` float64, ``sr - hr`` in 8-bit levels of luma (signed), or its absolute value
    levels: NDArray[np.float64]
    kind: Kind  # ``"signed"`` or ``"absolute"``
    # the level at the end of the colour scale, or None to let ``show`` choose one for all maps it draws
    limit: float | None = None

    @property
    def natural_limit(self) -> float:
        """The error that 99.5 % of the pixels stay below, rounded up to 1, 2 or 5 times a power of ten (at least 1)."""
        return nice_top(self.levels)

    def painted(self, limit: float) -> NDArray[np.uint8]:
        """Return the map as ``(h, w, 3)`` uint8 colours for a scale that ends at ``limit``."""
        if self.kind == "signed":
            return painted(0.5 + 0.5 * self.levels / limit, DIVERGING)
        return painted(self.levels / limit)

    def ticks(self, limit: float) -> tuple[str, str, str]:
        """Return the labels at the left end, the middle and the right end of the scale."""
        if self.kind == "signed":
            return f"-{limit:g} levels (too dark)", "0", f"+{limit:g} (too bright)"
        return "0", f"{limit / 2:g}", f"{limit:g} levels"

    @property
    def text(self) -> str:
        """Size and range in words."""
        low, high = float(self.levels.min()), float(self.levels.max())
        return (
            f"{self.levels.shape[1]} x {self.levels.shape[0]} px; error {low:+.1f} to {high:+.1f} levels of Y (of 255)"
        )


def error_map(sr: Any, hr: Any, *, kind: Kind = "signed", limit: float | None = None) -> ErrorMap:
    """Measure where ``sr`` differs from ``hr``.

    Both pictures are rounded to 8 bits first, as the published numbers are; the difference is taken on luma, with the
    weights of ITU-R BT.601 (studio swing).

    Args:
        sr: the result, a picture as :func:`srkit.widgets.show` takes it, in [0, 1].
        hr: the truth, of the same size.
        kind: ``"signed"`` (blue too dark, orange too bright) or ``"absolute"``.
        limit: the 8-bit level at the end of the colour scale; None lets ``show`` choose one scale for all maps.

    Raises:
        BadInput: the sizes differ, the kind is unknown, or the limit is not a positive number.
    """
    if kind not in ("signed", "absolute"):
        raise BadInput(f"An error map is 'signed' or 'absolute', not {kind!r}.")
    if limit is not None and not (math.isfinite(limit) and limit > 0):
        raise BadInput(
            f"limit={limit!r} cannot end a colour scale. Give a positive number of 8-bit levels, such as 32."
        )
    ours, theirs = _one(sr, "sr"), _one(hr, "hr")
    if ours.shape != theirs.shape:
        raise BadInput(
            f"sr is {ours.shape[2]} x {ours.shape[1]} px and hr {theirs.shape[2]} x {theirs.shape[1]} px. An error map "
            "needs two pictures of one size: enlarge the small one, or crop hr to a multiple of the scale first."
        )
    difference = error_levels(ours, theirs).numpy()
    return ErrorMap(difference if kind == "signed" else np.abs(difference), kind, limit)


def _one(thing: Any, name: str) -> Tensor:
    """Return the 8-bit picture as ``(3, h, w)`` in [0, 1]."""
    found = frames(thing, name=name)
    if len(found) != 1:
        raise BadInput(f"{name} is a batch of {len(found)} pictures. An error map is made of one: take {name}[0].")
    levels = torch.from_numpy(found[0].pixels).double() / 255
    return levels.expand(3, -1, -1) if levels.ndim == 2 else levels.permute(2, 0, 1)


PAGE_WIDTH = 960
PAGE_HEIGHT = 480
LEAST_CELL = 170
GAP = 16


@dataclass(frozen=True)
class Panel:
    """One cell of what :func:`show` draws."""

    title: str
    alt: str
    width: int
    height: int
    text: str
    warning: str
    uri: str
    bar: str = ""  # address of the colour scale of an error map
    ticks: tuple[str, ...] = ()  # its labels


@dataclass(frozen=True)
class Shown:
    """What :func:`show` returns: a notebook draws it, and ``print`` describes it."""

    panels: tuple[Panel, ...]  # the pictures in order
    columns: int | None  # pictures per row; None: as many as the page is wide
    zoom: float  # screen pixels per picture pixel: a whole number, or below 1 where a picture is wider than a page
    caption: str  # a sentence below all of them

    def __repr__(self) -> str:
        lines = [f"{panel.title or 'picture'}: {_facts(panel)}. {panel.alt}" for panel in self.panels]
        return "\n".join([*lines, self.caption] if self.caption else lines)

    def _repr_html_(self) -> str:
        """Return tables and images only: nothing that a notebook strips from a file it does not trust."""
        settings = {"columns": self.columns, "zoom": self.zoom, "caption": self.caption, "least": LEAST_CELL}
        return fill("show", panels=self.panels, **settings)


def show(
    *images: Any,
    titles: str | Sequence[str] | None = None,
    alt: str | Sequence[str] | None = None,
    columns: int | None = None,
    zoom: int | None = None,
    caption: str | None = None,
) -> Shown:
    """Show pictures pixel for pixel, as large as the page allows, with size and range as text.

    Brightness is never rescaled: 0 is black and 1 is white. What lies outside is clipped for display and said; NaN is
    painted magenta. Zooming repeats pixels, it does not smooth.

    Args:
        *images: tensors ``(3, h, w)``, ``(1, h, w)``, ``(h, w)`` or batches ``(b, 3, h, w)`` in [0, 1] or uint8, paths,
            pictures of ``srkit.ops.files.read_picture``, and :func:`error_map` results.
        titles: one per picture.
        alt: what the picture shows, for those who cannot see it; one text for all, or one per picture. Required.
        columns: pictures per row; by default as many as the page is wide.
        zoom: screen pixels per picture pixel, a whole number from 1; by default the largest with which all pictures
            stand in one row, or with which each is as wide as its text. What is wider than a page is shown smaller.
        caption: a sentence below all pictures.

    Raises:
        BadInput: there is no picture or no ``alt``, or a count does not match.
        BadFile: a path cannot be read.

    Example:
        >>> import torch
        >>> show(torch.rand(3, 8, 8), alt="Coloured noise, eight pixels square", zoom=8)    # doctest: +SKIP
    """
    if not images:
        raise BadInput("show() was given no picture. Hand it one or more: show(lr, sr, alt='...').")
    if not all(number is None or _whole(number) for number in (zoom, columns)):
        raise BadInput(f"zoom={zoom!r} and columns={columns!r} must be whole numbers from 1, or None.")
    drawn = _drawn(images)
    names = _texts(titles, len(drawn), "titles") if titles is not None else [""] * len(drawn)
    alts = _alt_texts(alt, names)
    panels = tuple(Panel(name, words, *facts) for name, words, facts in zip(names, alts, drawn, strict=True))
    return Shown(panels, columns, zoom or _filling_zoom(panels, columns), caption or "")


def _filling_zoom(panels: Sequence[Panel], columns: int | None) -> float:
    """Return the whole factor with which one row fills a page, or a narrow picture its cell; below 1 for a wide one."""
    row = min(columns or len(panels), len(panels))
    widest, tallest = max(panel.width for panel in panels), max(panel.height for panel in panels)
    share = max(PAGE_WIDTH // row - GAP, LEAST_CELL)
    return max(1, min(share // widest, PAGE_HEIGHT // tallest)) if widest <= PAGE_WIDTH else PAGE_WIDTH / widest


def _drawn(images: Sequence[Any]) -> list[Drawn]:
    """Return what there is to see, of each picture, batches taken apart."""
    free = [image for image in images if isinstance(image, ErrorMap) and image.limit is None]
    common = max((image.natural_limit for image in free), default=1.0)
    drawn = []
    for number, image in enumerate(images, start=1):
        if isinstance(image, ErrorMap):
            drawn.append(_drawn_map(image, image.limit or common))
            continue
        for frame in frames(image, name=f"picture {number} of show()"):
            facts = f"{frame.size}; {frame.values}"
            drawn.append((frame.width, frame.height, facts, frame.warning, data_uri(frame.pixels), "", ()))
    return drawn


def _drawn_map(image: ErrorMap, limit: float) -> Drawn:
    height, width = image.levels.shape
    uri = data_uri(image.painted(limit))
    beyond = int((abs(image.levels) > limit).sum())
    warning = f"{beyond} pixel{'s' if beyond > 1 else ''} beyond the end of the scale" if beyond else ""
    strip = data_uri(colour_bar(DIVERGING if image.kind == "signed" else SEQUENTIAL))
    return width, height, image.text, warning, uri, strip, image.ticks(limit)


def _facts(panel: Panel) -> str:
    return f"{panel.text}; warning: {panel.warning}" if panel.warning else panel.text


def _alt_texts(alt: str | Sequence[str] | None, names: Sequence[str]) -> list[str]:
    if alt is None or (isinstance(alt, str) and not alt.strip()):
        raise BadInput(
            "show() needs alt=, one sentence that tells a person who cannot see the picture what is in it, for example "
            "show(lr, sr, titles=['LR', 'ours'], alt='A zebra; in the right picture the stripes are sharp')."
        )
    if not isinstance(alt, str):
        texts = _texts(alt, len(names), "alt")
        if not all(text.strip() for text in texts):
            raise BadInput(f"One of the texts in alt is empty: {texts}. Say of each picture what it shows.")
        return texts
    if len(names) == 1:
        return [alt]
    total = len(names)
    return [f"{alt} ({name or f'picture {i}'}, {i} of {total})" for i, name in enumerate(names, start=1)]


def _texts(texts: str | Sequence[str], count: int, what: str) -> list[str]:
    listed = [texts] if isinstance(texts, str) else list(texts)
    if len(listed) != count or not all(isinstance(text, str) for text in listed):
        raise BadInput(
            f"{what} must be a list of {count} strings, one per picture (a batch counts as its samples); got {texts!r}."
        )
    return listed


def _whole(value: object) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and value >= 1
