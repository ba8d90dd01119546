"""Tensors, arrays, Pillow images and paths go in; the same kind comes out, down to one pixel."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from PIL import Image

import srkit
from srkit.errors import BadFile, BadInput, Offline
from tests.datasets._server import Site, serve
from tests.inference._nets import noise

RNG = np.random.default_rng(5)
NET = srkit.models.create("bicubic", scale=2)


def expected(array: Any, most: int) -> Any:
    """Return what the network makes of the channels of an array, by way of the tensor."""
    planes = torch.from_numpy(np.atleast_3d(array).astype(np.float32)).permute(2, 0, 1) / most
    return (srkit.upscale(planes[:3].expand(3, -1, -1), NET).permute(1, 2, 0).numpy() * most)[:, :, : len(planes)]


@pytest.mark.parametrize("shape", [(12, 10, 3), (12, 10, 1), (12, 10)])
@pytest.mark.parametrize(("kind", "most"), [(np.uint8, 255), (np.uint16, 65535), (np.float32, 1), (np.float64, 1)])
def test_an_array_comes_back_as_an_array_of_its_type_and_axes(shape: tuple[int, ...], kind: Any, most: int) -> None:
    array = (RNG.random(shape) * most).astype(kind)
    result = srkit.upscale(array, NET)
    assert result.dtype == array.dtype
    assert result.shape == (24, 20, *shape[2:])
    off = np.abs(np.atleast_3d(result).astype(np.float64) - expected(array, most))
    assert off.max() <= (0.51 if most > 1 else 1e-6)


@pytest.mark.parametrize("mode", ["RGB", "L", "RGBA", "LA", "1", "P", "CMYK", "I;16"])
def test_a_pillow_image_comes_back_as_one(mode: str) -> None:
    image = Image.fromarray(RNG.integers(0, 256, (12, 10, 3), dtype=np.uint8))
    image = Image.fromarray((RNG.random((12, 10)) * 65535).astype(np.uint16)) if mode == "I;16" else image.convert(mode)
    image.info["icc_profile"] = b"kept"
    result = srkit.upscale(image, NET)
    assert result.size == (20, 24)
    assert result.mode == {"1": "L", "P": "RGB", "CMYK": "RGB"}.get(mode, mode)
    assert result.info["icc_profile"] == b"kept"


def test_an_array_with_alpha_hides_what_is_hidden() -> None:
    array = np.zeros((16, 16, 4), np.uint8)
    array[:, 8:] = (255, 255, 255, 255)
    result = srkit.upscale(array, NET)
    assert result.shape == (32, 32, 4)
    assert result[:, :, :3].min() == 255  # no black from under the transparency


@pytest.mark.parametrize("name", ["bicubic", "edsr_small", "espcn", "swinir_light", "rcan_small"])
@pytest.mark.parametrize("size", [(1, 1), (7, 9), (1, 40)])
def test_small_pictures_work_down_to_one_pixel(name: str, size: tuple[int, int]) -> None:
    net = srkit.models.create(name, scale=2, **({} if name == "bicubic" else {"tiny": True})).eval()
    lr = noise(3, *size)
    sr = srkit.upscale(lr, net)
    assert sr.shape == (3, 2 * size[0], 2 * size[1])
    flat = srkit.upscale(torch.full((3, *size), 0.25), srkit.models.create("bicubic", scale=2))
    assert (flat - 0.25).abs().max() < 1e-6


def test_a_sprite_is_enlarged_at_the_command_line(tmp_path: Path) -> None:
    Image.new("RGBA", (7, 9), "red").save(tmp_path / "a.png")

    assert Image.open(srkit.upscale(tmp_path / "a.png", NET, out=tmp_path / "b.png")).size == (14, 18)


@pytest.mark.parametrize(
    ("image", "words"),
    [
        (np.zeros((3, 12, 10), np.uint8), r"transpose\(1, 2, 0\)"),
        (np.zeros((12, 10, 3), np.int64), "uint8, uint16 or floats"),
        (np.zeros((0, 10, 3), np.uint8), "NumPy image is"),
        (np.full((12, 10, 3), np.nan, np.float32), "not finite"),
        (b"\x89PNG", "4 bytes.* is not an image"),
        ("ftp://example.org/a.png", "only http, https, file addresses"),
    ],
)
def test_what_is_no_image_is_refused_with_the_fix(image: Any, words: str) -> None:
    with pytest.raises((BadInput, BadFile), match=words):
        srkit.upscale(image, NET)


def encoded(suffix: str, folder: Path, **options: Any) -> bytes:
    srkit.write(folder / f"a{suffix}", noise(3, 40, 30), **options)
    return (folder / f"a{suffix}").read_bytes()


@pytest.mark.parametrize("suffix", [".png", ".jpg", ".bmp", ".tif", ".webp"])
@pytest.mark.parametrize("kind", [bytes, bytearray, memoryview])
def test_the_bytes_of_a_file_come_back_as_those_of_a_file_of_the_same_format(
    tmp_path: Path, suffix: str, kind: Any
) -> None:
    given = encoded(suffix, tmp_path)
    result = srkit.upscale(kind(given), NET)
    srkit.upscale(tmp_path / f"a{suffix}", NET, out=tmp_path / f"b{suffix}")
    assert result == (tmp_path / f"b{suffix}").read_bytes()


def test_bytes_keep_transparency_depth_and_camera_data(tmp_path: Path) -> None:
    srkit.write(tmp_path / "a.png", noise(3, 20, 20), alpha=noise(1, 20, 20), depth=16)
    (tmp_path / "b.png").write_bytes(srkit.upscale((tmp_path / "a.png").read_bytes(), NET))
    picture = srkit.ops.files.read_picture(tmp_path / "b.png")
    assert picture.alpha is not None
    assert (picture.depth, picture.rgb.shape) == (16, (3, 40, 40))


def test_an_address_gives_what_its_file_gives(tmp_path: Path) -> None:
    body = encoded(".png", tmp_path)
    expected = srkit.upscale(tmp_path / "a.png", NET)
    with serve(Site(files={"/a%20b.png": body}, breaks=1, after=200)) as site:  # the first answer breaks off
        assert torch.equal(srkit.upscale(f"{site.base}/a%20b.png", NET), expected)
        assert len(site.asked) == 2
    assert torch.equal(srkit.upscale((tmp_path / "a.png").as_uri(), NET), expected)
    written = srkit.upscale((tmp_path / "a.png").as_uri(), NET, out=tmp_path / "b.png")
    assert torch.equal(srkit.read(written), srkit.ops.pixels.quantise(expected))


def test_an_address_that_gives_no_picture_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with serve(Site(files={"/a.png": b"<html>no</html>", "/big.png": b"x" * 200_000})) as site:
        with pytest.raises(BadFile, match=r"127\.0\.0\.1.*/a\.png is not an image.*web page"):
            srkit.upscale(f"{site.base}/a.png", NET)
        with pytest.raises(Offline, match=r"404.*Fetch it in another way"):
            srkit.upscale(f"{site.base}/none.png", NET)
        monkeypatch.setattr("srkit.datasets.transfer._MOST", 100_000)
        with pytest.raises(BadFile, match="at most 100000"):
            srkit.upscale(f"{site.base}/big.png", NET)
