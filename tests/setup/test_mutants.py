"""The tool that plants faults to try the tests: what it plants is a fault, and the file is Python still."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

from tests.house._code import ROOT
from tools import mutants

CODE = b"""
def middle(x, lr=2.0):
    # \xec\xa4\x91 two bytes and more before what is changed
    if x.ndim < 3:
        raise ValueError(f"{x.ndim - 1} is too few")
    return (x + 1).mean(-1) * lr
"""


def test_each_kind_of_fault_is_planted_and_what_errors_say_is_left_alone() -> None:
    made = {fault.plant(CODE).decode().splitlines()[-1].strip() for fault in mutants.faults(Path("a.py"), CODE)}
    for line in ("(x - 1).mean(-1) * lr", "(x).mean(-1) * lr", "(x + 2).mean(-1) * lr", "(x + 1).mean(-2) * lr"):
        assert f"return {line}" in made
    assert "return (x + 1).mean(-1) / lr" in made
    texts = [fault.plant(CODE).decode() for fault in mutants.faults(Path("a.py"), CODE)]
    assert any("x.ndim <= 3" in text for text in texts)
    assert all("{x.ndim - 1} is too few" in text for text in texts)


@pytest.mark.parametrize("room", ["metrics", "ops", "inference"])
def test_a_fault_changes_the_file_and_leaves_it_python(room: str) -> None:
    found = 0
    for path in sorted((ROOT / "srkit" / room).glob("*.py")):
        source = path.read_bytes()
        for fault in mutants.faults(path.relative_to(ROOT), source)[:40]:
            planted = fault.plant(source)
            assert planted != source
            ast.parse(planted)
            found += 1
    assert found > 100


def test_the_seed_decides_which_faults_are_drawn() -> None:
    first = mutants.draw("losses", 6, seed=1)
    assert first == mutants.draw("losses", 6, seed=1)
    assert first != mutants.draw("losses", 6, seed=2)
    assert len({fault.file for fault in first}) == 6, "each from another file"
    of_the_grader = mutants.draw("autograder", 10, seed=1)
    assert {fault.file.parts[0] for fault in of_the_grader} == {"autograder"}
    wrong = [fault for fault in of_the_grader if fault.file.is_relative_to("autograder/mutants")]
    assert not wrong, "answers that are wrong on purpose"


def test_what_names_the_faulty_file_is_run_first_and_the_whole_room_after_it() -> None:
    fault = mutants.Fault(Path("srkit/losses/smoothness.py"), 0, 0, "")
    quick = ["-m", "not slow"]
    assert mutants.tests_of(fault) == [["tests/losses/test_smoothness.py", *quick], ["tests/losses", *quick]]
    network = mutants.Fault(Path("srkit/models/rcan.py"), 0, 0, "")
    assert mutants.tests_of(network) == [["tests/models", *quick, "-k", "rcan"]]
    inside = mutants.Fault(Path("autograder/inside/given.py"), 0, 0, "")
    assert mutants.tests_of(inside) == [["tests/autograder/test_given.py", *quick], ["tests/autograder", *quick]]


def test_a_fault_that_is_found_and_one_that_is_not_are_told_apart(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    for name, text in (
        ("srkit/room/a.py", "def f(x):\n    return x + 1\n"),
        ("srkit/room/b.py", "def g(x):\n    return x * 2\n"),
    ):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(text)
    (tmp_path / "tests/room").mkdir(parents=True)
    (tmp_path / "tests/room/test_a.py").write_text(
        "import pathlib\n\ndef test_a():\n    assert '+ 1' in pathlib.Path('srkit/room/a.py').read_text()\n"
    )
    (tmp_path / "pyproject.toml").write_text("[tool.pytest.ini_options]\nmarkers = ['slow']\n")
    monkeypatch.setattr(mutants, "ROOT", tmp_path)
    assert mutants.main(["room", "--each", "2"]) == 1
    said = capsys.readouterr().out
    assert "found srkit/room/a.py:2" in said
    assert "NOT FOUND srkit/room/b.py:2" in said
    assert "1 of 2 faults were found" in said
    assert "+ 1" in (tmp_path / "srkit/room/a.py").read_text(), "the project itself is left alone"
