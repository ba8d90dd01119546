"""Forms of TIFF beyond the usual, made by tifffile: each is read as it is, or called what it is, and never damaged."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import tifffile
from PIL import Image

import srkit
from srkit.errors import BadFile
from srkit.ops.files import read_picture, write_picture

RNG = np.random.default_rng(0)
COLOUR, CLEAR = (
    RNG.integers(0, 65536, (20, 24, 3), dtype=np.uint16),
    RNG.integers(1, 65536, (20, 24, 1), dtype=np.uint16),
)
GREY = COLOUR[:, :, 0]


def written(path: Path, pixels: Any, **how: Any) -> Path:
    tifffile.imwrite(path, pixels, **how)
    return path


@pytest.mark.parametrize(
    ("pixels", "wanted", "how"),
    [
        (COLOUR, COLOUR, {"photometric": "rgb", "byteorder": ">"}),
        (COLOUR, COLOUR, {"photometric": "rgb", "bigtiff": True}),
        (COLOUR, COLOUR, {"photometric": "rgb", "compression": "zlib", "predictor": True}),
        (COLOUR, COLOUR, {"photometric": "rgb", "tile": (16, 16)}),
        (GREY, 65535 - GREY, {"photometric": "miniswhite"}),
        (GREY, 65535 - GREY, {"photometric": "miniswhite", "compression": "zlib"}),
        (GREY.astype(np.uint32), GREY, {"photometric": "minisblack"}),
    ],
)
def test_sixteen_bits_are_read_whichever_way_they_lie(
    tmp_path: Path, pixels: Any, wanted: Any, how: dict[str, Any]
) -> None:
    picture = read_picture(written(tmp_path / "a.tif", pixels, **how))
    assert picture.depth == 16
    got = picture.rgb.permute(1, 2, 0).double().numpy() * 65535
    assert np.abs(got - (wanted[:, :, None] if wanted.ndim == 2 else wanted)).max() < 0.01


@pytest.mark.parametrize("byteorder", ["<", ">"])
@pytest.mark.parametrize("how", [{}, {"compression": "zlib"}])
def test_colours_that_alpha_was_multiplied_into_come_back_with_all_their_bits(
    tmp_path: Path, byteorder: str, how: dict[str, Any]
) -> None:
    multiplied = np.round(COLOUR.astype(float) * CLEAR / 65535).astype(np.uint16)
    how = {**how, "photometric": "rgb", "extrasamples": ["assocalpha"], "byteorder": byteorder}
    picture = read_picture(written(tmp_path / "a.tif", np.dstack([multiplied, CLEAR]), **how))
    assert picture.alpha is not None
    assert np.abs(picture.alpha[0].numpy() * 65535 - CLEAR[:, :, 0]).max() < 0.01
    seen = picture.rgb.permute(1, 2, 0).double().numpy() * CLEAR
    assert np.abs(seen - COLOUR / 65535 * CLEAR).max() <= 1.01  # one step of what was stored


def raw(path: Path) -> None:
    with tifffile.TiffWriter(path) as file:
        file.write(RNG.integers(0, 256, (8, 8, 3), dtype=np.uint8), photometric="rgb", subfiletype=1, subifds=1)
        file.write(GREY, photometric=32803, subfiletype=0)


UNREAD: dict[str, tuple[Callable[[Path], object], str]] = {
    "floats": (lambda p: written(p, (COLOUR / 65535).astype(np.float32), photometric="rgb"), "floating-point"),
    "half floats": (lambda p: written(p, (COLOUR / 65535).astype(np.float16), photometric="rgb"), "floating-point"),
    "grey floats": (lambda p: written(p, (GREY / 65535).astype(np.float32)), "whose white is not defined"),
    "double floats": (lambda p: written(p, GREY / 65535, byteorder=">"), "pixels hold floating-point"),
    "colours of 32 bits": (lambda p: written(p, COLOUR.astype(np.uint32), photometric="rgb"), "3 channels of 32 bits"),
    "five channels": (
        lambda p: written(p, np.zeros((9, 9, 5), np.uint8), photometric="minisblack", planarconfig="contig"),
        "5 channels of 8 bits",
    ),
    "Lab of 16 bits": (lambda p: written(p, COLOUR, photometric="cielab"), "CIE Lab"),
    "grey and alpha of 16 bits": (
        lambda p: written(p, COLOUR[:, :, :2], photometric="minisblack", extrasamples=[2], planarconfig="contig"),
        "2 channels of 16 bits",
    ),
    "planes": (
        lambda p: written(p, COLOUR.transpose(2, 0, 1), photometric="rgb", planarconfig="separate", bigtiff=True),
        "side by side",
    ),
    "a camera's raw file": (raw, "raw converter"),
}


@pytest.mark.parametrize("what", UNREAD)
def test_a_sound_tiff_of_a_form_that_is_not_read_is_called_what_it_is(tmp_path: Path, what: str) -> None:
    make, words = UNREAD[what]
    make(tmp_path / "a.tif")
    with pytest.raises(BadFile, match=words) as refused:
        read_picture(tmp_path / "a.tif")
    assert "damaged" not in str(refused.value)


def test_eight_bits_in_planes_are_read(tmp_path: Path) -> None:
    eight = (COLOUR >> 8).astype(np.uint8)
    path = written(tmp_path / "a.tif", eight.transpose(2, 0, 1), photometric="rgb", planarconfig="separate")
    assert np.array_equal(read_picture(path).rgb.permute(1, 2, 0).mul(255).round().byte().numpy(), eight)


def test_what_a_tiff_says_goes_into_the_next_file_and_what_nobody_knows_is_named(tmp_path: Path) -> None:
    told = [(271, 2, 0, "Camera", True), (315, 2, 0, "Somebody", True), (33550, 12, 3, (1.0, 1.0, 0.0), True)]
    path = written(tmp_path / "a.tif", COLOUR, photometric="rgb", description="a caption", extratags=told)
    net = srkit.models.create("nearest", scale=2)
    for suffix in (".tif", ".png", ".jpg", ".webp"):
        with pytest.warns(RuntimeWarning, match=r"not carried over.*the TIFF tag 33550"):
            srkit.upscale(path, net, out=tmp_path / f"b{suffix}")
        with Image.open(tmp_path / f"b{suffix}") as image:
            assert [image.getexif().get(tag) for tag in (270, 271, 315)] == ["a caption", "Camera", "Somebody"]


def test_a_tiff_above_four_gigabytes_holds_directories_of_its_own_layout(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = Image.Exif()
    made[0x010F] = "Camera"
    made.get_ifd(0x8769).update({0x9003: "2020:01:01 00:00:00", 0x829A: 0.01})
    made.get_ifd(0x8825).update({1: "N", 2: (47.0, 22.0, 11.0)})
    Image.fromarray((COLOUR >> 8).astype(np.uint8)).save(tmp_path / "a.jpg", exif=made)
    picture = read_picture(tmp_path / "a.jpg")
    monkeypatch.setattr("srkit.ops._writers._CLASSIC_TIFF", 0)
    assert write_picture(tmp_path / "b.tif", picture.rgb, like=picture) == ()
    assert (tmp_path / "b.tif").read_bytes()[2] == 43
    with Image.open(tmp_path / "b.tif") as image:
        told = image.getexif()
        assert told[0x010F] == "Camera"
        assert told.get_ifd(0x8769)[0x9003] == "2020:01:01 00:00:00"
        assert told.get_ifd(0x8825)[2] == (47.0, 22.0, 11.0)
