"""The table of the real-world half: what a cell is, what is made again, and when a system counts as real."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest
import torch

import srkit
from benchmarks import real_world
from benchmarks._cells import Cell, Records, standing
from benchmarks._peers import Missing
from benchmarks._scenes import COLUMNS, Picture, pictures
from benchmarks._systems import ROWS, TRIVIAL, Made, Row, Workshop
from benchmarks.real_world import Plan, make, printed, verdicts
from srkit.degrade.alignment import aligned_centre, centre_of_mass

CELL = Cell(column="round x2", picture="a", seed=0, made_by="this", psnr=30.0, ssim=0.9)


def series(*values: float, seed: int = 0) -> list[Cell]:
    """Return the cells of pictures 0, 1, … with these PSNR."""
    return [replace(CELL, picture=str(n), seed=seed, psnr=value) for n, value in enumerate(values)]


def photo(name: str = "photo", at: int = 60) -> Picture:
    return Picture(name=name, hr=srkit.datasets.samples(scale=2)[0].hr[:, at : at + 48, 60:108])


def plan(folder: Path, rows: dict[str, Row], *columns: str, seeds: int = 1) -> Plan:
    chosen = {name: COLUMNS[name] for name in columns or ("round x2",)}
    two = [photo(), photo("other", 120)]
    return Plan(rows=rows, columns=chosen, pictures=two, seeds=seeds, workshop=Workshop(folder=folder))


def test_what_was_written_is_found_again_only_where_everything_that_decided_it_is_the_same(tmp_path: Path) -> None:
    Records(tmp_path / "a.jsonl").add(CELL)
    again = Records(tmp_path / "a.jsonl")
    assert again.find(("round x2", "a", 0), "this") == CELL
    assert again.find(("round x2", "a", 1), "this") is None
    assert again.find(("round x2", "a", 0), "that") is None
    again.add(replace(CELL, psnr=31.0))
    found = Records(tmp_path / "a.jsonl").find(("round x2", "a", 0), "this")
    assert found is not None
    assert found.psnr == 31.0


def test_the_table_reads_the_file_of_a_row_once_however_many_columns_there_are(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    read: list[Path] = []
    monkeypatch.setattr(real_world, "Records", lambda path: read.append(path) or Records(path))
    printed(plan(tmp_path, {name: ROWS[name] for name in TRIVIAL}, "round x2", "C noise x2"))
    assert sorted(read) == sorted({*read})
    assert len(read) == len(TRIVIAL)


def test_a_line_that_a_killed_process_left_is_named_and_spoils_no_other(tmp_path: Path) -> None:
    path = tmp_path / "bicubic.jsonl"
    Records(path).add(CELL)
    with path.open("a") as file:
        file.write('{"column": "round x2", "pic')
    assert "line 2 of bicubic.jsonl holds no cell" in printed(plan(tmp_path, {"bicubic": ROWS["bicubic"]}))
    torn = Records(path)
    assert torn.unread == [2]
    torn.add(replace(CELL, seed=1))
    assert [cell.seed for cell in Records(path).cells] == [0, 1]
    assert Records(path).unread == [2]


def test_a_system_is_real_only_where_it_gains_often_and_surely_over_the_best_trivial_row() -> None:
    weak, strong = series(*[20.0] * 10), series(*[25.0] * 10)
    trivial = {"weak": weak, "strong": strong}
    better = standing(series(*[25.5, 25.4] * 5), trivial, wanted=10)
    assert (better.verdict, better.baseline, better.better) == ("real", "strong", 10)
    assert better.gain == pytest.approx(0.45)
    assert standing(series(*[24.0] * 10), trivial, wanted=10).verdict == "demonstration"  # above the weak one alone
    seldom = standing(series(*[26.0] * 7, *[24.9] * 3), trivial, wanted=10)
    assert (seldom.verdict, seldom.better) == ("demonstration", 7)
    unsure = standing(series(*[25.01] * 9, 29.0), trivial, wanted=10)  # one picture makes the mean
    assert (unsure.verdict, unsure.better) == ("demonstration", 10)


def test_nothing_is_said_before_all_cells_are_there() -> None:
    trivial = {"strong": series(*[25.0] * 10)}
    some = standing(series(*[30.0] * 4), trivial, wanted=10)
    assert (some.verdict, some.missing) == ("unfinished", 6)
    alone = standing(series(*[30.0] * 10), {"strong": series(25.0)}, wanted=10)
    assert (alone.verdict, alone.gain) == ("unfinished", None)


def test_the_spread_is_that_of_the_seeds_means() -> None:
    cells = [*series(20.0, 30.0), *series(21.0, 31.0, seed=1)]
    assert standing(cells, {}, wanted=4).spread == pytest.approx(0.5**0.5)
    assert standing(series(20.0, 30.0), {}, wanted=2).spread is None


@pytest.mark.parametrize("name", [name for name in COLUMNS if not COLUMNS[name].chain])
def test_a_column_is_the_same_for_every_row_and_its_kernel_made_the_image(name: str) -> None:
    column = COLUMNS[name]
    seen, again, other = (column.of(photo(), seed) for seed in (0, 0, 1))
    assert torch.equal(seen.lr, again.lr)
    assert not torch.equal(seen.lr, other.lr)
    kernel = seen.kernel
    if kernel is None:
        assert torch.equal(seen.lr, seen.centred)
        return
    made = srkit.degrade.apply_kernel(seen.hr, kernel, border="symmetric")[:, :: seen.scale, :: seen.scale]
    assert torch.equal(seen.lr, srkit.ops.quantise(made))
    assert centre_of_mass(kernel) == pytest.approx(
        (aligned_centre(len(kernel), seen.scale, by="correlation"),) * 2, abs=0.05
    )


def test_a_table_is_made_once_goes_on_and_says_what_is_missing(tmp_path: Path) -> None:
    def absent(seen: object, seed: int, workshop: object) -> Made:
        raise Missing("bring the file x.pth")

    rows = {name: ROWS[name] for name in TRIVIAL[:2]} | {"far": Row(enlarge=absent, settings="far")}
    lines = list(make(plan(tmp_path, rows, seeds=2)))
    assert len(lines) == 9  # two rows of two pictures and two seeds, and why the third has none
    assert lines[-1] == "far, round x2: bring the file x.pth"
    assert len(list(make(plan(tmp_path, rows, seeds=3)))) == 5
    table = printed(plan(tmp_path, rows, seeds=3))
    assert "| far | – | – | – | – | – | – | missing: 6 cells |" in table
    (record, *_) = (json.loads(line) for line in (tmp_path / "bicubic.jsonl").read_text().splitlines())
    seen = COLUMNS["round x2"].of(photo(), 0)
    sr = srkit.ops.imresize(seen.lr, 2).clamp(0, 1)
    expected = float(srkit.metrics.psnr(sr, seen.hr, protocol=srkit.Protocol.papers(2)))
    assert record["psnr"] == pytest.approx(expected, abs=1e-3)
    changed = {"bicubic": replace(rows["bicubic"], settings="another")}
    assert len(list(make(plan(tmp_path, changed)))) == 2


def test_verdicts_come_from_the_records_alone(tmp_path: Path) -> None:
    rows = {name: ROWS[name] for name in TRIVIAL} | {"told": replace(ROWS["EDSR small"], card="edsr_small")}
    small = plan(tmp_path, rows)
    assert verdicts(small) == {}
    list(make(small))
    (said,) = verdicts(small)["edsr_small"]
    means = {name: sum(one.psnr for one in small.cells(name, COLUMNS["round x2"])[0]) / 2 for name in rows}
    best = max(TRIVIAL, key=lambda name: means[name])
    assert (said["column"], said["baseline"]) == ("round x2", best)
    assert said["gain"] == pytest.approx(means["told"] - means[best], abs=0.006)
    assert said["verdict"] == "demonstration"


def test_the_full_table_has_every_system_of_the_half_with_a_trivial_row_in_each_of_its_columns() -> None:
    cards = {row.card for row in ROWS.values()}
    assert cards >= {"zssr", "dip", "dip_fkp", "kernelgan", "kernelgan_fkp", "srmd", "srmdnf", "kxnet", "ikc", "usrnet"}
    assert cards >= {"fssr", "bulat", "cincgan"}
    assert all(any(row.takes(column) for column in COLUMNS.values()) for row in ROWS.values())
    assert all(ROWS[name].takes(column) for name in TRIVIAL for column in COLUMNS.values())


def test_pictures_are_taken_at_equal_distances_and_cut_in_the_middle(monkeypatch: pytest.MonkeyPatch) -> None:
    pairs = srkit.datasets.samples(scale=1, split="train")
    monkeypatch.setattr(srkit.datasets, "load", lambda name, scale, root: pairs)
    two = pictures("samples_train", None, count=2, side=32)
    assert [one.name for one in two] == [pairs[0].name, pairs[len(pairs) // 2].name]
    h, w = pairs[0].hr.shape[1:]
    assert torch.equal(two[0].hr, pairs[0].hr[:, (h - 32) // 2 :, (w - 32) // 2 :][:, :32, :32])
    assert len(pictures("samples_train", None, side=None)) == len(pairs)


def test_the_command_prints_its_tables(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    given = ["--data", "samples", "--preset", "small", "--rows", "bicubic", "--columns", "C noise x2"]
    real_world.main([*given, "--out", str(tmp_path)])
    said = capsys.readouterr().out
    assert "### C noise x2: `down(2) > noise(10) > jpeg(80)`" in said
    assert said.count("seed 0:") == 2
    real_world.main([*given, "--out", str(tmp_path), "--table"])
    assert "seed 0:" not in capsys.readouterr().out
