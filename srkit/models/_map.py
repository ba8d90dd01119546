"""All networks as a map of ideas: the branches of the field, the lessons that teach them, and every network's card.

Which network stands where, and in which colour, is read from its card; only the names of branches are written here.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from srkit._html import render
from srkit.models._figure import CAPITAL, SMALL, STYLES, Drawing
from srkit.models._registry import Card

__all__ = ["BRANCHES", "draw_map"]

BRANCHES: Mapping[str, Mapping[str, str]] = {  # branch -> lesson -> what it is about
    "Where does the image grow?": {"01": "A fixed rule", "03": "Four frameworks", "04": "Layers that enlarge"},
    "How is the network built?": {
        "05": "Residual and recursive",
        "06": "Many paths, dense connections",
        "07": "Attention",
        "08": "Other convolutions, wavelets",
        "16": "Efficient networks",
        "17": "Attention after 2021, scans",
        "18": "Any scale",
    },
    "What is it taught?": {
        "09": "Losses",
        "10": "Strategies, other tasks",
        "11": "Exercise 1",
        "19": "Diffusion",
        "20": "What people like",
    },
    "What if the degradation is not known?": {
        "12": "Blind and real images",
        "13": "One image is enough",
        "14": "Data without pairs",
        "15": "Exercise 2",
    },
}
WIDTH, MARGIN, NAMES, STEP = 1000, 16, 262, 26
"""Of the map; its edge; where the networks begin; from one line of them to the next, all in pixels."""


@dataclass(frozen=True)
class _Chip:
    """One network: its card, and where it stands."""

    card: Card
    x: float
    y: float
    width: float


@dataclass(frozen=True)
class _Topic:
    """One lesson and its networks."""

    name: str
    address: str
    top: float
    chips: tuple[_Chip, ...]


@dataclass(frozen=True)
class _Branch:
    """One branch of the field and its lessons."""

    name: str
    top: float
    bottom: float
    topics: tuple[_Topic, ...]


def draw_map(cards: Sequence[Card], lessons: Mapping[str, str]) -> Drawing:
    """Draw the map: a click on a lesson opens it, a click on a network its paper, a hand on it shows its idea.

    Args:
        cards: of the networks.
        lessons: number of a lesson ("05") -> its address; one without stands as plain text.
    """
    by_lesson: dict[str, list[Card]] = {}
    for card in sorted(cards, key=lambda card: (card.year, card.title)):
        by_lesson.setdefault(card.lesson, []).append(card)
    known = {number for topics in BRANCHES.values() for number in topics}
    others = {number: f"Lesson {number}" for number in sorted(by_lesson.keys() - known)}
    branches, top = [], 62.0
    for name, topics in {**BRANCHES, **({"Further": others} if others else {})}.items():
        start, made = top, []
        top += 30
        for number, words in topics.items():
            if number in by_lesson or number in lessons:
                made.append(_topic(f"{number}  {words}", lessons.get(number, ""), top, by_lesson.get(number, ())))
                top = max((chip.y for chip in made[-1].chips), default=top) + STEP
        branches.append(_Branch(name, start, top, tuple(made)))
        top += 10
    title = f"Super-resolution in {len(cards)} networks"
    template = Path(__file__).with_name("map.html")
    page = render(template, title=title, branches=branches, styles=STYLES, width=WIDTH, height=round(top + 6))
    return Drawing(page + "\n", clickable=True)


def _topic(name: str, address: str, top: float, cards: Sequence[Card]) -> _Topic:
    """Lay networks out in lines."""
    chips, x, y = [], float(NAMES), top
    for card in cards:
        width = sum(CAPITAL + 1 if letter.isupper() else SMALL for letter in card.title) + 14
        if x + width > WIDTH - MARGIN and x > NAMES:
            x, y = float(NAMES), y + STEP
        chips.append(_Chip(card, round(x, 1), y, round(width, 1)))
        x += width + 8
    return _Topic(name, address, top, tuple(chips))
