"""Pictures as people have them, sound and broken, through the doors: each has its result or is named."""

from __future__ import annotations

import contextlib
import io
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image, PngImagePlugin

from tests.cli._call import Call

SIZES = ((1, 1), (7, 1), (8, 8), (19, 13))
MODES = {
    "PNG": ("1", "L", "LA", "P", "RGB", "RGBA", "I;16"),
    "BMP": ("1", "L", "P", "RGB"),
    "TIFF": ("1", "L", "LA", "RGB", "RGBA", "CMYK", "I;16"),
    "JPEG": ("L", "RGB", "CMYK"),
    "WEBP": ("L", "RGB", "RGBA"),
}
ENDS = {"PNG": ".png", "BMP": ".bmp", "TIFF": ".tif", "JPEG": ".jpg", "WEBP": ".webp"}
NAMES = ("사진", "café crème", "a.b.c", "-dash", "x" * 180, "with 'quotes'", "UPPER", "percent %s {}", "[brackets]*")


def picture(mode: str, size: tuple[int, int]) -> Image.Image:
    """Return a picture of noise."""
    rng = np.random.default_rng(len(mode) + size[0])
    if mode == "I;16":
        return Image.fromarray(rng.integers(0, 65536, size[::-1], dtype=np.uint16))
    return (
        Image.fromarray(rng.integers(0, 256, (*size[::-1], 4), dtype=np.uint8), "RGBA")
        .convert(mode if mode not in ("CMYK", "1", "P") else "RGB")
        .convert(mode)
    )


def saved(image: Image.Image, kind: str, **how: Any) -> bytes:
    """Return the bytes of a file."""
    stream = io.BytesIO()
    image.save(stream, kind, **how)
    return stream.getvalue()


def sound() -> Iterator[tuple[str, bytes]]:
    """Yield names and contents of pictures that are to be enlarged."""
    for kind, modes in MODES.items():
        for mode in modes:
            for size in SIZES:
                image = picture(mode, size)
                yield f"{kind}_{mode.replace(';', '')}_{size[0]}x{size[1]}{ENDS[kind]}", saved(image, kind)
    rgb = picture("RGB", (10, 6))
    for orientation in range(1, 9):
        exif = Image.Exif()
        exif[0x0112] = orientation
        yield f"turned_{orientation}.jpg", saved(rgb, "JPEG", exif=exif)
    texts = PngImagePlugin.PngInfo()
    texts.add_text("prompt", "x" * 2_000_000, zip=True)
    yield "long_text.png", saved(rgb, "PNG", pnginfo=texts)
    for kind in ("PNG", "JPEG", "WEBP", "TIFF"):
        yield f"bad_profile{ENDS[kind]}", saved(rgb, kind, icc_profile=b"no profile")
    for kind in ("PNG", "JPEG", "WEBP"):
        yield f"bad_exif{ENDS[kind]}", saved(rgb, kind, exif=b"Exif\0\0GARBAGE!")
    yield "progressive.jpg", saved(rgb, "JPEG", progressive=True, quality=3)
    for compression in ("tiff_lzw", "tiff_deflate", "packbits"):
        yield f"{compression}.tif", saved(rgb, "TIFF", compression=compression)
    yield "transparent_palette.png", saved(picture("P", (9, 9)), "PNG", transparency=3)
    yield "transparent_colour.png", saved(rgb, "PNG", transparency=(1, 2, 3))
    for kind in ("PNG", "TIFF", "WEBP"):
        yield (
            f"frames{ENDS[kind]}",
            saved(rgb, kind, save_all=True, append_images=[picture("RGB", (10, 6)).rotate(180)]),
        )
    for name in NAMES:
        yield f"{name}.png", saved(rgb, "PNG")
    yield "LOUD.JPG", saved(rgb, "JPEG")
    yield "really_jpeg.png", saved(rgb, "JPEG")
    yield "really_png.jpg", saved(rgb, "PNG")
    yield "really_webp.tif", saved(rgb, "WEBP")


def broken() -> Iterator[tuple[str, bytes]]:
    """Yield names and contents of files that look like pictures and cannot be enlarged."""
    whole = {kind: saved(picture("RGB", (40, 40)), kind) for kind in ENDS}
    for kind, data in whole.items():
        for share in (0.02, 0.5, 0.9):
            yield f"cut_{share}{ENDS[kind]}", data[: max(3, int(share * len(data)))]
    yield "empty.png", b""
    yield "page.png", b"<!doctype html>"
    yield "noise.jpg", bytes(range(256)) * 4
    yield "zip.png", b"PK\x03\x04" + bytes(60)
    yield "magic.webp", b"RIFF\x10\0\0\0WEBPVP8 "


GOOD, BAD = dict(sound()), dict(broken())


@pytest.fixture(scope="module")
def corpus(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("corpus")
    for name, data in (GOOD | BAD).items():
        (folder / name).write_bytes(data)
    return folder


def test_the_corpus_is_as_large_as_it_is_called() -> None:
    assert len(GOOD) + len(BAD) >= 150


@pytest.mark.parametrize("verb", ["upscale", "degrade"])
def test_every_sound_picture_has_its_result_and_every_broken_one_is_named(
    call: Call, corpus: Path, verb: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    words = {"upscale": ("--model", "nearest", "--scale", 2), "degrade": ("up(2)",)}[verb]
    answer = call(verb, corpus, *words, "--out", tmp_path / "out")
    assert answer.code == 2
    assert "fault of srkit" not in answer.err
    monkeypatch.setattr(PngImagePlugin, "MAX_TEXT_CHUNK", 1 << 22)  # the referee alone needs it
    missing = {}
    for name, data in GOOD.items():
        result = tmp_path / "out" / (name if verb == "upscale" else f"{Path(name).stem}.png")
        if verb == "degrade" and sum(Path(other).stem == Path(name).stem for other in GOOD | BAD) > 1:
            continue  # of several pictures of one name the first has it; the others are named
        with Image.open(io.BytesIO(data)) as before:
            size = as_shown(before)
        if not result.exists() or upright(result) != (2 * size[0], 2 * size[1]):
            missing[name] = next((line for line in answer.err.splitlines() if name in line), "no word about it")
    assert missing == {}
    for name in BAD:
        assert any(name in line for line in answer.err.splitlines() if line.startswith("error")), name
        assert verb == "degrade" or not (tmp_path / "out" / name).exists()


def upright(path: Path) -> tuple[int, int]:
    """Return width and height of a picture as it is shown."""
    with Image.open(path) as image:
        return as_shown(image)


def as_shown(image: Image.Image) -> tuple[int, int]:
    turned = False
    with contextlib.suppress(SyntaxError):  # what Pillow says of EXIF that is none
        turned = image.getexif().get(0x0112, 1) > 4
    return (image.height, image.width) if turned else image.size
