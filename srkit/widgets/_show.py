"""``show``: pictures in a notebook, pixel for pixel, each with its size, its range and a description in words."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from html import escape
from typing import Any

from srkit.errors import BadInput
from srkit.ops.colours import DIVERGING, SEQUENTIAL, colour_bar, data_uri
from srkit.widgets._errormap import ErrorMap
from srkit.widgets._frame import frames

__all__ = ["Shown", "show"]

PAGE_WIDTH = 960
LEAST_CELL = 170
_CELL = "border:none;background:none;text-align:left;vertical-align:top;padding:4px 12px 4px 0;white-space:normal"


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
    scale_bar: str = ""


@dataclass(frozen=True)
class Shown:
    """What :func:`show` returns: a notebook draws it, and ``print`` describes it."""

    panels: tuple[Panel, ...]  # the pictures in order
    columns: int  # pictures per row
    zoom: int  # screen pixels per picture pixel
    caption: str  # a sentence below all of them

    def __repr__(self) -> str:
        lines = [f"{panel.title or 'picture'}: {_facts(panel)}. {panel.alt}" for panel in self.panels]
        return "\n".join([*lines, self.caption] if self.caption else lines)

    def _repr_html_(self) -> str:
        """Return tables and images only: nothing that a notebook strips from a file it does not trust."""
        rows = [self.panels[i : i + self.columns] for i in range(0, len(self.panels), self.columns)]
        body = "".join(
            f'<tr style="background:none">{"".join(_cell(panel, self.zoom) for panel in row)}</tr>' for row in rows
        )
        caption = f'<p style="margin:4px 0">{escape(self.caption)}</p>' if self.caption else ""
        return (
            f'<div class="srkit-show" style="overflow-x:auto"><table role="presentation" style="{_CELL};margin:0">'
            f"<tbody>{body}</tbody></table>{caption}</div>"
        )


def show(
    *images: Any,
    titles: str | Sequence[str] | None = None,
    alt: str | Sequence[str] | None = None,
    columns: int | None = None,
    zoom: int = 1,
    caption: str | None = None,
) -> Shown:
    """Show pictures pixel for pixel, with size and range as text.

    Brightness is never rescaled: 0 is black and 1 is white. What lies outside is clipped for display and said; NaN is
    painted magenta. Zooming repeats pixels, it does not smooth.

    Args:
        *images: tensors ``(3, h, w)``, ``(1, h, w)``, ``(h, w)`` or batches ``(b, 3, h, w)`` in [0, 1] or uint8, paths,
            pictures of ``srkit.ops.files.read_picture``, and :func:`error_map` results.
        titles: one per picture.
        alt: what the picture shows, for those who cannot see it; one text for all, or one per picture. Required.
        columns: pictures per row; by default as many as fit a page.
        zoom: screen pixels per picture pixel, a whole number from 1.
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
    if not _whole(zoom) or (columns is not None and not _whole(columns)):
        raise BadInput(f"zoom={zoom!r} and columns={columns!r} must be whole numbers from 1 (columns may be None).")
    drawn = _drawn(images)
    names = _texts(titles, len(drawn), "titles") if titles is not None else [""] * len(drawn)
    alts = _alt_texts(alt, names)
    panels = tuple(Panel(name, words, *facts) for name, words, facts in zip(names, alts, drawn, strict=True))
    widest = max(_cell_width(panel, zoom) for panel in panels) + 16
    fitting = max(1, PAGE_WIDTH // widest)
    return Shown(panels, min(columns or fitting, len(panels)), zoom, caption or "")


def _drawn(images: Sequence[Any]) -> list[tuple[int, int, str, str, str, str]]:
    """Return width, height, facts, warning, address and scale bar of each picture, batches taken apart."""
    free = [image for image in images if isinstance(image, ErrorMap) and image.limit is None]
    common = max((image.natural_limit for image in free), default=1.0)
    drawn = []
    for number, image in enumerate(images, start=1):
        if isinstance(image, ErrorMap):
            drawn.append(_drawn_map(image, image.limit or common))
            continue
        for frame in frames(image, name=f"picture {number} of show()"):
            facts = f"{frame.size}; {frame.values}"
            drawn.append((frame.width, frame.height, facts, frame.warning, data_uri(frame.pixels), ""))
    return drawn


def _drawn_map(image: ErrorMap, limit: float) -> tuple[int, int, str, str, str, str]:
    height, width = image.levels.shape
    uri = data_uri(image.painted(limit))
    beyond = int((abs(image.levels) > limit).sum())
    warning = f"{beyond} pixel{'s' if beyond > 1 else ''} beyond the end of the scale" if beyond else ""
    strip = data_uri(colour_bar(DIVERGING if image.kind == "signed" else SEQUENTIAL))
    left, middle, right = image.ticks(limit)
    bar = (
        f'<div style="font-size:smaller"><img src="{strip}" width="160" height="12" '
        f'alt="colour scale from {left} over {middle} to {right}" '
        'style="display:block;max-width:none;margin:2px 0;border:1px solid #888">'
        f"scale: left {left}, middle {middle}, right {right}</div>"
    )
    return width, height, image.text, warning, uri, bar


def _cell(panel: Panel, zoom: int) -> str:
    title = f"<div><b>{escape(panel.title)}</b></div>" if panel.title else ""
    zoomed = f"; shown x{zoom}" if zoom > 1 else ""
    warning = f'<div style="font-size:smaller"><b>&#9888; {escape(panel.warning)}</b></div>' if panel.warning else ""
    image = (
        f'<img src="{panel.uri}" alt="{escape(panel.alt)}" width="{panel.width * zoom}" height="{panel.height * zoom}" '
        'style="image-rendering:pixelated;max-width:none;display:block;margin:2px 0">'
    )
    facts = f'<div style="font-size:smaller;opacity:0.8">{escape(panel.text)}{zoomed}</div>'
    style = f"{_CELL};width:{_cell_width(panel, zoom)}px"
    return f'<td style="{style}">{title}{image}{panel.scale_bar}{facts}{warning}</td>'


def _cell_width(panel: Panel, zoom: int) -> int:
    return max(panel.width * zoom, LEAST_CELL)


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
