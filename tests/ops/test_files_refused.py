"""Files that are missing, broken or hostile, and disks that are full: a sentence each, and nothing left behind."""

from __future__ import annotations

import contextlib
import errno
import io
import os
import struct
import zlib
from collections.abc import Callable
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np
import pytest
import torch
from PIL import Image

import srkit
from srkit.errors import BadFile, BadInput
from srkit.ops import _encode
from srkit.ops.atomic import atomic_path
from srkit.ops.files import check_enlarged, list_images, read, write, write_picture
from srkit.ops.picture import Picture

PHOTO = np.random.default_rng(1).integers(0, 256, (40, 50, 3), dtype=np.uint8)


def encoded(kind: str) -> bytes:
    data = io.BytesIO()
    Image.fromarray(PHOTO).save(data, kind)
    return data.getvalue()


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"", "0 bytes"),
        (b"hello, this is no picture\n" * 9, "text that begins 'hello, this"),
        (b"version https://git-lfs.github.com/spec/v1\noid sha256:00\n", "git lfs pull"),
        (b"<!DOCTYPE html><html>not found</html>", "web page"),
        (b"%PDF-1.7 ...", "PDF"),
        (b"PK\x03\x04....", "zip"),
        (b"\x00\x01\x02\x03\x04" * 20, "00 01 02 03 04"),
        (b"GIF89a\x01\x00\x01\x00\x80\x00\x00", "each image of an animation"),
        (b"\0\0\0\x20ftypavif\0\0\0\0avifmif1" + bytes(40), "an AVIF picture"),
        (b"\0\0\0\x18ftypheic\0\0\0\0mif1heic" + bytes(40), "a HEIC picture, as phones take them"),
        (b"\0\0\0\x18ftypcrx " + bytes(40), "raw file"),
        (b"\0\0\0\x18ftypisom" + bytes(40), "a video"),
        (b"\xff\x0a" + bytes(40), "JPEG XL"),
        (b"\0\0\0\x0cJXL \r\n\x87\n" + bytes(40), "JPEG XL"),
        (b"\0\0\0\x0cjP  \r\n\x87\n" + bytes(40), "JPEG 2000"),
        (b"8BPS\0\1" + bytes(40), "Photoshop"),
        (b"P6\n4 4\n255\n" + bytes(48), "Netpbm"),
        (b"<?xml version='1.0'?><svg/>", "no pixels"),
        (b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 9 9\n", "text"),
    ],
)
def test_a_file_that_is_no_image_is_named_for_what_it_is(tmp_path: Path, content: bytes, words: str) -> None:
    path = tmp_path / "photo.png"
    path.write_bytes(content)
    with pytest.raises(BadFile) as caught:
        read(path)
    assert words in str(caught.value)
    assert "photo.png" in str(caught.value)


@pytest.mark.parametrize("kind", ["PNG", "JPEG", "BMP", "TIFF", "WEBP"])
@pytest.mark.parametrize("share", [0.1, 0.5, 0.9])
def test_an_image_cut_short_is_refused_wherever_it_ends(tmp_path: Path, kind: str, share: float) -> None:
    data = encoded(kind)
    path = tmp_path / "cut.png"
    path.write_bytes(data[: int(len(data) * share)])
    with pytest.raises(BadFile, match=r"cut\.png"):
        read(path)


@pytest.mark.parametrize("kind", ["PNG", "JPEG", "BMP", "TIFF", "WEBP"])
@pytest.mark.filterwarnings("ignore:.*:UserWarning:PIL")
def test_an_image_with_bytes_overwritten_is_read_or_refused_and_never_crashes(tmp_path: Path, kind: str) -> None:
    data, rng = encoded(kind), np.random.default_rng(7)
    path = tmp_path / "a.img"
    for _ in range(60):
        damaged = bytearray(data)
        for place in rng.integers(0, len(data), 6):
            damaged[place] = rng.integers(0, 256)
        path.write_bytes(bytes(damaged))
        with contextlib.suppress(BadFile):
            assert read(path).shape[0] == 3


def test_an_image_that_claims_to_be_gigantic_is_not_opened(tmp_path: Path) -> None:
    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    head = struct.pack(">IIBBBBB", 60_000, 60_000, 8, 2, 0, 0, 0)
    bomb = (
        b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", zlib.compress(b"\0" * 1000)) + chunk(b"IEND", b"")
    )
    (tmp_path / "bomb.png").write_bytes(bomb)
    with pytest.raises(BadFile, match="larger than a picture"):
        read(tmp_path / "bomb.png")


@pytest.mark.parametrize("kind", [np.float32, np.int32])
def test_values_without_a_defined_white_are_refused(tmp_path: Path, kind: Any) -> None:
    Image.fromarray(np.full((4, 4), 70_000, kind)).save(tmp_path / "a.tif")
    with pytest.raises(BadFile, match="8 or 16 bits"):
        read(tmp_path / "a.tif")


def test_a_missing_file_is_answered_with_its_neighbours(tmp_path: Path) -> None:
    (tmp_path / "butterfly.png").write_bytes(b"x")
    with pytest.raises(BadFile, match=r"there is butterfly\.png"):
        read(tmp_path / "buterfly.png")
    with pytest.raises(BadFile, match="does not exist either"):
        read(tmp_path / "nowhere" / "a.png")
    with pytest.raises(BadFile, match="is a folder"):
        read(tmp_path)


def test_an_empty_folder_is_refused_with_what_was_looked_for_and_found(tmp_path: Path) -> None:
    with pytest.raises(BadFile, match=r"\.png.*\.webp.*nothing"):
        list_images(tmp_path)
    (tmp_path / "scene.raw").write_bytes(b"x")
    with pytest.raises(BadFile, match=r"only scene\.raw"):
        list_images(tmp_path)
    with pytest.raises(BadFile, match="missing"):
        list_images(tmp_path / "nowhere")
    with pytest.raises(BadFile, match="a file"):
        list_images(tmp_path / "scene.raw")


@pytest.mark.parametrize(
    ("name", "image", "options", "words"),
    [
        ("a.gif", torch.rand(3, 4, 4), {}, ".png, .jpg"),
        ("a", torch.rand(3, 4, 4), {}, ".png, .jpg"),
        ("a.png", torch.rand(4, 4, 3), {}, "channels seem to come last"),
        ("a.png", torch.rand(2, 3, 4, 4), {}, "batch[0]"),
        ("a.png", torch.full((3, 4, 4), torch.nan), {}, "not finite"),
        ("a.png", torch.zeros(3, 4, 4, dtype=torch.uint8), {}, "from_uint8"),
        ("a.jpg", torch.rand(3, 4, 4), {"alpha": torch.rand(1, 4, 4)}, "transparency"),
        ("a.bmp", torch.rand(3, 4, 4), {"alpha": torch.rand(1, 4, 4)}, "transparency"),
        ("a.jpg", torch.rand(3, 4, 4), {"depth": 16}, ".png or .tif"),
        ("a.png", torch.rand(3, 4, 4), {"depth": 12}, "8 or 16"),
        ("a.jpg", torch.rand(3, 4, 4), {"quality": 0}, "1 to 100"),
    ],
)
def test_what_cannot_be_written_is_refused_and_leaves_nothing(
    tmp_path: Path, name: str, image: torch.Tensor, options: dict[str, Any], words: str
) -> None:
    with pytest.raises(BadInput) as caught:
        write(tmp_path / name, image, **options)
    assert words in str(caught.value)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("number", "words"), [(errno.ENOSPC, "disk is full"), (errno.EACCES, "not allowed"), (errno.EIO, "could not be")]
)
@pytest.mark.parametrize(("suffix", "depth"), [(".png", 8), (".jpg", 8), (".png", 16), (".tif", 16)])
def test_a_disk_that_fills_up_leaves_the_old_file_and_nothing_else(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, number: int, words: str, suffix: str, depth: int
) -> None:
    path = tmp_path / f"a{suffix}"
    write(path, torch.zeros(3, 8, 8), depth=depth)
    before = path.read_bytes()
    really = _encode.encode

    def half(file: BinaryIO, *args: Any, **kwargs: Any) -> None:
        really(file, *args, **kwargs)
        file.truncate(20)
        raise OSError(number, os.strerror(number))

    monkeypatch.setattr("srkit.ops._encode.encode", half)
    with pytest.raises(BadFile, match=words):
        write(path, torch.ones(3, 8, 8), depth=depth)
    assert path.read_bytes() == before
    assert list(tmp_path.iterdir()) == [path]


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="needs /dev/full")
def test_a_real_full_device_is_reported_as_full(tmp_path: Path) -> None:
    def fill() -> None:
        with atomic_path(tmp_path / "a.bin"), Path("/dev/full").open("wb", buffering=0) as full:
            full.write(b"x")

    with pytest.raises(BadFile, match="disk is full"):
        fill()
    assert list(tmp_path.iterdir()) == []


def test_an_interrupted_write_leaves_nothing(tmp_path: Path) -> None:
    def stop() -> None:
        with atomic_path(tmp_path / "a.bin") as temporary:
            temporary.write_bytes(b"half")
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        stop()
    assert list(tmp_path.iterdir()) == []


def test_places_that_cannot_take_a_file_are_named(tmp_path: Path) -> None:
    with pytest.raises(BadFile, match="does not exist"):
        write(tmp_path / "new" / "a.png", torch.rand(3, 4, 4))
    (tmp_path / "b.png").mkdir()
    with pytest.raises(BadFile, match="is a folder"):
        write(tmp_path / "b.png", torch.rand(3, 4, 4))
    write(tmp_path / "c.png", torch.rand(3, 4, 4))
    with pytest.raises(BadFile, match="overwrite"):
        write(tmp_path / "c.png", torch.rand(3, 4, 4), overwrite=False)


@pytest.mark.parametrize(
    ("path", "said"),
    [
        ("x" * 300 + ".png", r"'x{80}'\.\.\. cannot be the name of a file: File name too long"),
        ("a\0.png", "cannot be the name of a file: .*null"),
        (torch.rand(3, 4, 5), "must be a path, such as 'photo.png', and is a Tensor"),
        (b"a.png", "is a bytes"),
    ],
)
def test_what_cannot_be_the_name_of_a_file_is_refused_by_everything_that_takes_a_path(
    tmp_path: Path, path: Any, said: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    picture, net = torch.rand(3, 4, 5), srkit.models.create("nearest", scale=2)
    takers: list[Callable[[], object]] = [
        lambda: read(path),
        lambda: list_images(path),
        lambda: write(path, picture),
        lambda: srkit.upscale(picture, net, out=path),
        lambda: srkit.models.load(path),
        lambda: srkit.models.save(net, path),
        lambda: srkit.degrade.read_kernel(path),
        lambda: srkit.datasets.from_folders(hr=path, scale=2),
        lambda: srkit.training.resume(path),
        lambda: atomic_path(path).__enter__(),
    ]
    for take in takers:
        with pytest.raises((BadFile, BadInput), match=said):
            take()
    assert not list(tmp_path.iterdir())


def test_a_written_file_has_the_permissions_of_any_new_file(tmp_path: Path) -> None:
    (tmp_path / "plain").write_bytes(b"")
    write(tmp_path / "a.png", torch.rand(3, 4, 4))
    assert (tmp_path / "a.png").stat().st_mode == (tmp_path / "plain").stat().st_mode


def test_reading_leaves_no_file_open(tmp_path: Path) -> None:
    write(tmp_path / "a.png", torch.rand(3, 4, 4), depth=16)
    handles = Path("/proc/self/fd")
    if not handles.exists():
        pytest.skip("needs /proc to count open files")
    before = len(list(handles.iterdir()))
    for _ in range(5):
        read(tmp_path / "a.png")
    assert len(list(handles.iterdir())) == before


def test_a_picture_is_written_only_from_a_colour_image(tmp_path: Path) -> None:
    with pytest.raises(BadInput, match=r"3, h, w\)"):
        write_picture(tmp_path / "a.png", torch.rand(1, 4, 4), like=Picture(rgb=torch.rand(3, 4, 4), grey=True))


def test_an_enlargement_that_cannot_be_written_is_refused_before_the_work(tmp_path: Path) -> None:
    small, clear = tmp_path / "small.png", tmp_path / "clear.png"
    write(small, torch.rand(3, 3, 5))
    write(clear, torch.rand(3, 3, 5), alpha=torch.rand(1, 3, 5))
    for scale, size in ((2, (6, 10)), (0.5, (2, 2)), (0.1, (1, 1))):
        assert check_enlarged(small, tmp_path / "large.png", scale) == size
    for source, scale, target in ((small, 13_101, "large.jpg"), (clear, 2, "large.jpg"), (small, 2, "large.gif")):
        with pytest.raises(BadInput):
            check_enlarged(source, tmp_path / target, scale)
    assert check_enlarged(small, tmp_path / "large.jpg", 13_100) == (39_300, 65_500), "the widest JPEG"
