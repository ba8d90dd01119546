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
from benchmarks._scenes import COLUMNS, Picture, Seen, pictures, recorded
from benchmarks._systems import ROWS, TRIVIAL, Made, Row, Workshop
from benchmarks.real_world import Plan, make, printed, verdicts
from srkit import _verdicts
from srkit._verdicts import file_of_verdicts
from srkit.degrade.alignment import aligned_centre, centre_of_mass

CELL = Cell(column="round x2", picture="a", seed=0, made_by="this", psnr=30.0, ssim=0.9)


def series(*values: float, seed: int = 0) -> list[Cell]:
    """Return the cells of pictures 0, 1, … with these PSNR."""
    return [replace(CELL, picture=str(n), seed=seed, psnr=value) for n, value in enumerate(values)]


def photo(name: str = "photo", at: int = 60) -> Picture:
    return Picture.of(name, srkit.datasets.samples(scale=2)[0].hr[:, at : at + 48, 60:108])


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
    better = standing(series(*[25.5, 25.4] * 5), trivial, pictures=10, seeds=1)
    assert (better.verdict, better.baseline, better.better) == ("real", "strong", 10)
    assert better.gain == pytest.approx(0.45)
    assert (
        standing(series(*[24.0] * 10), trivial, pictures=10, seeds=1).verdict == "demonstration"
    )  # above the weak one alone
    seldom = standing(series(*[26.0] * 7, *[24.9] * 3), trivial, pictures=10, seeds=1)
    assert (seldom.verdict, seldom.better) == ("demonstration", 7)
    unsure = standing(series(*[25.01] * 9, 29.0), trivial, pictures=10, seeds=1)  # one picture makes the mean
    assert (unsure.verdict, unsure.better) == ("demonstration", 10)


def test_nothing_is_said_before_all_pictures_are_there_with_one_seed() -> None:
    trivial = {"strong": series(*[25.0] * 10)}
    some = standing(series(*[30.0] * 4), trivial, pictures=10, seeds=1)
    assert (some.verdict, some.missing) == ("unfinished", 6)
    alone = standing(series(*[30.0] * 10), {"strong": series(25.0)}, pictures=10, seeds=1)
    assert (alone.verdict, alone.gain) == ("unfinished", None)


def test_a_seed_that_lacks_pictures_does_not_count() -> None:
    trivial = {"strong": [*series(*[25.0] * 10), *series(*[25.0] * 10, seed=1)]}
    made = [*series(*[26.0] * 10), *series(*[10.0] * 9, seed=1)]
    one = standing(made, trivial, pictures=10, seeds=3)
    assert (one.verdict, one.seeds, one.missing, one.psnr, one.spread) == ("real", 1, 11, 26.0, None)
    both = standing([*made, replace(CELL, picture="9", seed=1, psnr=10.0)], trivial, pictures=10, seeds=3)
    assert (both.verdict, both.seeds, both.missing) == ("demonstration", 2, 10)


def test_the_spread_is_that_of_the_seeds_means() -> None:
    cells = [*series(20.0, 30.0), *series(21.0, 31.0, seed=1)]
    assert standing(cells, {}, pictures=2, seeds=2).spread == pytest.approx(0.5**0.5)
    assert standing(series(20.0, 30.0), {}, pictures=2, seeds=1).spread is None


def test_a_training_is_counted_apart_from_the_pictures_and_once_for_each_seed(tmp_path: Path) -> None:
    cells = [
        replace(one, seconds=2.0, training=50.0 * (one.picture == "0")) for s in (0, 1) for one in series(1, 2, seed=s)
    ]
    both = standing(cells, {}, pictures=2, seeds=2)
    assert (both.seconds, both.training) == (2.0, 50.0)

    def enlarge(seen: Seen, seed: int, workshop: Workshop) -> Made:
        return Made(image=seen.hr, training=50.0)

    learns = plan(tmp_path, {"learns": Row(enlarge=enlarge, settings="")})
    list(make(learns))
    assert [one.training for one in learns.records("learns").cells] == [50.0, 50.0]
    assert all(one.seconds < -40 for one in learns.records("learns").cells)  # of the time spent, 50 s were the training


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
    assert "Missing in round x2, with the number of cells: far (6)." in table
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
    assert verdicts(small) == {"edsr_small": []}
    list(make(small))
    (said,) = verdicts(small)["edsr_small"]
    means = {name: sum(one.psnr for one in small.cells(name, COLUMNS["round x2"])[0]) / 2 for name in rows}
    best = max(TRIVIAL, key=lambda name: means[name])
    assert (said["column"], said["baseline"]) == ("round x2", best)
    assert said["gain"] == pytest.approx(means["told"] - means[best], abs=0.006)
    assert (said["verdict"], said["pictures"], said["seeds"]) == ("demonstration", 2, 1)


def test_a_table_is_printed_from_names_and_digests_alone_but_nothing_is_made_of_them(tmp_path: Path) -> None:
    rows = {"bicubic": ROWS["bicubic"]}
    with_pictures = plan(tmp_path, rows)
    list(make(with_pictures))
    known = recorded(tmp_path / "pictures.json", "two", with_pictures.pictures)
    named = recorded(tmp_path / "pictures.json", "two", [])
    assert [one.digest for one in named] == [one.digest for one in known]
    without = replace(with_pictures, pictures=named, known={})
    assert printed(without) == printed(with_pictures)
    (line,) = make(replace(without, seeds=2))
    assert "--root" in line
    with pytest.raises(Missing, match="other pictures"):
        recorded(tmp_path / "pictures.json", "two", [photo("third")])
    with pytest.raises(Missing, match="not known"):
        recorded(tmp_path / "pictures.json", "three", [])


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


def test_every_system_of_the_half_has_a_verdict_from_cells_that_exist_or_none_and_is_registered_somewhere() -> None:
    told = json.loads(file_of_verdicts().read_text("utf-8"))
    cards = {row.card for row in ROWS.values() if row.card}
    assert set(told) == cards
    assert cards <= {*srkit.methods.names(), *srkit.models.names(), *srkit.papers.WEAK}
    for name, found in told.items():
        for one in found:
            cells = Records(real_world.HOME / f"{real_world.file_name(one['row'])}.jsonl").cells
            column, _, of = one["column"].partition(", ")
            made = {(cell.picture, cell.seed) for cell in cells if cell.column == column}
            assert ROWS[one["row"]].card == name
            assert len(made) >= one["pictures"] * one["seeds"]
            assert one["pictures"] == {"": 10, "middle of Set5": 5, "whole of Set5": 5, "whole of Set14": 14}[of]


def test_a_card_says_what_the_table_says_and_that_nothing_was_measured_where_nothing_was(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    one = {"row": "Toy", "column": "round x2", "verdict": "demonstration", "gain": -0.4, "psnr": 27.0}
    file = tmp_path / "verdicts.json"
    file.write_text(
        json.dumps({"dip": [{**one, "baseline": "bicubic", "better": 3, "pictures": 10, "seeds": 1}], "zssr": []})
    )
    monkeypatch.setattr(_verdicts, "file_of_verdicts", lambda: file)
    _verdicts._sentences.cache_clear()
    try:
        assert srkit.methods.card("DIP").measured == (
            "Toy, round x2: demonstration (27.00 dB, -0.40 over bicubic, better on 3 of 10 pictures, 1 seed)",
        )
        assert srkit.methods.card("zssr").measured[0].startswith("not measured in the table yet")
        assert srkit.methods.card("bicubic").measured == ()
        assert srkit.evaluation.verdicts("dip") == srkit.methods.card("dip").measured
    finally:
        _verdicts._sentences.cache_clear()
