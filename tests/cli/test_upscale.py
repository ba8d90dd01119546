from __future__ import annotations

from pathlib import Path

import pytest
import torch
from PIL import Image

import srkit
from tests.cli._call import Call

BICUBIC = ("--model", "bicubic", "--scale", 2)


@pytest.fixture
def photo(tmp_path: Path) -> Path:
    srkit.write(tmp_path / "photo.png", torch.rand(3, 16, 24, generator=torch.Generator().manual_seed(0)))
    return tmp_path / "photo.png"


def test_a_picture_is_enlarged_beside_itself_and_its_path_printed(call: Call, photo: Path) -> None:
    answer = call("upscale", photo, *BICUBIC)
    assert answer.code == 0, answer.err
    result = photo.with_name("photo_x2.png")
    assert answer.out.strip() == str(result)
    net = srkit.models.create("bicubic", scale=2)
    assert torch.allclose(srkit.read(result), srkit.upscale(photo, net), atol=0.51 / 255)


def test_a_second_call_refuses_to_overwrite_until_told(call: Call, photo: Path) -> None:
    call("upscale", photo, *BICUBIC)
    answer = call("upscale", photo, *BICUBIC)
    assert answer.code == 2
    assert "exists already" in answer.err
    assert call("upscale", photo, *BICUBIC, "--overwrite").code == 0


def test_several_pictures_and_a_folder_go_into_one_folder(call: Call, photo: Path, tmp_path: Path) -> None:
    more = tmp_path / "more"
    more.mkdir()
    srkit.write(more / "other.jpg", torch.rand(3, 16, 16))
    answer = call("upscale", photo, more, *BICUBIC, "--out", tmp_path / "large")
    assert answer.code == 0, answer.err
    assert sorted(path.name for path in (tmp_path / "large").iterdir()) == ["other.jpg", "photo.png"]
    with Image.open(tmp_path / "large" / "other.jpg") as result:
        assert result.format == "JPEG"


def test_one_file_name_for_several_pictures_is_refused(call: Call, photo: Path, tmp_path: Path) -> None:
    answer = call("upscale", photo, photo.parent, *BICUBIC, "--out", tmp_path / "one.png")
    assert answer.code == 2
    assert "give a folder" in answer.err


def test_a_broken_picture_in_a_folder_is_reported_and_the_exit_code_says_so(call: Call, photo: Path) -> None:
    (photo.parent / "broken.png").write_bytes(b"no picture")
    answer = call("upscale", photo.parent, *BICUBIC, "--out", photo.parent / "large")
    assert answer.code == 2
    assert "broken.png" in answer.err
    assert "1 picture could not" in answer.err
    assert (photo.parent / "large" / "photo.png").is_file()


def test_a_weight_file_is_a_network(call: Call, photo: Path, tmp_path: Path) -> None:
    net = srkit.models.create("a2001sr", scale=2)
    weights = srkit.models.save(net, tmp_path / "mine.safetensors")
    answer = call("upscale", photo, "--model", weights, "--tile", 8, "--self-ensemble", "--threads", 1)
    assert answer.code == 0, answer.err
    expected = srkit.upscale(photo, net, ensemble=True)
    assert torch.allclose(srkit.read(photo.with_name("photo_x2.png")), expected, atol=0.51 / 255)
    answer = call("upscale", photo, "--model", weights, "--set", "x=1", "--overwrite")
    assert answer.code == 2
    assert "knows its network" in answer.err


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (("--model", "nosuchnet", "--scale", 2), "no network called 'nosuchnet'"),
        (("--model", "bicubic"), "say which one: --scale"),
        (("--model", "missing.safetensors"), "does not exist"),
        (("--model", "a2001sr", "--weights", "missing.safetensors"), "missing.safetensors"),
        ((*BICUBIC, "--tile", "big"), "write auto, none"),
        ((*BICUBIC, "--device", "nonsense"), "--device cpu works"),
        (("--model", "edsr_baseline", "--scale", 2, "--set", "blocks"), "--set n_blocks=32"),
        (("--model", "edsr_baseline", "--scale", 2, "--set", "blocks=3"), "no argument 'blocks'"),
        (("--model", "edsr_baseline", "--scale", 2, "--set", "n_blocks=3", "--set", "n_blocks=4"), "given twice"),
        ((), "--model"),
    ],
)
def test_what_cannot_be_used_is_said(call: Call, photo: Path, words: tuple[object, ...], sentence: str) -> None:
    answer = call("upscale", photo, *words)
    assert answer.code == 2
    assert sentence in answer.err
    assert [path.name for path in photo.parent.iterdir()] == ["photo.png"]
