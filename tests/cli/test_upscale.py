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


def test_a_bad_picture_in_a_list_is_named_and_the_others_are_done(call: Call, photo: Path, tmp_path: Path) -> None:
    (tmp_path / "broken.png").write_bytes(b"no picture")
    Image.new("RGBA", (16, 16)).save(tmp_path / "alpha.png")
    Image.new("RGB", (9000, 8)).save(tmp_path / "long.webp")
    last = tmp_path / "last.png"
    srkit.write(last, torch.rand(3, 16, 16))
    answer = call("upscale", tmp_path / "broken.png", tmp_path / "long.webp", photo, last, *BICUBIC)
    assert answer.code == 2
    assert "2 pictures could not be enlarged" in answer.err
    errors = [line for line in answer.err.splitlines() if line.startswith("error:")]
    assert [name in line for name, line in zip(("broken.png", "long.webp"), errors, strict=True)] == [True, True]
    assert photo.with_name("photo_x2.png").is_file()
    assert last.with_name("last_x2.png").is_file()


def test_what_could_not_be_carried_over_is_said_in_one_line(call: Call, tmp_path: Path) -> None:
    frames = [Image.new("RGB", (16, 16), colour) for colour in ("red", "blue")]
    frames[0].save(tmp_path / "moving.png", save_all=True, append_images=frames[1:])
    answer = call("upscale", tmp_path / "moving.png", *BICUBIC)
    assert answer.code == 0
    notes = [line for line in answer.err.splitlines() if line.startswith("note:")]
    assert len(notes) == 1
    assert "1 further image of 2" in notes[0]
    assert "warnings.warn" not in answer.err


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
        ((*BICUBIC, "--device", "nonsense"), "Available: cpu"),
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
