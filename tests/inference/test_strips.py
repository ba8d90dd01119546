"""A file written strip by strip holds what one written at once holds, whatever its kind, and nothing is left behind."""

from __future__ import annotations

import errno
import os
import warnings
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import tifffile
import torch
from PIL import Image
from torch import Tensor, nn
from torch.nn import functional

import srkit
from srkit.errors import BadFile, BadInput
from srkit.inference.bounded import bytes_per_pixel
from srkit.ops._encode import as_levels
from srkit.ops.files import read_picture, write_picture
from srkit.ops.picture import without_hidden_colours
from srkit.ops.resize import imresize
from tests.inference._nets import Hungry, Pooling, Windowed, noise, seeded

SIZE = (150, 97)


class Cross(nn.Module):
    """Each pixel mixed with its four neighbours, and doubled: sums whose rounding no tile changes."""

    scale = 2

    def forward(self, lr: Tensor) -> Tensor:
        x = functional.pad(lr, (1, 1, 1, 1), mode="replicate")
        across, down = x[..., 1:-1, :-2] - x[..., 1:-1, 2:], x[..., :-2, 1:-1] - x[..., 2:, 1:-1]
        return (lr + 0.3 * across + 0.2 * down).repeat_interleave(2, -1).repeat_interleave(2, -2)


NET = Cross()


def source(folder: Path, suffix: str, *, channels: int, depth: int, orientation: int = 1) -> Path:
    """Write a picture with everything its format can carry."""
    path = folder / f"in{suffix}"
    kept = {1: [0], 2: [0, 3], 3: [0, 1, 2], 4: [0, 1, 2, 3]}[channels]
    planes = noise(4, *SIZE)
    planes[3] = (planes[3] * 3 - 1).clamp(0, 1)  # wholly hidden, half seen and opaque pixels
    exif = Image.Exif()
    exif[0x0112], exif[0x010F] = orientation, "A camera"
    options: dict[str, Any] = {"exif": exif, "icc_profile": b"colours", "dpi": (300, 300)}
    if depth == 8:
        levels = (planes[kept].permute(1, 2, 0) * 255).byte().numpy()
        image = Image.fromarray(levels[:, :, 0] if channels == 1 else levels)
        image.save(path, **({"lossless": True} if suffix == ".webp" else {}), **options)
    else:
        alpha = planes[3:] if channels in (2, 4) else None
        srkit.write(path, planes[:1] if channels <= 2 else planes[:3], alpha=alpha, depth=16)
    return path


def stored(path: Path) -> Any:
    """Return the pixels as they lie in a file, read by others where there are others that read 16 bits."""
    if path.suffix == ".tif":
        return tifffile.imread(path)
    picture = read_picture(path)
    return np.concatenate([picture.rgb.numpy(), picture.alpha.numpy()] if picture.alpha is not None else [picture.rgb])


CASES = [
    (suffix, channels, depth, orientation)
    for suffix, all_channels, depths in (
        (".png", (1, 2, 3, 4), (8, 16)),
        (".tif", (1, 2, 3, 4), (8, 16)),
        (".webp", (3, 4), (8,)),
        (".bmp", (1, 3), (8,)),
        (".jpg", (1, 3), (8,)),
    )
    for channels in all_channels
    for depth in depths
    for orientation in ((1, 6, 3) if suffix in (".png", ".jpg", ".webp") and depth == 8 and channels == 3 else (1,))
]


@pytest.mark.parametrize(("suffix", "channels", "depth", "orientation"), CASES)
def test_a_file_made_in_strips_equals_one_made_at_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, suffix: str, channels: int, depth: int, orientation: int
) -> None:
    given = source(tmp_path, suffix, channels=channels, depth=depth, orientation=orientation)
    picture = read_picture(given)
    whole = srkit.upscale(without_hidden_colours(picture), NET, tile=None)
    write_picture(tmp_path / f"whole{suffix}", whole, like=picture)
    tiles: list[int] = []
    monkeypatch.setattr("srkit.inference.bounded._FLATTEST", 20)
    monkeypatch.setattr("srkit.inference.bounded._STRIP", 1)
    made = srkit.upscale(given, NET, out=tmp_path / f"strips{suffix}", tile=40, progress=lambda _, n: tiles.append(n))
    assert tiles[0] >= 20  # many tiles, in strips of at most 20 rows
    assert made == tmp_path / f"strips{suffix}"
    both = [stored(tmp_path / f"{name}{suffix}") for name in ("whole", "strips")]
    assert np.array_equal(*both)
    a, b = (read_picture(tmp_path / f"{name}{suffix}") for name in ("whole", "strips"))
    assert a.carried == b.carried
    assert (a.grey, a.depth, a.mode, a.orientation) == (b.grey, b.depth, b.mode, b.orientation)
    as_rgba = (suffix, channels, depth) == (".tif", 2, 16)  # few programs read 16-bit grey and alpha in a TIFF
    assert (b.grey, b.depth) == (channels <= 2 and not as_rgba, depth)
    if orientation != 1:
        assert b.orientation == orientation


@pytest.mark.parametrize("orientation", [2, 4, 5, 6, 7, 8])
def test_a_photograph_that_lies_turned_is_enlarged_as_it_is_seen_and_written_while_it_is(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, orientation: int
) -> None:
    def encoded(*given: Any) -> Any:
        events.append("rows")
        return as_levels(*given)

    net, events = seeded(Windowed), list[str]()
    monkeypatch.setattr("srkit.ops._encode.as_levels", encoded)
    given = source(tmp_path, ".png", channels=3, depth=8, orientation=orientation)
    picture = read_picture(given)
    whole = srkit.upscale(picture.rgb, net, tile=None)
    options: dict[str, Any] = {"tile": 40, "progress": lambda *_: events.append("tile")}
    made = read_picture(srkit.upscale(given, net, out=tmp_path / "out.png", **options))
    assert torch.equal(made.rgb, srkit.ops.pixels.quantise(whole))
    assert made.orientation == orientation
    assert events.index("rows") < events.index("tile", 6)


@pytest.mark.parametrize("scale", [2, 3])
def test_transparency_is_that_of_the_whole_picture_in_every_strip(tmp_path: Path, scale: int) -> None:
    planes = srkit.ops.pixels.quantise(noise(4, 150, 20))
    srkit.write(tmp_path / "in.png", planes[:3], alpha=planes[3:])
    srkit.upscale(tmp_path / "in.png", srkit.models.create("nearest", scale=scale), out=tmp_path / "out.png")
    found = read_picture(tmp_path / "out.png").alpha
    expected = imresize(planes[3:].double(), scale).clamp(0, 1)
    assert found is not None
    assert float((found - expected).abs().max()) <= 0.5001 / 255


def test_a_picture_taken_at_once_has_no_seams_in_its_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("srkit.inference.bounded._FLATTEST", 20)
    monkeypatch.setattr("srkit.inference.bounded._STRIP", 1)
    lr = srkit.ops.pixels.quantise(noise(3, 90, 30))
    written = srkit.read(srkit.upscale(lr, NET, out=tmp_path / "out.png", tile=None))
    assert torch.equal(written, srkit.ops.pixels.quantise(srkit.upscale(lr, NET, tile=None)))


def test_strips_of_a_network_that_looks_at_the_whole_fade_into_each_other_as_its_tiles_do(tmp_path: Path) -> None:
    net, lr = seeded(Pooling), srkit.ops.pixels.quantise(noise(3, 140, 90))
    srkit.write(tmp_path / "in.png", lr)
    whole = srkit.upscale(lr, net, tile=32, halo=24)
    written = srkit.read(srkit.upscale(tmp_path / "in.png", net, out=tmp_path / "out.png", tile=32, halo=24))
    assert torch.equal(written, srkit.ops.pixels.quantise(whole))


def test_strips_of_a_network_that_looks_at_the_whole_say_that_they_differ(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    net = seeded(Pooling)
    srkit.write(tmp_path / "in.png", noise(3, 150, 130))
    monkeypatch.setattr("srkit.inference.bounded._ENOUGH", bytes_per_pixel(net) * 64**2)
    with pytest.warns(RuntimeWarning, match="Pooling looks at the whole image"):
        srkit.upscale(tmp_path / "in.png", net, out=tmp_path / "out.png")


def test_memory_that_runs_out_in_the_middle_begins_the_file_anew_with_smaller_tiles(tmp_path: Path) -> None:
    net, lr = Hungry(limit=1100, error=MemoryError()), srkit.ops.pixels.quantise(noise(3, 170, 90))
    srkit.write(tmp_path / "in.png", lr)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        srkit.upscale(tmp_path / "in.png", net, out=tmp_path / "out.png")
    assert torch.equal(srkit.read(tmp_path / "out.png"), lr.repeat_interleave(2, 1).repeat_interleave(2, 2))
    assert sorted(p.name for p in tmp_path.iterdir()) == ["in.png", "out.png"]


@pytest.mark.parametrize(
    "error", [ValueError("a network's own"), RuntimeError("shapes"), TypeError("no"), OSError("x")]
)
def test_an_error_of_the_network_is_not_taken_for_one_of_the_file(tmp_path: Path, error: Exception) -> None:
    class Failing(nn.Module):
        scale = 2

        def forward(self, lr: Tensor) -> Tensor:
            raise error

    srkit.write(tmp_path / "in.png", noise(3, 20, 20))
    expected = BadFile if isinstance(error, OSError) else type(error)
    with pytest.raises(expected, match=str(error)):
        srkit.upscale(tmp_path / "in.png", Failing(), out=tmp_path / "out.png")
    assert [p.name for p in tmp_path.iterdir()] == ["in.png"]


def test_a_disk_that_fills_up_in_the_middle_leaves_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    srkit.write(tmp_path / "in.png", noise(3, 200, 60))
    really, written = os.replace, []

    def full(*_: object) -> None:
        written.append(sorted(p.name for p in tmp_path.iterdir()))
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(os, "replace", full)
    with pytest.raises(BadFile, match="disk is full"):
        srkit.upscale(tmp_path / "in.png", NET, out=tmp_path / "out.png", tile=32)
    monkeypatch.setattr(os, "replace", really)
    assert len(written[0]) == 2  # it was written beside
    assert [p.name for p in tmp_path.iterdir()] == ["in.png"]


def test_an_interrupt_between_two_strips_leaves_nothing(tmp_path: Path) -> None:
    srkit.write(tmp_path / "in.png", noise(3, 200, 60))

    def stop(done: int, _: int) -> None:
        if done == 5:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        srkit.upscale(tmp_path / "in.png", NET, out=tmp_path / "out.png", tile=32, progress=stop)
    assert [p.name for p in tmp_path.iterdir()] == ["in.png"]


@pytest.mark.parametrize(
    ("image", "name", "words"),
    [
        (torch.zeros(2, 3, 8, 8), "a.png", r"batch of 2"),
        (np.zeros((8, 8, 4), np.uint8), "a.jpg", "no transparency"),
        (torch.zeros(3, 8, 8), "a.gif", "must end in"),
        (torch.zeros(3, 1, 9000), "a.webp", "16,383"),
        (torch.zeros(3, 1, 33_000), "a.jpg", "65,500"),
    ],
)
def test_what_a_file_cannot_hold_is_refused_before_the_network_runs(
    tmp_path: Path, image: Any, name: str, words: str
) -> None:
    class Never(nn.Module):
        scale = 2

        def forward(self, lr: Tensor) -> Tensor:
            raise AssertionError("the network ran")

    with pytest.raises(BadInput, match=words):
        srkit.upscale(image, Never(), out=tmp_path / name)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("kind", ["tensor", "array", "floats", "pillow", "bytes", "path", "text"])
def test_every_kind_of_image_can_go_into_a_file(tmp_path: Path, kind: str) -> None:
    lr = srkit.ops.pixels.quantise(noise(3, 20, 30))
    srkit.write(tmp_path / "in.png", lr)
    image = {
        "tensor": lr,
        "array": (lr.permute(1, 2, 0).numpy() * 255).round().astype(np.uint8),
        "floats": lr.permute(1, 2, 0).numpy(),
        "pillow": Image.open(tmp_path / "in.png"),
        "bytes": (tmp_path / "in.png").read_bytes(),
        "path": tmp_path / "in.png",
        "text": str(tmp_path / "in.png"),
    }[kind]
    srkit.upscale(image, NET, out=tmp_path / "out.png")
    assert torch.equal(srkit.read(tmp_path / "out.png"), srkit.ops.pixels.quantise(srkit.upscale(lr, NET)))
