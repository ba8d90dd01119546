"""A book of pictures: a slider for each quantity, and a leaf of labelled pictures for each of its values.

The laboratories are books. As a page a book holds its leaves as tables of pictures and numbers, which read well without
any script; the script turns them into sliders. With a kernel (:mod:`srkit.widgets._live_book`) leaves are made when
somebody turns to them.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from html import escape
from typing import Any

import numpy as np
from numpy.typing import NDArray

from srkit.errors import BadInput
from srkit.ops.colours import data_uri
from srkit.widgets._frame import CELL, TABLE, frames
from srkit.widgets._static import book_script, book_style

__all__ = ["Axis", "Book", "Click", "Leaf", "Plate", "axis_of", "make_book", "plate_of"]

_MOST = 240

Position = tuple[int, ...]


@dataclass(frozen=True)
class Axis:
    """One slider.

    Attributes:
        name: beside it.
        values: its steps in words.
        start: number of the step it stands at first.
    """

    name: str
    values: tuple[str, ...]
    start: int = 0


@dataclass(frozen=True, eq=False)
class Plate:
    """One picture of a leaf.

    Attributes:
        title: above it; the same on every leaf.
        pixels: uint8, ``(h, w, 3)`` or ``(h, w)``.
        alt: what it shows, in words.
        zoom: screen pixels per pixel.
        text: numbers below it.
    """

    title: str
    pixels: NDArray[np.uint8]
    alt: str
    zoom: int = 1
    text: str = ""


@dataclass(frozen=True, eq=False)
class Leaf:
    """What is seen at one position of the sliders.

    Attributes:
        plates: the pictures.
        text: what was measured, in words.
        code: a line of Python that does the same, or nothing.
    """

    plates: tuple[Plate, ...]
    text: str = ""
    code: str = ""


@dataclass(frozen=True)
class Click:
    """Which pictures may be clicked, and what a click does.

    Attributes:
        plates: titles of the pictures.
        grid: rows and columns that each of them is divided into.
        axes: the slider that takes the row and the one that takes the column; or one that takes the number of the cell.
    """

    plates: tuple[str, ...]
    grid: tuple[int, int]
    axes: tuple[int, ...]


@dataclass(frozen=True, eq=False)
class Book:
    """What the laboratories return: a notebook draws it, ``print`` gives its numbers.

    Attributes:
        title: what it is about.
        axes: the sliders.
        leaves: position of the sliders -> leaf; the start is always among them.
        make: makes the leaf of any position.
        click: what clicking on a picture does, if anything.
    """

    title: str
    axes: tuple[Axis, ...]
    leaves: Mapping[Position, Leaf]
    make: Callable[[Position], Leaf] = field(repr=False)
    click: Click | None = None

    @property
    def start(self) -> Position:
        """Where the sliders stand first."""
        return tuple(axis.start for axis in self.axes)

    def words(self, position: Position) -> str:
        """Return a position in words, for example ``"alpha 0.5, seed 0"``."""
        pairs = zip(self.axes, position, strict=True)
        return ", ".join(f"{axis.name} {axis.values[step]}" for axis, step in pairs if len(axis.values) > 1)

    def __repr__(self) -> str:
        lines = [self.title]
        first = {plate.title: plate.text for plate in self.leaves[self.start].plates}
        for position, leaf in self.leaves.items():
            new = (plate for plate in leaf.plates if position == self.start or plate.text != first.get(plate.title))
            numbers = [leaf.text, *(f"{plate.title}: {plate.text}" for plate in new if plate.text)]
            lines.append("; ".join(part for part in (self.words(position), *numbers) if part).replace("\n", "; "))
        return "\n".join(lines)

    def config(self) -> dict[str, Any]:
        """Return what the browser half is told besides the leaves."""
        return {
            "title": self.title,
            "axes": [{"name": axis.name, "values": axis.values, "start": axis.start} for axis in self.axes],
            "plates": [plate.title for plate in self.leaves[self.start].plates],
            "click": None if self.click is None else asdict(self.click),
        }

    def page(self) -> str:
        """Return the part that needs no script: the first leaf, and all others folded away."""
        others = [position for position in self.leaves if position != self.start]
        first = self.leaf_table(self.start, self.leaves[self.start])
        folded = "".join(self.leaf_table(position, self.leaves[position]) for position in others)
        more = f"<details><summary>{len(others)} further positions</summary>{folded}</details>" if others else ""
        title = f"<div><b>{escape(self.title)}</b></div>"
        return f'<div class="srkit-leaves" style="overflow-x:auto">{title}{first}{more}</div>'

    def leaf_table(self, position: Position, leaf: Leaf) -> str:
        """Return one leaf as a table; pictures that are those of the first leaf are not repeated."""
        known = {} if position == self.start else {plate.title: plate for plate in self.leaves[self.start].plates}
        cells = "".join(_cell(plate) for plate in leaf.plates if not _same(plate, known.get(plate.title)))
        words = self.words(position)
        head = f"<div><b>{escape(words)}</b></div>" if words else ""
        text = f'<div data-text="" style="white-space:pre-line">{escape(leaf.text)}</div>' if leaf.text else ""
        code = f"<div><code>{escape(leaf.code)}</code></div>" if leaf.code else ""
        row = f'<tr style="background:none;text-align:left">{cells}</tr>'
        table = f'<table style="{TABLE};margin:0"><tbody>{row}</tbody></table>'
        return f'<div data-leaf="{",".join(map(str, position))}">{head}{table if cells else ""}{text}{code}</div>'

    def root(self, inside: str) -> str:
        """Return the element the book lives in, around ``inside``."""
        config = escape(json.dumps(self.config()), quote=True)
        return f'<div class="srkit-book" data-config="{config}"><style>{book_style()}</style>{inside}</div>'

    def _repr_html_(self) -> str:
        """Return leaves, style and script in one piece."""
        return self.root(f"{self.page()}<script>{book_script()}</script>")


def axis_of(name: str, values: Sequence[float | str], *, start: float | str | None = None) -> Axis:
    """Return an axis over numbers or words that starts at the one given, or at the first.

    Raises:
        BadInput: no values, or a start that is none of them.
    """
    listed = list(values)
    if not listed:
        raise BadInput(f"The slider {name!r} has no values to stand at; give at least one.")
    if start is not None and start not in listed:
        raise BadInput(f"{name}={start!r} is none of the steps of its slider: {', '.join(map(str, listed))}.")
    words = tuple(value if isinstance(value, str) else f"{value:g}" for value in listed)
    return Axis(name, words, listed.index(start) if start is not None else 0)


def plate_of(title: str, picture: Any, alt: str, *, zoom: int = 1, text: str = "", size: bool = True) -> Plate:
    """Return a plate of a picture as :func:`srkit.widgets.show` takes it, with its size and warnings as text.

    Raises:
        BadInput: it is no picture, or a batch of several.
    """
    found = frames(picture, name=title)
    if len(found) != 1:
        raise BadInput(f"{title!r} is a batch of {len(found)} pictures; hand in one, (3, h, w).")
    frame = found[0]
    facts = "; ".join(part for part in (text, frame.size if size else "", frame.warning) if part)
    return Plate(title, frame.pixels, alt, zoom, facts)


def make_book(
    title: str,
    axes: Sequence[Axis],
    make: Callable[[Position], Leaf],
    *,
    click: Click | None = None,
    live: bool = False,
) -> Any:
    """Make a book: with ``live`` a widget that makes leaves when they are wanted, else a page with leaves made now.

    A page holds every position if there are at most 240, else those that differ from the start in one slider.
    """
    start = tuple(axis.start for axis in axes)
    wanted = [start] if live else list(_positions(axes))
    book = Book(title, tuple(axes), {position: make(position) for position in wanted}, make, click)
    if not live:
        return book
    from srkit.widgets._live_book import live_book

    return live_book(book)


def _positions(axes: Sequence[Axis]) -> Iterator[Position]:
    start = tuple(axis.start for axis in axes)
    lengths = [len(axis.values) for axis in axes]
    yield start
    if np.prod(lengths, dtype=np.int64) <= _MOST:
        yield from (tuple(map(int, place)) for place in np.ndindex(*lengths) if tuple(place) != start)
        return
    for number, length in enumerate(lengths):
        for step in range(length):
            if step != start[number]:
                yield (*start[:number], step, *start[number + 1 :])


def _same(plate: Plate, other: Plate | None) -> bool:
    return other is not None and plate.text == other.text and np.array_equal(plate.pixels, other.pixels)


def _cell(plate: Plate) -> str:
    height, width = plate.pixels.shape[:2]
    words = f'<div style="font-size:smaller;opacity:0.85">{escape(plate.text)}</div>' if plate.text else ""
    return (
        f'<td style="{CELL}"><div><b>{escape(plate.title)}</b></div><img data-plate="{escape(plate.title)}" '
        f'data-zoom="{plate.zoom}" data-words="{escape(plate.text)}" width="{width * plate.zoom}" '
        f'height="{height * plate.zoom}" src="{data_uri(plate.pixels)}" alt="{escape(plate.alt)}" '
        f'style="image-rendering:pixelated;max-width:none;display:block;margin:2px 0">{words}</td>'
    )
