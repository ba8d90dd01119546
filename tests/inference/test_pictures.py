from __future__ import annotations

import errno
import os
from pathlib import Path

import pytest
import torch
from PIL import Image

import srkit
from srkit.errors import BadFile, BadInput
from srkit.inference import upscale_folder
from srkit.inference.pictures import pictures_of
from srkit.ops.resize import imresize
from tests.inference._nets import noise


@pytest.fixture
def net() -> torch.nn.Module:
    return srkit.models.create("bicubic", scale=2)


def picture(path: Path, mode: str = "RGB", size: tuple[int, int] = (20, 14), **options: object) -> Path:
    bands = len(Image.new(mode, (1, 1)).getbands())
    values = (noise(size[1], size[0], bands) * 255).byte().numpy()
    Image.fromarray(values[..., 0] if bands == 1 else values, mode).save(path, **options)
    return path


@pytest.mark.parametrize("mode", ["RGB", "L", "RGBA", "LA"])
def test_a_file_keeps_its_kind_and_doubles_its_size(tmp_path: Path, net: torch.nn.Module, mode: str) -> None:
    source = picture(tmp_path / "in.png", mode)
    with Image.open(srkit.upscale(source, net, out=tmp_path / "out.png")) as result:
        assert result.mode == mode
        assert result.size == (40, 28)


def test_transparency_is_enlarged_by_bicubic_interpolation(tmp_path: Path, net: torch.nn.Module) -> None:
    source = picture(tmp_path / "in.png", "RGBA")
    with Image.open(source) as before, Image.open(srkit.upscale(source, net, out=tmp_path / "out.png")) as after:
        alpha = before.getchannel("A")
        stored = torch.frombuffer(bytearray(alpha.tobytes()), dtype=torch.uint8).view(14, 20)
        expected = imresize(stored.double()[None] / 255, 2).clamp(0, 1).mul(255).round().byte()[0]
        found = torch.frombuffer(bytearray(after.getchannel("A").tobytes()), dtype=torch.uint8).view(28, 40)
    assert (expected.int() - found.int()).abs().max() <= 1


def test_sixteen_bits_stay_sixteen_bits(tmp_path: Path, net: torch.nn.Module) -> None:
    srkit.write(tmp_path / "in.png", noise(3, 12, 12), depth=16)
    picture = srkit.ops.files.read_picture(srkit.upscale(tmp_path / "in.png", net, out=tmp_path / "out.png"))
    assert picture.depth == 16
    levels = picture.rgb.double() * 65535
    assert (levels % 257).round().bool().any()  # more than 256 levels are in use


def test_camera_data_and_orientation_are_written_back(tmp_path: Path, net: torch.nn.Module) -> None:
    exif = Image.Exif()
    exif[0x0112], exif[0x010F] = 6, "A camera"
    source = picture(tmp_path / "in.jpg", "RGB", exif=exif.tobytes())
    with Image.open(srkit.upscale(source, net, out=tmp_path / "out.jpg")) as result:
        assert result.getexif()[0x0112] == 6
        assert result.getexif()[0x010F] == "A camera"
        assert result.size == (40, 28)


def test_an_existing_file_is_replaced_only_when_asked(tmp_path: Path, net: torch.nn.Module) -> None:
    source = picture(tmp_path / "in.png")
    (tmp_path / "out.png").write_bytes(b"precious")
    with pytest.raises(BadInput, match="exists"):
        srkit.upscale(source, net, out=tmp_path / "out.png")
    assert (tmp_path / "out.png").read_bytes() == b"precious"
    srkit.upscale(source, net, out=tmp_path / "out.png", overwrite=True)
    assert srkit.read(tmp_path / "out.png").shape == (3, 28, 40)


def test_a_picture_never_replaces_itself_not_even_through_a_link(tmp_path: Path, net: torch.nn.Module) -> None:
    source = picture(tmp_path / "in.png")
    before = source.read_bytes()
    (tmp_path / "link.png").symlink_to(source)
    for target in (source, tmp_path / "link.png"):
        with pytest.raises(BadInput, match="own enlargement"):
            srkit.upscale(source, net, out=target, overwrite=True)
    assert source.read_bytes() == before


def test_a_full_disk_leaves_nothing_behind(
    tmp_path: Path, net: torch.nn.Module, monkeypatch: pytest.MonkeyPatch
) -> None:
    source = picture(tmp_path / "in.png")

    def full(*_: object) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(os, "replace", full)
    with pytest.raises(BadFile, match="disk is full"):
        srkit.upscale(source, net, out=tmp_path / "out.png")
    assert sorted(path.name for path in tmp_path.iterdir()) == ["in.png"]


def test_a_folder_goes_on_past_a_broken_file_and_reports_it(tmp_path: Path, net: torch.nn.Module) -> None:
    source = tmp_path / "photos"
    source.mkdir()
    picture(source / "b10.png")
    picture(source / "b2.png")
    (source / "b3.jpg").write_bytes(b"\xff\xd8\xff\xe0 not much of a photograph")
    outcomes = list(upscale_folder(source, tmp_path / "large", net))
    assert [outcome.source.name for outcome in outcomes] == ["b2.png", "b3.jpg", "b10.png"]
    assert isinstance(outcomes[1].problem, BadFile)
    assert "b3.jpg" in str(outcomes[1].problem)
    assert sorted(path.name for path in (tmp_path / "large").glob("[!.]*")) == ["b10.png", "b2.png"]


def test_an_empty_folder_is_an_error_and_no_folder_is_made(tmp_path: Path, net: torch.nn.Module) -> None:
    (tmp_path / "empty").mkdir()
    with pytest.raises(BadFile, match="no picture"):
        list(upscale_folder(tmp_path / "empty", tmp_path / "large", net))
    assert not (tmp_path / "large").exists()


def test_a_folder_is_not_written_into_itself(tmp_path: Path, net: torch.nn.Module) -> None:
    picture(tmp_path / "in.png")
    with pytest.raises(BadInput, match="another folder"):
        list(upscale_folder(tmp_path, tmp_path / ".", net, overwrite=True))


def test_the_default_name_says_the_word_of_the_verb() -> None:
    (item,), _ = pictures_of(["a/photo.final.jpg"], None, "x2")
    assert item.target == Path("a/photo.final_x2.jpg")
