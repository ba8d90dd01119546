"""All networks in one picture: quality against cost and against time, every network named beside its mark.

The picture is SVG from a template, not by a plotting library: it is the same to the last byte on every machine, so
a page can hold it and a test can compare it.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from srkit._html import render
from srkit.errors import BadInput
from srkit.ops.atomic import atomic_path

__all__ = ["Drawing", "Mark", "draw"]

WIDTH, HEIGHT = 1000, 700
"""Of one plot, in pixels."""
LEFT, RIGHT, TOP, BOTTOM = 64, 976, 64, 644
"""Where its axes lie."""
CAPITAL, SMALL, LINE = 7.8, 6.6, 13
"""Widths and height reserved for one letter of a name, in pixels."""

STYLES = {  # framework: colour of Okabe and Ito, which every kind of colour vision tells apart; and a shape of its own
    "interpolation": ("#555555", "M-5-5H5V5H-5Z"),
    "pre-upsampling": ("#D55E00", "M0-6L6 5H-6Z"),
    "post-upsampling": ("#0072B2", "M-5 0A5 5 0 1 0 5 0A5 5 0 1 0-5 0Z"),
    "progressive": ("#007858", "M0 6L6-5H-6Z"),
    "iterative up-and-down": ("#AA4488", "M0-7L7 0L0 7L-7 0Z"),
}

Box = tuple[float, float, float, float]


@dataclass(frozen=True)
class Mark:
    """One network in the picture.

    Attributes:
        name: what is written beside it.
        framework: gives colour and shape.
        year: of the publication.
        cost: multiply-adds per output pixel; 0 lies at the left border.
        psnr: decibels.
        measured: whether the number is ours; such a mark is hollow.
    """

    name: str
    framework: str
    year: int
    cost: float
    psnr: float
    measured: bool = False


@dataclass(frozen=True)
class Drawing:
    """A finished picture; a notebook shows it.

    Attributes:
        svg: its source.
        clickable: whether it holds links; a notebook then puts it into the page, not into a frame of its own.
    """

    svg: str
    clickable: bool = False

    def _repr_svg_(self) -> str | None:
        return None if self.clickable else self.svg

    def _repr_html_(self) -> str | None:
        return self.svg if self.clickable else None

    def save(self, path: str | Path, *, overwrite: bool = False) -> Path:
        """Write the picture to a file.

        Raises:
            BadFile: the file exists and ``overwrite`` is False.
        """
        with atomic_path(path, overwrite=overwrite) as temporary:
            temporary.write_text(self.svg, "utf-8")
        return Path(path)


def draw(marks: Sequence[Mark], *, title: str) -> Drawing:
    """Draw PSNR against multiply-adds (logarithmic) and, below, against the year.

    Args:
        marks: the networks, at least one.
        title: what the numbers are: data set, scale, protocol.

    Raises:
        BadInput: there is nothing to draw.
    """
    if not marks:
        raise BadInput("There is no network with a PSNR to draw here. Ask for another data set or scale.")
    costs = [mark.cost for mark in marks if mark.cost] or [1.0]
    low, high = math.floor(math.log10(min(costs))) - 1, math.log10(max(costs)) + 0.3
    first, last = max(2014, min(mark.year for mark in marks)), max(mark.year for mark in marks)
    cost = _Panel(
        marks,
        lambda mark: math.log10(mark.cost) if mark.cost else low,
        (low - 0.2, high),
        [(low, "none"), *_powers(low + 1, math.floor(high))],
        "multiply-adds per output pixel",
    )
    year = _Panel(
        marks, lambda mark: max(mark.year, first), (first - 0.5, last + 0.5), _years(first, last), "year of publication"
    )
    axes = {"width": WIDTH, "height": HEIGHT, "left": LEFT, "right": RIGHT, "top": TOP, "bottom": BOTTOM}
    template = Path(__file__).with_name("figure.html")
    return Drawing(render(template, title=title, panels=(cost, year), styles=STYLES, **axes) + "\n")


@dataclass(frozen=True)
class _Panel:
    """One of the two diagrams."""

    marks: Sequence[Mark]
    across: Callable[[Mark], float]
    limits: tuple[float, float]
    ticks: Sequence[tuple[float, str]]
    caption: str

    def place(self, mark: Mark) -> tuple[float, float]:
        """Return where a mark stands."""
        return self._x(self.across(mark)), self._y(mark.psnr)

    def _x(self, value: float) -> float:
        low, high = self.limits
        return LEFT + (RIGHT - LEFT) * (value - low) / (high - low)

    def _y(self, psnr: float) -> float:
        low, high = self._range()
        return BOTTOM - (BOTTOM - TOP) * (psnr - low) / (high - low)

    def _range(self) -> tuple[float, float]:
        values = [mark.psnr for mark in self.marks]
        return math.floor(2 * min(values) - 0.3) / 2, math.ceil(2 * max(values) + 0.3) / 2

    def levels(self) -> list[tuple[float, str]]:
        """Return height and words of each horizontal line."""
        low, high = self._range()
        return [(self._y(step / 2), f"{step / 2:.1f}") for step in range(round(2 * low), round(2 * high) + 1)]

    def columns(self) -> list[tuple[float, str]]:
        """Return place and words of each vertical line."""
        return [(self._x(value), words) for value, words in self.ticks]

    def names(self) -> Iterator[tuple[Mark, Box, Box | None]]:
        """Yield each mark with the box of its name, where nothing else stands, and the line to it where that is far."""
        taken: list[Box] = [(x - 6, y - 6, x + 6, y + 6) for x, y in map(self.place, self.marks)]
        for mark in sorted(self.marks, key=lambda mark: (-mark.psnr, mark.name)):
            x, y = self.place(mark)
            box = _free(x, y, _width(mark.name), taken)
            taken.append(box)
            left, top, right, bottom = box
            if left - 10 <= x <= right + 10 and top - 8 <= y <= bottom + 8:
                yield mark, box, None
            else:
                end = left if left > x else right if right < x else (left + right) / 2
                level = top if top > y else bottom if bottom < y else (top + bottom) / 2
                yield mark, box, (x, y, end, level)


def _width(name: str) -> float:
    return sum(SMALL if letter.islower() or letter in " -()" else CAPITAL for letter in name)


def _free(x: float, y: float, width: float, taken: Sequence[Box]) -> Box:
    """Return the nearest box of ``width`` around (x, y) that touches none of ``taken`` and stays inside the axes."""
    places = []
    for dy in range(-20, 21):
        for dx in (8.0, -8.0 - width, -width / 2, 24.0, -24.0 - width, 48.0, -48.0 - width, 80.0, -80.0 - width):
            box = (x + dx, y - LINE / 2 + 7 * dy, x + dx + width, y + LINE / 2 + 7 * dy)
            inside = box[0] >= LEFT and box[2] <= RIGHT + 20 and box[1] >= TOP - 6 and box[3] <= BOTTOM
            if inside and not any(_touch(box, other) for other in taken):
                places.append((abs(7 * dy) + abs(dx + width / 2) - width / 2, dx < 0, box))
    return min(places)[2] if places else (x + 8, y - LINE / 2, x + 8 + width, y + LINE / 2)


def _touch(one: Box, other: Box) -> bool:
    return one[0] < other[2] and other[0] < one[2] and one[1] < other[3] and other[1] < one[3]


def _powers(low: int, high: int) -> list[tuple[float, str]]:
    names = {3: "thousand", 6: "million", 9: "billion"}
    return [(n, f"{10 ** (n % 3)} {names[n - n % 3]}" if n >= 3 else str(10**n)) for n in range(max(low, 0), high + 1)]


def _years(first: int, last: int) -> list[tuple[float, str]]:
    return [(year, f"until {year}" if year == first == 2014 else str(year)) for year in range(first, last + 1)]
