from __future__ import annotations

from pathlib import Path

import torch

import srkit
from srkit.evaluation.run import _Folder
from tests.cli._call import Call


def folder_of(tmp_path: Path) -> Path:
    (tmp_path / "mine" / "HR").mkdir(parents=True)
    for name in ("a", "b"):
        srkit.write(tmp_path / "mine" / "HR" / f"{name}.png", torch.rand(3, 24, 24))
    return tmp_path / "mine"


def test_every_dataset_has_a_line_that_says_where_it_is(call: Call, tmp_path: Path) -> None:
    out = call("data", "list", "--root", tmp_path).out
    lines = {line.split()[0]: line for line in out.splitlines() if line}
    assert set(srkit.datasets.DATASETS.names()) <= set(lines)
    assert "not here" in lines["set5"]
    assert "always here" in lines["samples"]


def test_make_lr_writes_the_tree_and_doctor_finds_it_in_order(call: Call, tmp_path: Path) -> None:
    folder = folder_of(tmp_path)
    answer = call("data", "make-lr", folder, "--scale", 2, "--scale", 3)
    assert answer.code == 0, answer.err
    assert "4 images written" in answer.out
    assert (folder / "LR_bicubic" / "X3" / "bx3.png").is_file()
    assert call("data", "doctor", folder, "--scale", 3).code == 0


def test_make_lr_says_before_what_it_would_do_and_goes_on_after_a_broken_picture(call: Call, tmp_path: Path) -> None:
    folder = folder_of(tmp_path)
    broken = next(path for path in sorted(folder.rglob("*.png")) if path.name.startswith("a"))
    whole = broken.read_bytes()
    tried = call("data", "make-lr", folder, "--dry-run")
    assert tried.code == 0
    assert "to do: " in tried.out
    assert not list(folder.rglob("LR_bicubic"))
    broken.write_bytes(whole[:60])
    answer = call("data", "make-lr", folder)
    assert answer.code == 2
    assert "1 of 2 pictures could not be reduced" in answer.err
    assert "1 image written." in answer.out
    broken.write_bytes(whole)
    again = call("data", "make-lr", folder)
    assert again.code == 0
    assert "bx2.png was made before in just this way" in again.err
    assert "1 image written." in again.out


def test_doctor_prints_what_is_missing_the_fix_and_leaves_with_one(call: Call, tmp_path: Path) -> None:
    folder = folder_of(tmp_path)
    call("data", "make-lr", folder)
    (folder / "LR_bicubic" / "X2" / "ax2.png").unlink()
    answer = call("data", "doctor", folder)
    assert answer.code == 1
    assert "MISSING" in answer.out
    fix = next(line for line in answer.out.splitlines() if "srkit data make-lr" in line)
    assert call(*fix.split()[1:]).code == 0
    assert call("data", "doctor", folder).code == 0


def test_doctor_of_a_folder_that_is_not_there_makes_none(call: Call, tmp_path: Path) -> None:
    answer = call("data", "doctor", tmp_path / "nowhere")
    assert answer.code == 1
    assert "no folder" in answer.out
    assert list(tmp_path.iterdir()) == []


def test_fetching_an_unknown_dataset_lists_the_known_ones(call: Call) -> None:
    answer = call("data", "fetch", "nosuchset")
    assert answer.code == 2
    assert "set5" in answer.err


def test_lr_images_of_folders_below_keep_their_tree_and_are_the_pairs_of_an_evaluation(
    call: Call, tmp_path: Path
) -> None:
    folder = folder_of(tmp_path)
    (folder / "HR" / "a.png").rename(folder / "HR" / "b.tif")
    (folder / "HR" / "below" / "deep").mkdir(parents=True)
    srkit.write(folder / "HR" / "below" / "deep" / "b.png", torch.rand(3, 24, 24))
    (folder / "HR" / "b.tif").unlink()
    left = call("data", "make-lr", folder)
    assert "--recursive goes into it" in left.err
    answer = call("data", "make-lr", folder, "--recursive")
    assert answer.code == 0, answer.err
    assert (folder / "LR_bicubic" / "X2" / "below" / "deep" / "bx2.png").is_file()
    pairs = srkit.datasets.load(folder, scale=2, below=True)
    assert pairs.names == ("b", "below/deep/b")
    assert pairs.paths[1][0] == folder / "LR_bicubic" / "X2" / "below" / "deep" / "bx2.png"
    words = ("--model", "bicubic", "--scale", 2, "--recursive", "--out", tmp_path / "out")
    assert call("evaluate", *words, "--dataset", folder).code == 0
    assert (tmp_path / "out" / "results-mine" / "below" / "deep" / "b_x2_SR.png").is_file()
    assert "below/deep/b_x2_SR.png" in (tmp_path / "out" / "results-mine" / "index.html").read_text("utf-8")
    assert "has its own tree" in call("evaluate", *words, "--dataset", "samples").err
    assert _Folder(folder / "HR", below=True)[1].name == "below/deep/b"
    bench = ("--scale", 2, "--method", "bicubic", "--photos", folder / "HR", "--out", tmp_path / "bench")
    assert call("bench-realworld", *bench, "--recursive").code == 0
    assert 'src="below/deep/b_bicubic.png"' in (tmp_path / "bench" / "index.html").read_text("utf-8")
