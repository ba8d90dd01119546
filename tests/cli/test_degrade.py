"""``srkit degrade``: pictures made worse by a chain."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch
from PIL import Image

import srkit
from srkit.degrade import parse
from tests.cli._call import Call

CHAIN = "blur(1.6) > down(2) > jpeg(50)"


@pytest.fixture
def photos(tmp_path: Path) -> Path:
    folder = tmp_path / "photos"
    (folder / "below").mkdir(parents=True)
    for number, name in enumerate(("a", "b", "below/c")):
        srkit.write(folder / f"{name}.png", srkit.datasets.samples(scale=2)[number].hr[:, :40, :48])
    return folder


def test_a_picture_is_degraded_as_the_chain_says(call: Call, photos: Path) -> None:
    answer = call("degrade", photos / "a.png", CHAIN)
    assert answer.code == 0, answer.err
    made = srkit.read(photos / "a_degraded.png")
    expected = parse(CHAIN)(srkit.read(photos / "a.png")).clamp(0, 1)
    assert float((made - expected).abs().max()) <= 0.5 / 255 + 1e-6


def test_a_folder_keeps_its_tree_and_each_picture_has_draws_of_its_own(call: Call, photos: Path) -> None:
    (photos / "a.png").replace(photos / "b.png")
    (photos / "a.png").write_bytes((photos / "b.png").read_bytes())
    answer = call("degrade", photos, "noise(20)", "--recursive", "--out", photos.parent / "poor")
    assert answer.code == 0, answer.err
    first, second = (srkit.read(photos.parent / "poor" / f"{name}.png") for name in "ab")
    assert not torch.equal(first, second)
    assert (photos.parent / "poor" / "below" / "c.png").exists()
    call("degrade", photos / "b.png", "noise(20)", "--out", photos / "alone.png")
    assert torch.equal(srkit.read(photos / "alone.png"), second)  # whatever stands beside it
    call("degrade", photos / "b.png", "noise(20)", "--out", photos / "other.png", "--seed", 1)
    assert not torch.equal(srkit.read(photos / "other.png"), second)


def test_transparency_and_grey_stay_and_a_repeated_call_does_what_is_missing(call: Call, photos: Path) -> None:
    Image.new("LA", (20, 16), (100, 128)).save(photos / "soft.png")
    (photos / "bad.png").write_bytes((photos / "a.png").read_bytes()[:90])
    words = ("degrade", photos, CHAIN)
    answer = call(*words)
    assert answer.code == 2
    assert "1 of 4 pictures could not be degraded" in answer.err
    assert "left out" in answer.err  # the folder below
    made = Image.open(photos.with_name("photos_degraded") / "soft.png")
    assert made.mode == "LA"
    assert made.size == (10, 8)
    call("degrade", photos / "a.png", "noise(3)", "--out", photos / "bad.png", "--overwrite")
    again = call(*words)
    assert again.code == 0
    assert again.err.count("in just this way") == 3
    other = call("degrade", photos, "down(2)")
    assert other.code == 2
    assert f"chain {parse(CHAIN)} then, {parse('down(2)')} now" in other.err


def test_the_plan_says_size_and_memory_of_a_chain_that_enlarges_and_asks_the_target_s_limits_first(
    call: Call, tmp_path: Path
) -> None:
    Image.new("RGB", (4400, 400)).save(tmp_path / "a.png")
    plans = {
        chain: call("degrade", tmp_path / "a.png", chain, "--dry-run").out
        for chain in ("up(3)", "up(2..3)", "up(3) > down(3)", "down(2)")
    }
    assert "13200 x 1200 pixels, about 0.5" in plans["up(3)"]
    assert float(plans["up(2..3)"].partition("about ")[2].split()[0]) >= 0.35  # of drawn sizes about the largest
    assert "4400 x 400 pixels, about 0.4" in plans["up(3) > down(3)"]  # it is large on the way
    assert "2200 x 200 pixels)" in plans["down(2)"]
    refused = call("degrade", tmp_path / "a.png", "up(4)", "--out", tmp_path / "a.webp")
    assert refused.code == 2
    assert "at most 16,383 pixels" in refused.err
    assert not (tmp_path / "a.webp").exists()


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (("down(2",), "down(2"),
        (("dwn(2)",), "Did you mean 'down'"),
        (("down(2)", "--out", "one.png"), "several pictures"),
    ],
)
def test_what_cannot_be_is_said_before_any_work(
    call: Call, photos: Path, words: tuple[str, ...], sentence: str
) -> None:
    answer = call("degrade", photos, *words)
    assert answer.code == 2
    assert sentence in answer.err
    assert not photos.with_name("photos_degraded").exists()
