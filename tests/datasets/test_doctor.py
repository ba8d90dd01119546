from __future__ import annotations

from pathlib import Path
from typing import get_args

import pytest

from srkit.datasets import doctor, load, make_lr
from srkit.datasets.doctor import Status
from srkit.errors import SrkitError
from tests._shared import shared
from tests.datasets import _make


def test_a_healthy_tree_is_drawn_and_declared_in_order(tmp_path: Path) -> None:
    report = doctor(_make.edsr_tree(tmp_path / "A2001"), 2)
    assert report.ok
    assert report.fixes == ()
    assert str(report).splitlines() == [
        f"{tmp_path / 'A2001'}",
        "├── HR  (2 images)",
        "└── LR_bicubic",
        "    └── X2  (2 images)",
        "",
        "2 of 2 pairs are in order at x2.",
    ]


def test_every_kind_of_damage_is_found_and_the_fixes_put_it_right(tmp_path: Path) -> None:
    tree = _make.edsr_tree(tmp_path / "set", ("a", "b", "c", "d"))
    (tree / "LR_bicubic/X2/ax2.png").unlink()
    (tree / "HR/b.png").write_bytes((tree / "HR/b.png").read_bytes()[:300])
    _make.picture(tree / "LR_bicubic/X2/cx2.png", 7, 7)
    _make.picture(tree / "LR_bicubic/X2/strayx2.png", 7, 7)
    report = doctor(tree, 2)
    assert {row.name: row.status for row in report.rows} == {
        "a.png": "no LR",
        "b.png": "unreadable",
        "c.png": "does not fit",
        "d.png": "ok",
        "strayx2.png": "no HR",
    }
    assert {row.status for row in report.rows} == set(get_args(Status)), "a kind of damage this set has not"
    assert not report.ok
    text = str(report)
    assert "MISSING      a.png  no ax2.png in" in text
    assert "1 of 4 pairs are in order at x2; to put it right:" in text
    assert report.fixes[-1] == f"srkit data make-lr {tree / 'HR'} --scale 2 --overwrite"
    (tree / "HR/b.png").unlink()
    make_lr(tree / "HR", 2, overwrite=True)
    assert doctor(tree, 2).ok
    assert len(list(load(tree, scale=2))) == 3


def test_a_missing_lr_is_fixed_by_the_command_named(tmp_path: Path) -> None:
    tree = _make.edsr_tree(tmp_path / "set")
    (tree / "LR_bicubic/X2/ax2.png").unlink()
    assert doctor(tree, 2).fixes == (f"srkit data make-lr {tree / 'HR'} --scale 2",)
    make_lr(tree / "HR", 2)
    assert doctor(tree, 2).ok


def test_a_tree_without_lr_is_in_order_because_lr_is_made(tmp_path: Path) -> None:
    _make.picture(tmp_path / "photos/a.png")
    assert doctor(tmp_path / "photos", 3).ok


def test_registered_pairs_in_one_folder_are_looked_at(tmp_path: Path) -> None:
    lr = _make.noise(8, 8)
    _make.save(tmp_path / "a_HR.png", _make.enlarged(lr, 2))
    _make.save(tmp_path / "a_LR2.png", lr)
    assert doctor(tmp_path, 2).ok


def test_a_folder_that_is_not_there_names_its_neighbours(tmp_path: Path) -> None:
    (tmp_path / "Dataset").mkdir()
    report = doctor(tmp_path / "Datasets" / "A2001", 2)
    assert not report.ok
    assert "There is no folder" in str(report)
    assert "Dataset" in report.problems[0]
    assert not (tmp_path / "Datasets").exists()


def test_an_empty_folder_says_what_to_put_where(tmp_path: Path) -> None:
    report = doctor(tmp_path, 4)
    assert not report.ok
    assert str(tmp_path / "HR") in report.fixes[0]


def test_what_the_doctor_finds_in_order_loads_and_the_rest_does_not(tmp_path: Path) -> None:
    good, bad = _make.edsr_tree(tmp_path / "good"), _make.edsr_tree(tmp_path / "bad")
    (bad / "LR_bicubic/X2/bx2.png").write_bytes(b"")
    assert doctor(good, 2).ok
    list(load(good, scale=2))
    assert not doctor(bad, 2).ok
    with pytest.raises(SrkitError):
        list(load(bad, scale=2))


@pytest.mark.shared
def test_a_name_of_the_catalogue_is_looked_up() -> None:
    report = doctor("set5", 2, root=shared("benchmarks"))
    assert report.ok
    assert report.count("ok") == 5
