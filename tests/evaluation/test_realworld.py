"""The two benches: eight blurs with a truth, photographs without one."""

from __future__ import annotations

from functools import partial
from pathlib import Path

import pytest
import torch

import srkit
from srkit.datasets import samples
from srkit.errors import BadFile, BadInput
from srkit.evaluation import bench_gaussian8, bench_photographs
from srkit.methods import as_network
from srkit.metrics import Naturalness
from tests.cli._call import Call


def crop() -> list[srkit.datasets.Pair]:
    hr = samples(scale=2)[0].hr[:, :96, :96].contiguous()
    return [srkit.datasets.Pair("crop", hr[:, ::2, ::2].contiguous(), hr)]


def test_under_every_blur_back_projection_that_is_told_it_beats_bicubic() -> None:
    found = bench_gaussian8(
        {
            "bicubic": lambda kernel: as_network("bicubic", scale=2),
            "told": lambda kernel: as_network("back_projection", scale=2, kernel=kernel),
        },
        crop(),
        scale=2,
    )
    values = {name: [table.mean.psnr for table in tables] for name, tables in found.items()}
    assert [len(tables) for tables in found.values()] == [8, 8]
    assert all(told > bicubic + 0.5 for told, bicubic in zip(values["told"], values["bicubic"], strict=True))
    assert values["bicubic"] == sorted(values["bicubic"], reverse=True)  # wider blurs cost more
    with pytest.raises(BadInput, match="nothing to compare"):
        bench_gaussian8({}, crop(), scale=2)


def test_the_eight_blurs_are_planned_and_a_run_that_was_stopped_goes_on(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    photos, out = tmp_path / "set", tmp_path / "out"
    photos.mkdir()
    srkit.write(photos / "a.png", crop()[0].hr[:, :24, :24])
    (photos / "b.png").write_bytes((photos / "a.png").read_bytes()[:70])
    words = ("bench-realworld", "--scale", 2, "--dataset", photos, "--method", "bicubic")
    plan = Call(capsys)(*words, "--out", out, "--dry-run")
    assert sum(line.startswith("to do:") and "a.png, blur" in line for line in plan.out.splitlines()) == 8
    assert not out.exists()

    def stop(done: int, total: int) -> None:
        if done == 5:  # the first picture under the third blur is written
            raise KeyboardInterrupt

    contenders = {"bicubic": lambda kernel: as_network("bicubic", scale=2)}
    with pytest.raises(KeyboardInterrupt):
        bench_gaussian8(contenders, photos, scale=2, save=out, progress=stop)
    before = {path: path.stat().st_mtime_ns for path in out.rglob("*_SR.png")}
    assert len(before) == 3
    rest = Call(capsys)(*words, "--out", out)
    assert rest.code == 2
    assert rest.err.count("error: ") == 1  # not once more for each blur
    assert rest.err.count("was made before in just this way") == 3
    assert before.items() <= {path: path.stat().st_mtime_ns for path in out.rglob("*_SR.png")}.items()
    anew = bench_gaussian8(contenders, photos, scale=2)["bicubic"]
    printed = next(line for line in rest.out.splitlines() if line.startswith("bicubic")).split()
    assert printed[1:9] == [f"{table.mean.psnr:.2f}" for table in anew]
    (photos / "a.png").unlink()
    with pytest.raises(BadFile, match=r"b\.png"):
        bench_gaussian8(contenders, photos, scale=2)


def test_photographs_are_written_side_by_side_with_niqe_where_it_can_be(tmp_path: Path) -> None:
    (tmp_path / "photos").mkdir()
    srkit.write(tmp_path / "photos" / "a.png", samples(scale=2)[0].lr[:, :100, :100])
    natural = Naturalness(torch.zeros(36, dtype=torch.float64), torch.eye(36, dtype=torch.float64))
    found = bench_photographs(
        {"bicubic": lambda kernel: as_network("bicubic", scale=2)},
        tmp_path / "photos",
        tmp_path / "out",
        natural=natural,
    )
    assert [one.file.name for one in found] == ["a_bicubic.png"]
    assert found[0].scores["niqe"] == pytest.approx(srkit.metrics.niqe(srkit.read(found[0].file), natural), rel=1e-6)
    page = (tmp_path / "out" / "index.html").read_text()
    assert 'src="a_bicubic.png"' in page
    assert "alt=" in page


def test_photographs_are_measured_by_any_metric_that_needs_no_reference(tmp_path: Path) -> None:
    @srkit.register_metric("brightness", needs_reference=False, conditions="the whole image")
    def brightness(sr: torch.Tensor) -> float:
        if sr.shape[-1] < 100:
            raise BadInput("too small")
        return float(sr.mean())

    (tmp_path / "photos").mkdir()
    for name, width in (("<b>", 60), ("small", 20)):
        srkit.write(tmp_path / "photos" / f"{name}.png", samples(scale=2)[0].lr[:, :40, :width])
    contenders = {"bicubic": lambda kernel: as_network("bicubic", scale=2)}
    try:
        found = bench_photographs(contenders, tmp_path / "photos", tmp_path / "out", metrics="brightness")
        mean = float(srkit.read(found[0].file).mean())
        assert found[0].scores["brightness"] == pytest.approx(mean, abs=1e-3)
        assert found[1].spoken == ("brightness not measured: too small",)
        page = (tmp_path / "out" / "index.html").read_text()
        assert found[0].spoken[0] in page
        assert "<b>" not in page
        with pytest.raises(BadInput, match="psnr would compare"):
            bench_photographs(contenders, tmp_path / "photos", tmp_path / "out", metrics=("brightness", "psnr"))
    finally:
        srkit.metrics.METRICS.unregister("brightness")


def test_a_photograph_that_cannot_be_enlarged_is_named_and_what_is_done_is_kept(tmp_path: Path) -> None:
    photos, out = tmp_path / "photos", tmp_path / "out"
    photos.mkdir()
    for name in "ac":
        srkit.write(photos / f"{name}.png", torch.rand(3, 20, 20))
    (photos / "b.png").write_bytes((photos / "a.png").read_bytes()[:70])
    contenders = {name: partial(same, as_network(name, scale=2)) for name in ("bicubic", "back_projection")}
    found = bench_photographs(contenders, photos, out)
    assert [(one.name, one.contender, bool(one.problem)) for one in found] == [
        (name, contender, name == "b") for name in "abc" for contender in contenders
    ]
    page = (out / "index.html").read_text()
    assert page.count("<img") == 4
    assert page.count("not enlarged") == 2
    before = {path.name: path.stat().st_mtime_ns for path in out.glob("*.png")}
    srkit.write(photos / "b.png", torch.rand(3, 20, 20))
    contenders["back_projection"] = partial(same, as_network("back_projection", scale=2, steps=1))
    again = bench_photographs(contenders, photos, out)
    wrong = [one for one in again if one.problem]
    assert [one.file.name for one in wrong] == ["a_back_projection.png", "c_back_projection.png"]  # of other settings
    assert all("network" in one.problem for one in wrong)
    assert before.items() <= {path.name: path.stat().st_mtime_ns for path in out.glob("*.png")}.items()
    assert {"b_bicubic.png", "b_back_projection.png"} <= {path.name for path in out.iterdir()}


def same(net: torch.nn.Module, kernel: torch.Tensor | None) -> torch.nn.Module:
    return net


def test_the_command_prints_eight_numbers_for_each_and_says_they_were_told(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "set").mkdir()
    srkit.write(tmp_path / "set" / "a.png", crop()[0].hr)
    answer = Call(capsys)(
        "bench-realworld", "--scale", 2, "--dataset", tmp_path / "set", "--method", "bicubic", "--method",
        "back_projection", "--known-blur", "--photos", tmp_path / "set", "--out", tmp_path / "side",
    )  # fmt: skip
    assert answer.code == 0, answer.err
    assert "the blur known" in answer.out
    assert sum(line.startswith(("bicubic", "back_projection")) for line in answer.out.splitlines()) == 2
    assert (tmp_path / "side" / "a_back_projection.png").exists()
    nothing = Call(capsys)("bench-realworld", "--scale", 2, "--method", "bicubic")
    assert nothing.code == 2
    assert "--photos" in nothing.err
