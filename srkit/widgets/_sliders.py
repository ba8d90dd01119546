"""A gallery of pictures: a slider for each quantity, and a page of labelled pictures for each of its values.

The laboratories return such galleries. A saved notebook holds the pages as tables of pictures and numbers, which can be
read without any script; the script turns them into sliders. With a kernel, pages are made when they are wanted.
"""

from __future__ import annotations

import functools
import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from srkit.errors import BadInput
from srkit.ops.colours import data_uri
from srkit.widgets._frame import frames
from srkit.widgets._static import fill, root, sliders_module, sliders_script
from srkit.widgets._twin import come_alive, display_with_twin

__all__ = ["Axis", "Click", "Page", "Picture", "SliderGallery", "axis_of", "make_gallery", "picture_of"]

_MOST = 240

Position = tuple[int, ...]


@dataclass(frozen=True)
class Axis:
    """One slider."""

    name: str  # beside it
    values: tuple[str, ...]  # its steps in words
    start: int = 0  # number of the step it stands at first


@dataclass(frozen=True, eq=False)
class Picture:
    """One picture of a page."""

    title: str  # above it; the same on every page
    pixels: NDArray[np.uint8]  # ``(h, w, 3)`` or ``(h, w)``
    alt: str  # what it shows, in words
    zoom: int = 1  # screen pixels per pixel
    text: str = ""  # numbers below it


@dataclass(frozen=True, eq=False)
class Page:
    """What is seen at one position of the sliders."""

    pictures: tuple[Picture, ...]
    text: str = ""  # what was measured, in words
    code: str = ""  # a line of Python that does the same, or nothing


@dataclass(frozen=True)
class Click:
    """Which pictures may be clicked, and what a click does."""

    pictures: tuple[str, ...]  # titles of the pictures
    grid: tuple[int, int]  # rows and columns that each of them is divided into
    # the slider that takes the row and the one that takes the column; or one that takes the number of the cell
    axes: tuple[int, ...]


@dataclass(frozen=True, eq=False)
class SliderGallery:
    """What the laboratories return: a notebook draws it, ``print`` gives its numbers."""

    title: str  # what it is about
    axes: tuple[Axis, ...]  # the sliders
    pages: Mapping[Position, Page]  # position of the sliders -> page; the start is always among them
    make: Callable[[Position], Page] = field(repr=False)  # makes the page of any position
    click: Click | None = None  # what clicking on a picture does, if anything

    @property
    def start(self) -> Position:
        """The initial position of the sliders."""
        return tuple(axis.start for axis in self.axes)

    def words(self, position: Position) -> str:
        """Return a position in words, for example ``"alpha 0.5, seed 0"``."""
        pairs = zip(self.axes, position, strict=True)
        return ", ".join(f"{axis.name} {axis.values[step]}" for axis, step in pairs if len(axis.values) > 1)

    def __repr__(self) -> str:
        lines = [self.title]
        first = {picture.title: picture.text for picture in self.pages[self.start].pictures}
        for position, page in self.pages.items():
            new = (
                picture
                for picture in page.pictures
                if position == self.start or picture.text != first.get(picture.title)
            )
            numbers = [page.text, *(f"{picture.title}: {picture.text}" for picture in new if picture.text)]
            lines.append("; ".join(part for part in (self.words(position), *numbers) if part).replace("\n", "; "))
        return "\n".join(lines)

    def config(self) -> dict[str, Any]:
        """Return the settings of the browser half, without the pages."""
        return {
            "title": self.title,
            "axes": [{"name": axis.name, "values": axis.values, "start": axis.start} for axis in self.axes],
            "pictures": [picture.title for picture in self.pages[self.start].pictures],
            "click": None if self.click is None else asdict(self.click),
        }

    def still(self) -> str:
        """Return the part that needs no script: the first page, and all others folded away."""
        first, *others = sorted(self.pages, key=lambda position: position != self.start)
        return fill("sliders", title=self.title, first=self._drawn(first), others=[self._drawn(one) for one in others])

    def page_table(self, position: Position) -> str:
        """Return one page, made where it is not there, as a table without the pictures that the first page has."""
        return fill("page", alone=self._drawn(position))

    def _drawn(self, position: Position) -> tuple[Position, str, list[tuple[Picture, str]], Page]:
        page = self.pages.get(position) or self.make(position)
        known = {} if position == self.start else {one.title: one for one in self.pages[self.start].pictures}
        new = [(one, data_uri(one.pixels)) for one in page.pictures if not _same(one, known.get(one.title))]
        return position, self.words(position), new, page

    def root(self, inside: str) -> str:
        """Return the element that contains the gallery, around ``inside``."""
        return root("sliders", "sliders", self.config(), inside)

    def _repr_html_(self) -> str:
        """Return pages, style and script in one piece."""
        return self.root(f"{self.still()}<script>{sliders_script()}</script>")


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


def picture_of(title: str, picture: Any, alt: str, *, zoom: int = 1, text: str = "", size: bool = True) -> Picture:
    """Return a :class:`Picture` of what :func:`srkit.widgets.show` takes, with its size and warnings as text.

    Raises:
        BadInput: it is no picture, or a batch of several.
    """
    found = frames(picture, name=title)
    if len(found) != 1:
        raise BadInput(f"{title!r} is a batch of {len(found)} pictures; hand in one, (3, h, w).")
    frame = found[0]
    facts = "; ".join(part for part in (text, frame.size if size else "", frame.warning) if part)
    return Picture(title, frame.pixels, alt, zoom, facts)


def make_gallery(
    title: str,
    axes: Sequence[Axis],
    make: Callable[[Position], Page],
    *,
    click: Click | None = None,
    live: bool = False,
) -> Any:
    """Make a gallery: with ``live`` a widget that makes pages when they are wanted, else one with all pages made now.

    The latter holds every position if there are at most 240, else those that differ from the start in one slider.
    """
    start = tuple(axis.start for axis in axes)
    wanted = [start] if live else list(_positions(axes))
    gallery = SliderGallery(title, tuple(axes), {position: make(position) for position in wanted}, make, click)
    return live_gallery(gallery) if live else gallery


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


def _same(picture: Picture, other: Picture | None) -> bool:
    return other is not None and picture.text == other.text and np.array_equal(picture.pixels, other.pixels)


def live_gallery(gallery: SliderGallery) -> Any:
    """Return ``gallery`` as an anywidget; ``widget.position`` follows the sliders, and setting it moves them."""
    otherwise = " and reload the page, or leave live out: the sliders then work without a kernel, on fewer steps."
    return come_alive(_widget_class, gallery, asked="live=True needs", otherwise=otherwise)


@functools.cache
def _widget_class() -> type:
    import anywidget
    import traitlets

    class LiveGallery(anywidget.AnyWidget):  # type: ignore[misc]
        """A gallery whose position is shared between Python and the browser."""

        _esm = sliders_module()
        _page = traitlets.Unicode().tag(sync=True)
        _config = traitlets.Unicode().tag(sync=True)
        _twin = traitlets.Unicode().tag(sync=True)
        _answer = traitlets.Dict().tag(sync=True)
        position = traitlets.List(traitlets.Int()).tag(sync=True)

        def __init__(self, gallery: SliderGallery) -> None:
            config = json.dumps(gallery.config())
            super().__init__(_page=gallery.root(gallery.still()), _config=config, position=list(gallery.start))
            self.gallery = gallery
            self.observe(self._turned, "position")

        @property
        def page(self) -> Any:
            """The page the reader has open."""
            return self.gallery.make(tuple(self.position))

        def _turned(self, change: Any) -> None:
            position = tuple(change["new"])
            key = ",".join(map(str, position))
            if position != self.gallery.start:
                self._answer = {"key": key, "html": self.gallery.page_table(position)}

        def _ipython_display_(self) -> None:
            display_with_twin(self, self.gallery)

    return LiveGallery
