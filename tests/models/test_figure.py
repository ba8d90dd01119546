"""The picture of the atlas: every network is there, is named once, and no name lies on another."""

from __future__ import annotations

import re
from itertools import combinations
from pathlib import Path
from xml.etree import ElementTree

import pytest

import srkit
from srkit.errors import BadFile, BadInput
from srkit.models import draw
from srkit.models._figure import HEIGHT, STYLES, Drawing, Mark

CROWD = [
    Mark(
        name=f"Network-{n}", framework=list(STYLES)[n % 5], year=2016 + n % 3, cost=1e5 * (1 + n % 7), psnr=32 + n / 99
    )
    for n in range(40)
]


def _names(drawing: Drawing) -> list[tuple[str, float, float]]:
    """Return what is written beside the marks of the first plot: words, x and y of the start."""
    found = re.findall(r'<text x="([\d.]+)" y="([\d.]+)" fill="#\w+">(Network[^<]+)</text>', drawing.svg)
    return [(name, float(x), float(y)) for x, y, name in found][: len(CROWD)]


def test_no_name_lies_on_another_or_on_a_mark() -> None:
    drawing = draw(CROWD, title="a crowd")
    names = _names(drawing)
    assert sorted(name for name, _, _ in names) == sorted(mark.name for mark in CROWD)
    boxes = [(x, y - 9, x + 6.2 * len(name), y + 2) for name, x, y in names]  # as a browser draws them
    marks = re.findall(r'translate\(([\d.]+) ([\d.]+)\)" d="[^"]+" fill="[^"]+" stroke=', drawing.svg)[: len(CROWD)]
    assert len(marks) == len(CROWD)
    dots = [(float(x) - 4, float(y) - 4, float(x) + 4, float(y) + 4) for x, y in marks]
    pairs = [*combinations(boxes, 2), *((box, dot) for box in boxes for dot in dots)]
    assert not [pair for pair in pairs if _touch(*pair)]
    assert all(y < HEIGHT for _, _, y in names)


def test_the_names_test_sees_boxes_that_touch() -> None:
    assert _touch((0, 0, 10, 10), (9, 9, 20, 20))
    assert not _touch((0, 0, 10, 10), (11, 0, 20, 10))


def test_the_picture_is_well_formed_says_what_it_shows_and_is_the_same_every_time() -> None:
    drawing = draw(CROWD, title="PSNR & more")
    root = ElementTree.fromstring(drawing.svg)
    assert root.attrib["role"] == "img"
    title = root.find("{http://www.w3.org/2000/svg}title")
    assert title is not None
    assert title.text is not None
    assert title.text.startswith("PSNR & more, 40 networks")
    assert draw(CROWD, title="PSNR & more") == drawing
    assert drawing._repr_svg_() == drawing.svg


def test_better_lies_higher_and_dearer_lies_to_the_right() -> None:
    marks = [
        Mark(name="cheap", framework="post-upsampling", year=2016, cost=1e3, psnr=30),
        Mark(name="dear", framework="post-upsampling", year=2020, cost=1e6, psnr=32, measured=True),
        Mark(name="free", framework="interpolation", year=1981, cost=0, psnr=28),
    ]
    places = re.findall(r'translate\(([\d.]+) ([\d.]+)\)" d="[^"]+" fill="([^"]+)" stroke=', draw(marks, title="").svg)
    (x0, y0, _), (x1, y1, hollow), (x2, y2, _) = places[:3]
    assert float(x2) < float(x0) < float(x1)
    assert float(y2) > float(y0) > float(y1)
    assert hollow == "#fff", "what we measured ourselves is hollow"


def test_the_atlas_draws_every_network_with_a_number_and_refuses_an_empty_picture(tmp_path: Path) -> None:
    table = srkit.models.atlas("*cnn")
    path = table.draw().save(tmp_path / "atlas.svg")
    for row in table:
        assert (f">{row.card.title}<" in path.read_text("utf-8")) == (row.psnr() is not None and row.scale == 4)
    with pytest.raises(BadFile):
        table.draw().save(path)
    with pytest.raises(BadInput, match="no network with a PSNR"):
        table.draw(dataset="manga109", scale=8)


def _touch(one: tuple[float, ...], other: tuple[float, ...]) -> bool:
    return one[0] < other[2] and other[0] < one[2] and one[1] < other[3] and other[1] < one[3]
