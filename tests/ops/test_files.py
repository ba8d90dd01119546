"""Every kind of image file, read, written, and written back as it came; Pillow and tifffile are the strangers."""

from __future__ import annotations

import io
import struct
import zlib
from pathlib import Path

import numpy as np
import pytest
import tifffile
import torch
from numpy.typing import NDArray
from PIL import Image, ImageOps
from torch import Tensor

from srkit.ops.files import list_images, read, read_picture, write, write_picture

RNG = np.random.default_rng(5)
BYTES = RNG.integers(0, 256, (9, 13, 4), dtype=np.uint8)
WORDS = RNG.integers(0, 65536, (9, 13, 4)).astype(np.uint16)


def floats(array: NDArray[np.generic]) -> Tensor:
    """Turn (h, w, c) whole numbers into (c, h, w) in [0, 1]."""
    top = 255 if array.dtype == np.uint8 else 65535
    return torch.from_numpy(np.atleast_3d(array).astype(np.float64)).permute(2, 0, 1).div(top).float()


def png(array: NDArray[np.uint16]) -> bytes:
    """Build a 16-bit PNG by the book, unfiltered."""
    h, w, c = array.shape
    rows = b"".join(b"\0" + row.astype(">u2").tobytes() for row in array)

    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    head = struct.pack(">IIBBBBB", w, h, 16, {1: 0, 2: 4, 3: 2, 4: 6}[c], 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", zlib.compress(rows)) + chunk(b"IEND", b"")


def png_words(path: Path) -> NDArray[np.int64]:
    """Read a 16-bit PNG by the book, byte after byte (PNG specification 1.2, section 6)."""
    data = path.read_bytes()[8:]
    packed = b""
    while data:
        (size,), kind = struct.unpack(">I", data[:4]), data[4:8]
        assert zlib.crc32(data[4 : 8 + size]) == struct.unpack(">I", data[8 + size : 12 + size])[0]
        if kind == b"IHDR":
            w, h, depth, colour = struct.unpack(">IIBB", data[8:18])
        packed += data[8 : 8 + size] if kind == b"IDAT" else b""
        data = data[12 + size :]
    channels = {0: 1, 4: 2, 2: 3, 6: 4}[colour]
    raw = np.frombuffer(zlib.decompress(packed), np.uint8).reshape(h, 1 + w * channels * 2).tolist()
    rows, above = [], [0] * (w * channels * 2)
    for kind_of_filter, *row in raw:
        for i, value in enumerate(row):
            a, c = (row[i - channels * 2], above[i - channels * 2]) if i >= channels * 2 else (0, 0)
            b = above[i]
            nearest = min((abs(b - c), 0, a), (abs(a - c), 1, b), (abs(a + b - 2 * c), 2, c))[2]
            row[i] = (value + (0, a, b, (a + b) // 2, nearest)[kind_of_filter]) % 256
        rows.append(above := row)
    assert depth == 16
    return np.array(rows, np.uint8).view(">u2").reshape(h, w, channels).astype(np.int64)


@pytest.mark.parametrize("suffix", [".png", ".bmp", ".tif", ".tiff", ".webp"])
def test_eight_bit_colour_is_read_as_pillow_reads_it_and_written_without_loss(tmp_path: Path, suffix: str) -> None:
    theirs, ours = tmp_path / f"theirs{suffix}", tmp_path / f"ours{suffix}"
    Image.fromarray(BYTES[:, :, :3]).save(theirs, **({"lossless": True} if suffix == ".webp" else {}))
    assert torch.equal(read(theirs), floats(BYTES[:, :, :3]))
    assert read(theirs).dtype == torch.float32
    write(ours, floats(BYTES[:, :, :3]))
    assert np.array_equal(np.asarray(Image.open(ours).convert("RGB")), BYTES[:, :, :3])


def test_jpeg_is_written_with_full_colour_at_quality_95(tmp_path: Path) -> None:
    y, x = np.mgrid[:64, :64]
    smooth = np.stack([x * 3, y * 3, 255 - x * 2], axis=-1).astype(np.uint8)
    write(tmp_path / "a.jpg", floats(smooth))
    with Image.open(tmp_path / "a.jpg") as image:
        assert image.layer[0][1:3] == image.layer[1][1:3] == (1, 1)  # 4:4:4
        assert max(image.quantization[0]) <= 12
    assert (read(tmp_path / "a.jpg") - floats(smooth)).abs().max() < 8 / 255


@pytest.mark.parametrize(
    ("mode", "channels"), [("L", 1), ("LA", 2), ("RGB", 3), ("RGBA", 4)], ids=["grey", "grey+alpha", "rgb", "rgba"]
)
@pytest.mark.parametrize("suffix", [".png", ".tif"])
def test_grey_and_transparency_come_back_as_they_were(tmp_path: Path, mode: str, channels: int, suffix: str) -> None:
    array = BYTES[:, :, :channels].squeeze()
    Image.fromarray(array, mode).save(tmp_path / f"a{suffix}")
    picture = read_picture(tmp_path / f"a{suffix}")
    assert picture.grey == (channels <= 2)
    assert (picture.alpha is not None) == (channels in (2, 4))
    write_picture(tmp_path / f"b{suffix}", picture.rgb, like=picture)
    with Image.open(tmp_path / f"b{suffix}") as image:
        assert image.mode == mode
        assert np.array_equal(np.asarray(image), array)


@pytest.mark.parametrize("channels", [1, 2, 3, 4])
def test_sixteen_bit_png_keeps_every_bit_in_both_directions(tmp_path: Path, channels: int) -> None:
    (tmp_path / "a.png").write_bytes(png(WORDS[:, :, :channels]))
    picture = read_picture(tmp_path / "a.png")
    assert picture.depth == 16
    wanted = floats(WORDS[:, :, :channels])
    assert torch.equal(picture.rgb, wanted[:3] if channels >= 3 else wanted[:1].expand(3, -1, -1))
    if channels in (2, 4):
        assert picture.alpha is not None
        assert torch.equal(picture.alpha, wanted[-1:])
    write_picture(tmp_path / "b.png", picture.rgb, like=picture)
    assert np.array_equal(png_words(tmp_path / "b.png"), WORDS[:, :, :channels])


@pytest.mark.parametrize("channels", [1, 3, 4])
@pytest.mark.parametrize("compression", [None, "zlib"])
@pytest.mark.parametrize("order", ["<", ">"])
def test_sixteen_bit_tiff_keeps_every_bit_in_both_directions(
    tmp_path: Path, channels: int, compression: str | None, order: str
) -> None:
    words = WORDS[:, :, :channels].squeeze()
    kind = {"photometric": "minisblack"} if channels == 1 else {"photometric": "rgb"}
    extra = {"extrasamples": ["unassalpha"]} if channels == 4 else {}
    tifffile.imwrite(tmp_path / "a.tif", words, compression=compression, byteorder=order, **kind, **extra)
    picture = read_picture(tmp_path / "a.tif")
    assert picture.depth == 16
    assert torch.equal(picture.rgb, floats(words)[:3] if channels > 1 else floats(words).expand(3, -1, -1))
    write_picture(tmp_path / "b.tif", picture.rgb, like=picture)
    assert np.array_equal(tifffile.imread(tmp_path / "b.tif"), words)


@pytest.mark.parametrize("suffix", [".png", ".tif"])
def test_sixteen_bits_can_be_asked_for(tmp_path: Path, suffix: str) -> None:
    image = torch.rand(3, 5, 6)
    write(tmp_path / f"a{suffix}", image, depth=16)
    assert (read(tmp_path / f"a{suffix}") - image).abs().max() <= 0.5001 / 65535


@pytest.mark.parametrize("transparent", [False, True])
def test_a_palette_is_read_as_the_colours_it_stands_for(tmp_path: Path, transparent: bool) -> None:
    image = Image.fromarray(RNG.integers(0, 4, (6, 7), dtype=np.uint8), "P")
    image.putpalette([255, 0, 0, 0, 255, 0, 0, 0, 255, 9, 9, 9])
    image.save(tmp_path / "a.png", **({"transparency": 2} if transparent else {}))
    picture = read_picture(tmp_path / "a.png")
    assert picture.mode == "P"
    assert torch.equal(picture.rgb, floats(np.asarray(image.convert("RGB"))))
    assert (picture.alpha is not None) == transparent
    if transparent:
        assert torch.equal(picture.alpha[0] == 0, torch.from_numpy(np.asarray(image) == 2))
    write_picture(tmp_path / "b.png", picture.rgb, like=picture)
    assert torch.equal(read_picture(tmp_path / "b.png").rgb, picture.rgb)
    assert Image.open(tmp_path / "b.png").mode == ("RGBA" if transparent else "RGB")


@pytest.mark.parametrize("orientation", range(1, 9))
@pytest.mark.parametrize("suffix", [".png", ".jpg", ".webp", ".tif"])
def test_orientation_is_applied_on_reading_and_put_back_on_writing(
    tmp_path: Path, orientation: int, suffix: str
) -> None:
    exif = Image.Exif()
    exif[0x0112] = orientation
    exif[0x010F] = "Camera"
    blocks = np.kron(BYTES[:5, :3, :3], np.ones((8, 8, 1), np.uint8))
    options = {".webp": {"lossless": True}, ".jpg": {"quality": 95}}.get(suffix, {})
    Image.fromarray(blocks).save(tmp_path / f"a{suffix}", exif=exif, **options)
    seen = np.asarray(ImageOps.exif_transpose(Image.open(tmp_path / f"a{suffix}")).convert("RGB"))
    picture = read_picture(tmp_path / f"a{suffix}")
    assert torch.equal(picture.rgb, floats(seen))
    write_picture(tmp_path / f"b{suffix}", picture.rgb, like=picture)
    with Image.open(tmp_path / f"b{suffix}") as image:
        if suffix != ".tif":
            assert image.getexif()[0x0112] == orientation
            assert image.getexif()[0x010F] == "Camera"
            assert image.info["exif"] == Image.open(tmp_path / f"a{suffix}").info["exif"]
        again = np.asarray(ImageOps.exif_transpose(image).convert("RGB")).astype(int)
    assert again.shape == seen.shape
    assert np.abs(again - seen).max() <= (12 if suffix == ".jpg" else 0)


@pytest.mark.parametrize("depth", [8, 16])
@pytest.mark.parametrize("suffix", [".png", ".tif"])
def test_profile_and_resolution_are_kept(tmp_path: Path, suffix: str, depth: int) -> None:
    profile = bytes(range(256)) * 3
    Image.fromarray(BYTES[:, :, :3]).save(tmp_path / f"a{suffix}", icc_profile=profile, dpi=(300, 150))
    picture = read_picture(tmp_path / f"a{suffix}")
    assert picture.dpi == pytest.approx((300, 150), abs=0.1)
    like = type(picture)(**{**vars(picture), "depth": depth})
    write_picture(tmp_path / f"b{suffix}", picture.rgb, like=like)
    with Image.open(tmp_path / f"b{suffix}") as image:
        image.load()
        assert image.info["icc_profile"] == profile
        assert [float(x) for x in image.info["dpi"]] == pytest.approx([300, 150], abs=0.1)


def test_transparency_grows_with_the_picture(tmp_path: Path) -> None:
    Image.fromarray(BYTES).save(tmp_path / "a.png")
    picture = read_picture(tmp_path / "a.png")
    sr = picture.rgb.repeat_interleave(2, 1).repeat_interleave(2, 2)
    write_picture(tmp_path / "b.png", sr, like=picture)
    assert np.asarray(Image.open(tmp_path / "b.png")).shape == (18, 26, 4)


def test_what_is_written_is_rounded_with_halves_upwards_and_clipped(tmp_path: Path) -> None:
    values = torch.tensor([-0.2, 0.5 / 255, 0.49 / 255, 100.5 / 255, 1.2]).double().expand(1, 3, 5).clone()
    write(tmp_path / "a.png", values.float())
    assert np.asarray(Image.open(tmp_path / "a.png"))[0].tolist() == [0, 1, 0, 101, 255]


def test_grey_results_stay_exact_when_the_three_channels_are_equal(tmp_path: Path) -> None:
    grey = floats(np.arange(256, dtype=np.uint8).reshape(16, 16))
    write(tmp_path / "a.png", grey)
    picture = read_picture(tmp_path / "a.png")
    write_picture(tmp_path / "b.png", picture.rgb, like=picture)
    assert (tmp_path / "a.png").read_bytes() == (tmp_path / "b.png").read_bytes()


def test_a_sixteen_bit_picture_written_as_jpeg_has_eight(tmp_path: Path) -> None:
    (tmp_path / "a.png").write_bytes(png(WORDS[:, :, :3]))
    picture = read_picture(tmp_path / "a.png")
    write_picture(tmp_path / "b.jpg", picture.rgb, like=picture)
    assert read_picture(tmp_path / "b.jpg").depth == 8


def test_a_suffix_in_capitals_is_read(tmp_path: Path) -> None:
    data = io.BytesIO()
    Image.fromarray(BYTES[:, :, :3]).save(data, "PNG")
    (tmp_path / "upper.PNG").write_bytes(data.getvalue())
    assert torch.equal(read(tmp_path / "upper.PNG"), floats(BYTES[:, :, :3]))


def test_a_folder_is_listed_in_natural_order_without_hidden_files(tmp_path: Path) -> None:
    for name in ("img10.png", "img2.PNG", "img1.jpg", "._img1.jpg", ".hidden.png", "notes.txt", "a.webp", "²1.png"):
        (tmp_path / name).write_bytes(b"x")
    (tmp_path / "folder.png").mkdir()
    assert [p.name for p in list_images(tmp_path)] == ["a.webp", "img1.jpg", "img2.PNG", "img10.png", "²1.png"]


@pytest.mark.parametrize("height", [64, 65, 200])
@pytest.mark.parametrize("channels", [1, 3])
@pytest.mark.parametrize("suffix", [".png", ".bmp", ".tif", ".webp", ".jpg"])
def test_a_picture_of_many_blocks_is_what_pillow_makes_of_it_in_one(
    tmp_path: Path, suffix: str, channels: int, height: int
) -> None:
    array = np.kron(RNG.integers(0, 256, (height // 4 + 1, 11, channels), dtype=np.uint8), np.ones((4, 3, 1), np.uint8))
    array = array[:height].astype(np.uint8)
    write(tmp_path / f"ours{suffix}", floats(array))
    image = Image.fromarray(array.squeeze())
    options = {".jpg": {"quality": 95, "subsampling": 0}, ".webp": {"lossless": True}}.get(suffix, {})
    image.save(tmp_path / f"theirs{suffix}", **options)
    ours, theirs = (Image.open(tmp_path / f"{name}{suffix}") for name in ("ours", "theirs"))
    assert (ours.mode, ours.size) == (theirs.mode, theirs.size)
    assert np.array_equal(np.asarray(ours), np.asarray(theirs))
    if suffix == ".bmp":
        assert (tmp_path / "ours.bmp").read_bytes() == (tmp_path / "theirs.bmp").read_bytes()


@pytest.mark.parametrize("depth", [8, 16])
def test_a_tiff_beyond_four_gigabytes_is_laid_out_with_64_bits(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, depth: int
) -> None:
    monkeypatch.setattr("srkit.ops._writers._CLASSIC_TIFF", 1000)
    array = RNG.integers(0, 2**depth, (150, 12, 3)).astype(np.uint8 if depth == 8 else np.uint16)
    Image.fromarray(BYTES[:, :, :3]).save(tmp_path / "a.tif", icc_profile=b"p" * 99, dpi=(300, 150))
    like = type(read_picture(tmp_path / "a.tif"))(**{**vars(read_picture(tmp_path / "a.tif")), "depth": depth})
    write_picture(tmp_path / "b.tif", floats(array), like=like)
    with tifffile.TiffFile(tmp_path / "b.tif") as file:
        assert file.is_bigtiff
        assert np.array_equal(file.asarray(), array)
        assert file.pages[0].iccprofile == b"p" * 99
    assert torch.equal(read(tmp_path / "b.tif"), floats(array))
