"""The public names are recorded: none vanishes and none appears without somebody deciding so."""

from __future__ import annotations

import importlib
import json

import pytest

import srkit
from tests.house._surface import RECORD, former_names, surface

HOW = "if this is on purpose: make print, and say so in CHANGELOG.md"


def test_no_public_name_has_vanished_or_appeared_unnoticed() -> None:
    recorded = {(module, name) for module, names in json.loads(RECORD.read_text("utf-8")).items() for name in names}
    now = {(module, name) for module, names in surface().items() for name in names}
    assert recorded - now == set(), f"gone; {HOW}"
    assert now - recorded == set(), f"new; {HOW}"


def test_the_front_page_of_the_library_fits_on_one_screen() -> None:
    assert 15 <= len(srkit.__all__) <= 25
    assert srkit.__all__ == sorted(srkit.__all__)


FORMER = [(room, name) for room in sorted(surface()) for name in former_names(room)]


def test_names_that_were_public_once_are_found_where_they_are_now() -> None:
    assert {("srkit.training", "Guard"), ("srkit.widgets", "Book"), ("srkit.training", "train_weak")} <= set(FORMER)


@pytest.mark.parametrize(("room", "name"), FORMER)
def test_a_name_that_was_public_once_can_be_had_with_a_warning_that_says_where_it_is(room: str, name: str) -> None:
    module = importlib.import_module(room)
    assert name not in module.__all__
    with pytest.warns(DeprecationWarning, match=rf"^{room}\.{name} will go .* it is srkit\.\S+ now") as warned:
        thing = getattr(module, name)
    assert len(warned) == 1
    home, _, now = str(warned[0].message).split()[-2].rpartition(".")
    assert thing is getattr(importlib.import_module(home), now)


def test_a_name_that_never_was_public_is_refused_with_those_that_are() -> None:
    with pytest.raises(AttributeError, match=r"no public name 'train_weekly'; it has: .*train_stages"):
        srkit.training.train_weekly  # noqa: B018


def test_the_imports_of_older_copies_of_lesson_10_still_work() -> None:
    with pytest.warns(DeprecationWarning, match=r"srkit\.papers\.batchnorm\.range_kept now"):
        from srkit.training.batchnorm import range_kept
    assert range_kept is importlib.import_module("srkit.papers.batchnorm").range_kept
