from __future__ import annotations

import errno
import os
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image

from srkit.datasets import load, make_lr
from srkit.datasets import lowres as module
from srkit.errors import BadFile, BadInput
from tests._shared import shared
from tests.datasets import _make


@pytest.mark.parametrize("scale", [2, 3, 4])
@pytest.mark.shared
def test_written_lr_files_are_matlabs_pixel_for_pixel(tmp_path: Path, scale: int) -> None:
    original = shared("benchmarks/Set5")
    (tmp_path / "Set5").mkdir()
    for path in original.glob("*.png"):
        (tmp_path / "Set5" / path.name).write_bytes(path.read_bytes())
    make_lr(tmp_path / "Set5", scale)
    for reference in shared(f"benchmarks/matlab_lr/Set5/X{scale}").glob("*.png"):
        ours = np.asarray(Image.open(tmp_path / f"Set5/LR_bicubic/X{scale}" / reference.name))
        np.testing.assert_array_equal(ours, np.asarray(Image.open(reference)), err_msg=reference.name)


@pytest.mark.parametrize(
    ("hr", "lr"),
    [
        ("A2001/HR", "A2001/LR_bicubic/X2/ax2.png"),
        ("photos", "photos/LR_bicubic/X2/ax2.png"),
        ("DIV2K/DIV2K_train_HR", "DIV2K/DIV2K_train_LR_bicubic/X2/ax2.png"),
    ],
)
def test_lr_lands_where_the_readers_of_edsr_trees_look_for_it(tmp_path: Path, hr: str, lr: str) -> None:
    _make.picture(tmp_path / hr / "a.bmp", 17, 20)
    made_in_memory = load(tmp_path / hr, scale=2)[0]
    assert make_lr(tmp_path / hr, [2]) == [tmp_path / lr]
    pairs = load(tmp_path / hr, scale=2)
    assert pairs.sources[0].lr == tmp_path / lr
    assert torch.equal(pairs[0].lr, made_in_memory.lr)


def test_several_scales_and_the_folder_above_hr_are_taken(tmp_path: Path) -> None:
    _make.picture(tmp_path / "set/HR/a.png", 24, 24)
    said: list[str] = []
    written = make_lr(tmp_path / "set", [2, 3, 4], report=said.append)
    assert [path.name for path in written] == ["ax2.png", "ax3.png", "ax4.png"]
    assert [np.asarray(Image.open(path)).shape[0] for path in written] == [12, 8, 6]
    assert len(said) == 3


def test_lr_that_is_there_is_kept_unless_asked_otherwise(tmp_path: Path) -> None:
    _make.picture(tmp_path / "set/HR/a.png")
    _make.picture(tmp_path / "set/HR/b.png", seed=1)
    (first, second) = make_lr(tmp_path / "set", 2)
    right = first.read_bytes()
    first.write_bytes(b"mine")
    second.unlink()
    assert make_lr(tmp_path / "set", 2) == [second]
    assert first.read_bytes() == b"mine"
    make_lr(tmp_path / "set", 2, overwrite=True)
    assert first.read_bytes() == right


def test_a_grey_image_gives_a_grey_lr_file(tmp_path: Path) -> None:
    Image.fromarray(_make.noise(16, 16)[..., 0]).save(tmp_path / "g.png")
    (path,) = make_lr(tmp_path, 2)
    assert Image.open(path).mode == "L"


def visible(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir() if path.name != ".srkit-done.jsonl")


def test_an_unreadable_image_is_named_the_others_are_done_and_a_repeat_goes_on(tmp_path: Path) -> None:
    for seed, name in enumerate("ac"):
        _make.picture(tmp_path / f"set/HR/{name}.png", seed=seed)
    broken = _make.picture(tmp_path / "set/HR/b.png", seed=2)
    whole = broken.read_bytes()
    broken.write_bytes(whole[:500])
    with pytest.raises(BadFile, match=r"b\.png"):
        make_lr(tmp_path / "set", 2)
    assert visible(tmp_path / "set/LR_bicubic/X2") == ["ax2.png", "cx2.png"]
    broken.write_bytes(whole)
    assert [path.name for path in make_lr(tmp_path / "set", 2)] == ["bx2.png"]


def test_a_full_disk_leaves_no_half_written_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    _make.picture(tmp_path / "set/HR/a.png")

    def full(*_: object, **__: object) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr("srkit.ops.files.writer_of", lambda *_, **__: (full, ()))
    with pytest.raises(BadFile, match="disk is full"):
        make_lr(tmp_path / "set", 2)
    assert visible(tmp_path / "set/LR_bicubic/X2") == []


def test_an_lr_image_of_another_hr_image_is_refused_and_all_problems_are_named_at_once(tmp_path: Path) -> None:
    for seed, name in enumerate("ab"):
        _make.picture(tmp_path / f"set/HR/{name}.png", seed=seed)
    make_lr(tmp_path / "set", 2)
    for seed, name in enumerate("ab", start=5):
        _make.picture(tmp_path / f"set/HR/{name}.png", seed=seed)
    with pytest.raises(BadFile, match=r"(?s)2 of 2 .*a\.png.* made otherwise \(picture .*b\.png"):
        make_lr(tmp_path / "set", 2)


@pytest.mark.parametrize("scales", [1, 0, [], [2, 1], [2.0], True])
def test_scales_that_cannot_be_are_refused(tmp_path: Path, scales: object) -> None:
    _make.picture(tmp_path / "a.png")
    with pytest.raises(BadInput, match="whole numbers of at least 2"):
        make_lr(tmp_path, scales)  # type: ignore[arg-type]


def test_folders_without_images_and_images_too_small_are_refused(tmp_path: Path) -> None:
    with pytest.raises(BadFile, match="no folder"):
        make_lr(tmp_path / "nowhere", 2)
    with pytest.raises(BadFile, match="No images"):
        make_lr(tmp_path, 2)
    _make.picture(tmp_path / "a.png", 3, 9)
    with pytest.raises(BadInput, match="3x9"):
        make_lr(tmp_path, 4)


def test_the_place_of_lr_follows_the_name_of_the_hr_folder() -> None:
    assert module.lr_place(Path("/d/A/HR"), 3) == Path("/d/A/LR_bicubic/X3")
    assert module.lr_place(Path("/d/DIV2K_valid_HR"), 4) == Path("/d/DIV2K_valid_LR_bicubic/X4")
