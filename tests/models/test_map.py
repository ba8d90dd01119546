"""The map of all networks: every card once, every link where it should lead, nothing on top of another."""

from __future__ import annotations

import itertools
import xml.etree.ElementTree as ElementTree
from dataclasses import replace

from srkit.models import card, names
from srkit.models._map import BRANCHES, WIDTH, draw_map

SVG = "{http://www.w3.org/2000/svg}"
CARDS = [card(name) for name in names()]


def drawn(cards=CARDS, lessons=None):
    return ElementTree.fromstring(draw_map(cards, lessons or {}).svg)


def test_every_network_is_named_once_with_its_idea_and_leads_to_its_paper():
    links = drawn().findall(f"{SVG}a")
    assert sorted(link.find(f"{SVG}text").text for link in links) == sorted(one.title for one in CARDS)
    by_title = {one.title: one for one in CARDS}
    for link in links:
        found = by_title[link.find(f"{SVG}text").text]
        assert link.get("href") == found.url
        assert found.idea in link.find(f"{SVG}title").text


def test_a_lesson_leads_to_its_address_and_stands_as_plain_text_without_one():
    tree = drawn(lessons={"05": "05_residual.ipynb", "13": "13_one.ipynb"})
    leads = {link.find(f"{SVG}text").text: link.get("href") for link in tree.findall(f"{SVG}a")}
    assert leads["05  Residual and recursive"] == "05_residual.ipynb"
    assert leads["13  One image is enough"] == "13_one.ipynb"
    assert "07  Attention" in [text.text for text in tree.findall(f"{SVG}text")]


def test_no_network_lies_on_another_or_beyond_the_edge_and_its_name_fits_into_its_frame():
    frames = [link.find(f"{SVG}rect") for link in drawn().findall(f"{SVG}a")]
    boxes = sorted((float(f.get("y")), float(f.get("x")), float(f.get("width"))) for f in frames)
    assert all(x >= 0 and x + width <= WIDTH for _, x, width in boxes)
    for (y, x, width), (next_y, next_x, _) in itertools.pairwise(boxes):
        assert next_y >= y + 20 or (next_y == y and next_x > x + width)


def test_a_card_of_a_lesson_that_no_branch_has_stands_in_a_branch_of_its_own():
    assert "Lesson 77" not in draw_map(CARDS, {}).svg
    tree = drawn([replace(CARDS[0], lesson="77")])
    assert {"Further", "77  Lesson 77"} <= {text.text for text in tree.findall(f"{SVG}text")}


def test_the_branches_name_each_lesson_once():
    numbers = [number for topics in BRANCHES.values() for number in topics]
    assert len(numbers) == len(set(numbers))
