"""``srkit zssr`` on a small folder: numbers where there is a truth, resuming, kernels beside pictures; ``--method``."""

from __future__ import annotations

import csv
import json
from pathlib import Path

import pytest
import scipy.io

import srkit
from srkit.datasets import samples
from srkit.degrade import gaussian_widths
from tests.cli._call import Call

QUICK = ("--set", "max_steps=2", "--set", "crop=16", "--set", "width=8")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    home = tmp_path / "pictures"
    home.mkdir()
    hr = samples(scale=2)[0].hr
    for name, top in (("a", 0), ("b", 40)):
        truth = hr[:, top : top + 40, :48]
        srkit.write(home / f"{name}.png", srkit.datasets.pair.bicubic_lr(truth, 2))
        if name == "a":
            srkit.write(home / "a_gt.png", truth)
    scipy.io.savemat(home / "b_0.mat", {"Kernel": gaussian_widths(9, 1.0).numpy()})
    return home


def test_every_picture_is_enlarged_with_the_trivial_methods_beside_it(call: Call, folder: Path, tmp_path: Path) -> None:
    answer = call("zssr", folder, "--out", tmp_path / "out", *QUICK)
    assert answer.code == 0, answer.err
    assert srkit.read(tmp_path / "out" / "a_zssr_X2.png").shape == (3, 40, 48)
    with (tmp_path / "out" / "metrics.csv").open() as file:
        rows = list(csv.DictReader(file))
    assert [(row["image"], row["method"]) for row in rows] == [
        (image, method) for image in "ab" for method in ("bicubic", "back_projection", "zssr")
    ]
    assert all(float(row["psnr"]) > 15 for row in rows[:3])
    assert all(row["psnr"] == "" for row in rows[3:])  # no truth, no number
    assert "a: bicubic" in answer.out
    assert "dB" in answer.out


def test_what_is_done_is_not_done_again(call: Call, folder: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"
    call("zssr", folder, "--out", out, *QUICK)
    kept = json.loads((out / "a.json").read_text())
    (out / "b.json").unlink()
    call("zssr", folder, "--out", out, *QUICK)
    assert json.loads((out / "a.json").read_text()) == kept
    assert (out / "b.json").exists()


def test_truth_from_a_folder_and_a_preset_by_its_short_name(call: Call, folder: Path, tmp_path: Path) -> None:
    (folder / "a_gt.png").rename(tmp_path / "a.png")
    (folder / "b.png").unlink()
    answer = call("zssr", folder, "--truth", tmp_path, "--preset", "x2_real", "--out", tmp_path / "o", *QUICK)
    assert answer.code == 0, answer.err
    assert json.loads((tmp_path / "o" / "a.json").read_text())[2]["psnr"] > 15
    wrong = call("zssr", folder, "--preset", "x2_reel", *QUICK)
    assert wrong.code == 2
    assert "X2_REAL_CONF" in wrong.err


def test_a_method_goes_wherever_a_network_goes(call: Call, folder: Path, tmp_path: Path) -> None:
    up = call("upscale", folder / "b.png", "--method", "back_projection", "--scale", 2, "--out", tmp_path / "up.png")
    assert up.code == 0, up.err
    assert srkit.read(tmp_path / "up.png").shape == (3, 40, 48)
    (tmp_path / "HR").mkdir()
    srkit.write(tmp_path / "HR" / "a.png", samples(scale=2)[0].hr[:, :48, :48])
    chain = ("--degrade", "blur(1) > down(2)")
    measured = call("evaluate", "--method", "back_projection", "--scale", 2, "--dataset", tmp_path / "HR", *chain)
    assert measured.code == 0, measured.err
    assert "back_projection on" in measured.out
    both = call("evaluate", "--method", "bicubic", "--model", "bicubic", "--scale", 2, "--dataset", tmp_path / "HR")
    assert both.code == 2
    assert "one of the two" in both.err
