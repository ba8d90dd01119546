from __future__ import annotations

from pathlib import Path

import pytest
import torch

from srkit.datasets import from_folders, load
from srkit.errors import BadFile, BadInput
from tests.datasets import _make

LAYOUTS = {
    "EDSR-PyTorch": ("HR/{n}.png", "LR_bicubic/X2/{n}x2.png"),
    "small letters": ("hr/{n}.png", "lr_bicubic/x2/{n}x2.png"),
    "DIV2K in one folder": ("DIV2K_train_HR/{n}.png", "DIV2K_train_LR_bicubic/X2/{n}x2.png"),
    "BasicSR": ("GTmod12/{n}.png", "LRbicx2/{n}.png"),
    "same names": ("HR/{n}.png", "LR_bicubic/X2/{n}.png"),
    "plain LR folder": ("HR/{n}.png", "LR/{n}.png"),
    "other suffix": ("HR/{n}.bmp", "LR_bicubic/X2/{n}x2.png"),
    "RealSR": ("{n}_HR.png", "{n}_LR2.png"),
    "SelfExSR": ("{n}_SRF_2_HR.png", "{n}_SRF_2_LR.png"),
    "flat with LR below": ("{n}.png", "LR_bicubic/X2/{n}x2.png"),
    "flat with matlab_lr beside": ("{n}.png", "../matlab_lr/set/X2/{n}x2.png"),
}


@pytest.mark.parametrize("layout", LAYOUTS)
def test_each_known_layout_gives_the_pairs_that_were_written(tmp_path: Path, layout: str) -> None:
    hr_name, lr_name = LAYOUTS[layout]
    root = tmp_path / "set"
    root.mkdir()
    for seed, name in enumerate(("img_2", "img_10")):
        lr = _make.noise(10, 12, seed)
        _make.save(root / hr_name.format(n=name), _make.enlarged(lr, 2))
        _make.save(root / lr_name.format(n=name), lr)
    pairs = load(root, scale=2)
    assert [name.removesuffix("_SRF_2") for name in pairs.names] == ["img_2", "img_10"]
    for pair in pairs:
        assert torch.equal(pair.hr[:, ::2, ::2], pair.lr)
    assert all(source.lr is not None for source in pairs.sources)


def test_other_scales_in_a_mixed_folder_are_left_alone(tmp_path: Path) -> None:
    for scale in (2, 4):
        lr = _make.noise(8, 8, scale)
        _make.save(tmp_path / f"img_SRF_{scale}_HR.png", _make.enlarged(lr, scale))
        _make.save(tmp_path / f"img_SRF_{scale}_LR.png", lr)
    assert load(tmp_path, scale=4)[0].hr.shape == (3, 32, 32)
    assert load(tmp_path, scale=2)[0].hr.shape == (3, 16, 16)


def test_lr_of_another_scale_is_not_taken_and_lr_is_made(tmp_path: Path) -> None:
    tree = _make.edsr_tree(tmp_path / "set", scale=2)
    pairs = load(tree, scale=4)
    assert all(source.lr is None for source in pairs.sources)
    assert pairs[0].lr.shape == (3, 8, 10)


def test_the_hr_folder_itself_may_be_named(tmp_path: Path) -> None:
    tree = _make.edsr_tree(tmp_path / "A2001")
    pairs = load(tree / "HR", scale=2)
    assert pairs.name == "A2001"
    assert all(source.lr is not None for source in pairs.sources)


def test_distractors_are_ignored(tmp_path: Path) -> None:
    tree = _make.edsr_tree(tmp_path / "set")
    for name in ("HR/Thumbs.db", "HR/._a.png", "HR/notes.txt", "LR_bicubic/X2/.DS_Store"):
        (tree / name).write_text("not an image")
    (tree / "HR" / "sub").mkdir()
    assert load(tree, scale=2).names == ("a", "b")


def test_a_missing_partner_is_named_with_the_command_that_makes_it(tmp_path: Path) -> None:
    tree = _make.edsr_tree(tmp_path / "set", ("a", "b", "c"))
    (tree / "LR_bicubic/X2/bx2.png").unlink()
    with pytest.raises(BadFile, match=r"1 of 3 HR images.*b\.png.*bx2\.png.*srkit data make-lr .*HR --scale 2"):
        load(tree, scale=2)


def test_an_empty_lr_folder_is_a_set_without_any_partner(tmp_path: Path) -> None:
    _make.picture(tmp_path / "set/HR/a.png")
    (tmp_path / "set/LR_bicubic/X2").mkdir(parents=True)
    with pytest.raises(BadFile, match="1 of 1 HR images"):
        load(tmp_path / "set", scale=2)


def test_an_empty_folder_says_what_was_expected_and_what_is_there(tmp_path: Path) -> None:
    (tmp_path / "set").mkdir()
    (tmp_path / "set/readme.txt").write_text("hello")
    with pytest.raises(BadFile, match=r"No images in .*found readme\.txt.*Expected .*HR.*x2\.png"):
        load(tmp_path / "set", scale=2)


def test_a_folder_of_data_sets_asks_for_one_of_them(tmp_path: Path) -> None:
    _make.edsr_tree(tmp_path / "Dataset/A2001")
    with pytest.raises(BadFile, match=r"name one, for example .*A2001"):
        load(tmp_path / "Dataset", scale=2)


def test_train_and_valid_in_one_folder_ask_for_one_of_them(tmp_path: Path) -> None:
    for split in ("train", "valid"):
        _make.picture(tmp_path / f"DIV2K/DIV2K_{split}_HR/1.png")
    with pytest.raises(BadFile, match="DIV2K_train_HR, DIV2K_valid_HR"):
        load(tmp_path / "DIV2K", scale=2)


def test_two_images_of_one_name_are_refused(tmp_path: Path) -> None:
    _make.picture(tmp_path / "a.png")
    _make.picture(tmp_path / "a.bmp")
    with pytest.raises(BadFile, match="two images of one name"):
        load(tmp_path, scale=2)


def test_from_folders_follows_a_pattern_of_ones_own(tmp_path: Path) -> None:
    lr = _make.noise(9, 9)
    _make.save(tmp_path / "big/cat.png", _make.enlarged(lr, 3))
    _make.save(tmp_path / "small/tiny-cat.png", lr)
    pairs = from_folders(hr=tmp_path / "big", lr=tmp_path / "small", scale=3, lr_pattern="tiny-{stem}", name="cats")
    assert (pairs.name, pairs[0].lr.shape) == ("cats", (3, 9, 9))
    with pytest.raises(BadFile, match="no LR partner"):
        from_folders(hr=tmp_path / "big", lr=tmp_path / "small", scale=3)
    with pytest.raises(BadInput, match="stem"):
        from_folders(hr=tmp_path / "big", lr=tmp_path / "small", scale=3, lr_pattern="tiny")
    with pytest.raises(BadFile, match="no folder"):
        from_folders(hr=tmp_path / "big", lr=tmp_path / "smal", scale=3)


def test_nothing_is_written_by_reading_a_tree(tmp_path: Path) -> None:
    tree = _make.edsr_tree(tmp_path / "set")
    before = sorted(str(path) for path in tmp_path.rglob("*"))
    list(load(tree, scale=2))
    list(load(tree, scale=4))
    assert sorted(str(path) for path in tmp_path.rglob("*")) == before
