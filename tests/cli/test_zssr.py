"""``srkit zssr`` on a small folder: numbers where there is a truth, resuming, kernels beside pictures; ``--method``."""

from __future__ import annotations

import csv
import signal
from pathlib import Path

import pytest
import scipy.io

import srkit
from srkit._lines import duration
from srkit.datasets import samples
from srkit.degrade import gaussian_widths
from tests.cli._call import Call

QUICK = ("--set", "max_steps=2", "--set", "crop=16", "--set", "width=8")


@pytest.mark.parametrize(
    ("seconds", "words"), [(89, "about 89 s"), (90, "about 2 min"), (5399, "about 90 min"), (5400, "about 1.5 h")]
)
def test_a_time_to_come_is_told_in_seconds_minutes_or_hours(seconds: float, words: str) -> None:
    assert duration(seconds) == words


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
    assert srkit.read(tmp_path / "out" / "a_zssr_x2.png").shape == (3, 40, 48)
    with (tmp_path / "out" / "zssr.csv").open() as file:
        rows = list(csv.DictReader(file))
    assert [(row["image"], row["method"]) for row in rows] == [
        (image, method) for image in "ab" for method in ("bicubic", "back_projection", "zssr")
    ]
    assert all(float(row["psnr"]) > 15 for row in rows[:3])
    assert all(row["psnr"] == "" for row in rows[3:])  # no truth, no number
    assert "a: bicubic" in answer.out
    assert "dB" in answer.out
    assert "GB of memory" in answer.err


def test_what_is_done_is_not_done_again(call: Call, folder: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"
    call("zssr", folder, "--out", out, *QUICK)
    first = (out / "a_zssr_x2.png").stat().st_mtime_ns
    numbers = (out / "zssr.csv").read_text()
    (out / "b_zssr_x2.png").unlink()
    again = call("zssr", folder, "--out", out, *QUICK)
    assert again.code == 0, again.err
    assert (out / "a_zssr_x2.png").stat().st_mtime_ns == first
    assert (out / "b_zssr_x2.png").exists()
    assert numbers.splitlines()[1:4] == (out / "zssr.csv").read_text().splitlines()[1:4]


@pytest.mark.parametrize(
    ("words", "named"),
    [
        (("--preset", "x2_real"), "then"),
        (("--set", "noise=0.02"), "noise "),
        (("--seed", 1), "seed 0 then, 1 now"),
        (("--kernel", "KERNEL"), "kernel none then"),
    ],
)
def test_results_of_other_settings_are_never_reported_as_those_asked_for(
    call: Call, folder: Path, tmp_path: Path, words: tuple[object, ...], named: str
) -> None:
    out = tmp_path / "out"
    call("zssr", folder / "a.png", "--out", out, *QUICK)
    words = tuple(folder / "b_0.mat" if word == "KERNEL" else word for word in words)
    other = call("zssr", folder / "a.png", "--out", out, *QUICK, *words)
    assert other.code == 2
    assert "made otherwise" in other.err
    assert named in other.err
    assert "bicubic" not in other.out
    assert call("zssr", folder / "a.png", "--out", out, *QUICK, *words, "--overwrite").code == 0


def test_another_scale_is_another_result(call: Call, folder: Path, tmp_path: Path) -> None:
    quick = (*QUICK, "--preset", "fast")
    for scale in (2, 3):
        assert call("zssr", folder / "b.png", "--scale", scale, "--out", tmp_path / "out", *quick).code == 0
    with (tmp_path / "out" / "zssr.csv").open() as file:
        made = [row["result"] for row in csv.DictReader(file)]
    assert made == 3 * ["b_zssr_x2.png"] + 3 * ["b_zssr_x3.png"]
    assert srkit.read(tmp_path / "out" / "b_zssr_x3.png").shape == (3, 60, 72)
    assert srkit.read(tmp_path / "out" / "b_zssr_x2.png").shape == (3, 40, 48)


def test_a_file_alone_is_enlarged_beside_itself_with_what_it_carries(call: Call, folder: Path) -> None:
    picture = srkit.ops.files.read_picture(folder / "a.png")
    srkit.write(folder / "soft.png", picture.rgb, alpha=picture.rgb[:1], depth=16)
    answer = call("zssr", folder / "soft.png", *QUICK)
    assert answer.code == 0, answer.err
    result = srkit.ops.files.read_picture(folder / "soft_zssr_x2.png")
    assert result.alpha is not None
    assert result.depth == 16


def test_a_preset_that_does_not_exist_is_told_whatever_is_there(call: Call, folder: Path, tmp_path: Path) -> None:
    call("zssr", folder, "--out", tmp_path / "out", *QUICK)
    wrong = call("zssr", folder, "--out", tmp_path / "out", "--preset", "nope")
    assert wrong.code == 2
    assert "nope" in wrong.err


def test_truth_from_a_folder_and_a_preset_by_its_short_name(call: Call, folder: Path, tmp_path: Path) -> None:
    (folder / "a_gt.png").rename(tmp_path / "a.png")
    (folder / "b.png").unlink()
    answer = call("zssr", folder, "--truth", tmp_path, "--preset", "x2_real", "--out", tmp_path / "o", *QUICK)
    assert answer.code == 0, answer.err
    with (tmp_path / "o" / "zssr.csv").open() as file:
        assert float(list(csv.DictReader(file))[2]["psnr"]) > 15
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


def test_ctrl_c_keeps_the_best_so_far_and_the_same_call_goes_on(
    call: Call, folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    begun = srkit.methods.zssr.Trainee._one_step
    monkeypatch.setattr(srkit.methods.zssr.Trainee, "_one_step", lambda *a: (signal.raise_signal(2), begun(*a))[1])
    words = ("zssr", folder / "b.png", "--out", tmp_path / "out", *QUICK)
    stopped = call(*words)
    assert stopped.code == 130
    assert "the best so far" in stopped.out
    assert "The same call goes on" in stopped.err
    assert (tmp_path / "out" / ".b_zssr_x2.png.state").exists()
    monkeypatch.setattr(srkit.methods.zssr.Trainee, "_one_step", begun)
    assert call(*words).code == 0
    assert not (tmp_path / "out" / ".b_zssr_x2.png.state").exists()


def test_results_keep_the_format_of_their_pictures(call: Call, folder: Path, tmp_path: Path) -> None:
    srkit.write(tmp_path / "p.jpg", srkit.read(folder / "a.png"))
    assert call("zssr", tmp_path / "p.jpg", *QUICK).code == 0
    assert (tmp_path / "p_zssr_x2.jpg").read_bytes().startswith(b"\xff\xd8")
