from __future__ import annotations

import warnings
from pathlib import Path

import pytest
import torch
from PIL import Image

import srkit
from tests.cli._call import Call
from tests.datasets._server import Site, serve

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


def test_a_second_call_keeps_what_was_made_alike_and_refuses_what_was_not(call: Call, photo: Path) -> None:
    result = photo.with_name("photo_x2.png")
    call("upscale", photo, *BICUBIC)
    first = result.stat().st_mtime_ns
    again = call("upscale", photo, *BICUBIC)
    assert again.code == 0
    assert "kept" in again.err
    assert result.stat().st_mtime_ns == first
    other = call("upscale", photo, "--model", "nearest", "--scale", 2)
    assert other.code == 2
    assert "made otherwise (network" in other.err
    assert call("upscale", photo, "--model", "nearest", "--scale", 2, "--overwrite").code == 0
    result.write_bytes(b"somebody else's")
    foreign = call("upscale", photo, *BICUBIC)
    assert foreign.code == 2
    assert "nothing says how it was made" in foreign.err
    assert result.read_bytes() == b"somebody else's"


def test_a_changed_picture_is_not_taken_for_the_one_that_was_done(call: Call, photo: Path) -> None:
    call("upscale", photo, *BICUBIC)
    srkit.write(photo, torch.zeros(3, 16, 24))
    answer = call("upscale", photo, *BICUBIC)
    assert answer.code == 2
    assert "made otherwise (picture" in answer.err


def test_a_dry_run_says_what_would_happen_and_does_nothing(call: Call, photo: Path, tmp_path: Path) -> None:
    call("upscale", photo, *BICUBIC)
    (tmp_path / "broken.jpg").write_bytes(b"no picture")
    Image.new("RGBA", (16, 16)).save(tmp_path / "alpha.png")
    before = sorted(path.name for path in tmp_path.iterdir())
    sources = (photo, tmp_path / "broken.jpg", tmp_path / "alpha.png")
    answer = call("upscale", *sources, *BICUBIC, "--dry-run")
    assert answer.code == 2
    assert f"kept: {photo}" in answer.out
    assert f"to do: {tmp_path / 'alpha.png'}" in answer.out
    assert "broken.jpg" in answer.err
    assert sorted(path.name for path in tmp_path.iterdir()) == before


def gigabytes(plan: str) -> float:
    return float(plan.partition("(4000 x 2000 pixels, about ")[2].partition(" GB of memory)")[0])


def test_the_plan_says_the_memory_and_refuses_what_is_more_than_pictures_are(
    call: Call, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    Image.new("L", (2000, 1000)).save(tmp_path / "large.png")
    answer = call("upscale", tmp_path / "large.png", *BICUBIC, "--dry-run")
    small = gigabytes(answer.out)
    larger = gigabytes(call("upscale", tmp_path / "large.png", "--model", "espcn", "--scale", 2, "--dry-run").out)
    assert 0.33 <= small <= 0.55  # 0.33 GB were measured with a JPEG result of other sides
    assert 0.57 <= larger <= 0.8  # 0.57
    monkeypatch.setenv("SRKIT_MOST_MEGAPIXELS", "1")
    refused = call("upscale", tmp_path / "large.png", *BICUBIC, "--dry-run")
    assert refused.code == 2
    assert "SRKIT_MOST_MEGAPIXELS=2" in refused.err


def test_folders_below_keep_their_tree_and_nothing_is_left_out_in_silence(call: Call, tmp_path: Path) -> None:
    home = tmp_path / "photos"
    (home / "may").mkdir(parents=True)
    srkit.write(home / "a.png", torch.rand(3, 16, 16))
    srkit.write(home / "may" / "a.png", torch.rand(3, 16, 16))
    Image.new("RGB", (16, 16)).save(home / "no_suffix", "PNG")
    Image.new("RGB", (16, 16)).save(home / "moving.gif")
    (home / "empty.jpg").touch()
    (home / "notes.txt").write_text("not a picture")
    (home / ".DS_Store").write_bytes(b"x")
    flat = call("upscale", home, *BICUBIC, "--out", tmp_path / "flat")
    assert "left out" in flat.err
    assert [name in flat.err for name in ("may", "moving.gif", "empty.jpg", "notes.txt", "DS_Store")] == [True] * 3 + [
        False
    ] * 2
    assert "no_suffix" in flat.err  # an image, but nothing says in which format to write it
    deep = call("upscale", home, *BICUBIC, "--recursive", "--out", tmp_path / "deep")
    assert srkit.read(tmp_path / "deep" / "may" / "a.png").shape == (3, 32, 32)
    assert "a folder" not in deep.err


@pytest.mark.parametrize("place", [".", "..", "photos/../photos", "photos/"])
def test_a_folder_may_be_called_by_dots_by_a_way_round_or_with_a_slash(
    call: Call, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, place: str
) -> None:
    home = tmp_path / "photos"
    (home / "below").mkdir(parents=True)
    srkit.write(home / "a.png", torch.rand(3, 16, 16))
    monkeypatch.chdir({".": home, "..": home / "below"}.get(place, tmp_path))
    answer = call("upscale", place, *BICUBIC)
    assert answer.code == 0, answer.err
    assert (tmp_path / "photos_x2" / "a.png").is_file()


def test_two_pictures_of_one_name_are_not_written_over_each_other(call: Call, tmp_path: Path) -> None:
    for folder, value in (("one", 0.0), ("two", 1.0)):
        (tmp_path / folder).mkdir()
        srkit.write(tmp_path / folder / "a.png", torch.full((3, 16, 16), value))
    answer = call("upscale", tmp_path / "one", tmp_path / "two", *BICUBIC, "--out", tmp_path / "large")
    assert answer.code == 2
    assert "is the result of" in answer.err
    assert srkit.read(tmp_path / "large" / "a.png").max() == 0


def test_several_pictures_and_a_folder_go_into_one_folder(call: Call, photo: Path, tmp_path: Path) -> None:
    more = tmp_path / "more"
    more.mkdir()
    srkit.write(more / "other.jpg", torch.rand(3, 16, 16))
    answer = call("upscale", photo, more, *BICUBIC, "--out", tmp_path / "large")
    assert answer.code == 0, answer.err
    assert sorted(path.name for path in (tmp_path / "large").glob("[!.]*")) == ["other.jpg", "photo.png"]
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
    assert "1 of 2 pictures could not" in answer.err
    assert (photo.parent / "large" / "photo.png").is_file()


def test_a_bad_picture_in_a_list_is_named_and_the_others_are_done(call: Call, photo: Path, tmp_path: Path) -> None:
    (tmp_path / "broken.png").write_bytes(b"no picture")
    Image.new("RGBA", (16, 16)).save(tmp_path / "alpha.png")
    Image.new("RGB", (9000, 8)).save(tmp_path / "long.webp")
    last = tmp_path / "last.png"
    srkit.write(last, torch.rand(3, 16, 16))
    answer = call("upscale", tmp_path / "broken.png", tmp_path / "long.webp", photo, last, *BICUBIC)
    assert answer.code == 2
    assert "2 of 4 pictures could not be enlarged" in answer.err
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


def test_a_photograph_is_enlarged_without_a_word_and_what_was_taken_is_said(call: Call, photo: Path) -> None:
    answer = call("upscale", photo)
    assert answer.code == 0, answer.err
    assert "enlarged 4 times by edsr_small" in answer.err
    poor = srkit.models.create("edsr_small", scale=4, pretrained="srkit:photo")
    made = srkit.read(photo.with_name("photo_x4.png"))
    assert torch.allclose(made, srkit.upscale(photo, poor), atol=0.51 / 255)
    call("upscale", photo, "--clean", 1, "--out", photo.with_name("clean.png"))
    clean = srkit.models.create("edsr_small", scale=4, pretrained="srkit")
    made = srkit.read(photo.with_name("clean.png"))
    assert torch.allclose(made, srkit.upscale(photo, clean), atol=0.51 / 255)
    assert call("upscale", photo, "--scale", 2).code == 0
    for words, sentence in (
        (("--scale", 3), "x3 nothing is shipped"),
        ((*BICUBIC, "--clean", 0.5), "leave out --model"),
    ):
        refused = call("upscale", photo, *words)
        assert refused.code == 2
        assert sentence in refused.err


def test_installed_weights_that_invent_detail_are_taken_for_a_photograph_and_said_to_invent(
    call: Call, photo: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    net = srkit.models.create("compact_large", scale=4).eval()
    monkeypatch.setenv("SRKIT_WEIGHTS", str(tmp_path / "weights"))
    (tmp_path / "weights").mkdir()
    srkit.models.save(net, tmp_path / "there.safetensors").rename(tmp_path / "weights" / "realesr-general-x4v3.pth")
    with warnings.catch_warnings():
        warnings.simplefilter("always")
        answer = call("upscale", photo)
    assert answer.code == 0, answer.err
    assert "terms: BSD-3-Clause" in answer.err
    assert "realesr-general; it invents detail" in answer.err
    made = srkit.read(photo.with_name("photo_x4.png"))
    assert torch.allclose(made, srkit.upscale(photo, net).clamp(0, 1), atol=0.51 / 255)
    answer = call("upscale", photo, "--clean", 0, "--overwrite")
    assert "trained on poor photographs" in answer.err


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
        ((*BICUBIC, "--tile", "²"), "write auto, none"),
        ((*BICUBIC, "--device", "nonsense"), "Available: cpu"),
        (("--model", "edsr_baseline", "--scale", 2, "--set", "blocks"), "--set n_blocks=32"),
        (("--model", "edsr_baseline", "--scale", 2, "--set", "blocks=3"), "no argument 'blocks'"),
        (("--model", "edsr_baseline", "--scale", 2, "--set", "n_blocks=3", "--set", "n_blocks=4"), "given twice"),
    ],
)
def test_what_cannot_be_used_is_said(call: Call, photo: Path, words: tuple[object, ...], sentence: str) -> None:
    answer = call("upscale", photo, *words)
    assert answer.code == 2
    assert sentence in answer.err
    assert [path.name for path in photo.parent.iterdir()] == ["photo.png"]


def test_an_address_is_a_picture_or_a_weight_file_and_the_result_is_called_by_it(
    call: Call, photo: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    net = srkit.models.create("espcn", scale=2, tiny=True)
    srkit.models.save(net, tmp_path / "net.safetensors")
    weights, body = (tmp_path / "net.safetensors").read_bytes(), photo.read_bytes()
    here = tmp_path / "here"
    here.mkdir()
    monkeypatch.chdir(here)
    files = {"/a%20photo.png": body, "/get.php": body, "/page.png": b"<html>", "/net.safetensors": weights}
    with serve(Site(files=files)) as site:
        words = [f"{site.base}/{name}" for name in ("a%20photo.png", "page.png", "get.php", "none.png")]
        answer = call("upscale", photo, *words, "--model", f"{site.base}/net.safetensors")
        again = call("upscale", words[0], "--model", f"{site.base}/net.safetensors")
    assert answer.code == 2
    assert [path.name for path in sorted(here.glob("[!.]*"))] == ["a photo_x2.png", "get.php_x2.png"]
    assert photo.with_name("photo_x2.png").is_file()
    assert torch.equal(srkit.read(here / "get.php_x2.png"), srkit.read(photo.with_name("photo_x2.png")))
    assert f"{words[1]} gives no image" in answer.err
    assert f"{words[3]} could not be downloaded" in answer.err
    assert (again.code, "kept" in again.err) == (0, True)


def test_an_address_that_cannot_be_reached_is_said(call: Call) -> None:
    answer = call("upscale", "http://127.0.0.1:9/a.png", *BICUBIC)
    assert answer.code == 2
    assert "http://127.0.0.1:9/a.png could not be downloaded" in answer.err
