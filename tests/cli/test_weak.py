"""``srkit weak``: from two folders to a network and enlarged photographs."""

from __future__ import annotations

from pathlib import Path

import pytest

import srkit
from tests.cli._call import Call


@pytest.fixture
def folders(tmp_path: Path) -> tuple[Path, Path]:
    """Return a folder of small real images and one of large ones that show something else."""
    for number, pair in enumerate(srkit.datasets.samples(scale=2)[:2]):
        name, image = ("large", pair.hr[:, :96, :96]) if number else ("real", pair.lr[:, :40, :48])
        (tmp_path / name).mkdir()
        srkit.write(tmp_path / name / "a.png", image)
    return tmp_path / "real", tmp_path / "large"


def test_two_folders_give_a_network_and_enlarged_photographs(
    call: Call, folders: tuple[Path, Path], tmp_path: Path
) -> None:
    words = ("weak", "fssr", *folders, "--model", "edsr_small", "--scale", 2, "--out", tmp_path / "out")
    answer = call(*words, "--steps", "1,1", "--enlarge", folders[0], "--device", "cpu")
    assert answer.code == 0, answer.err
    assert "[generator]" in answer.out
    assert "[net]" in answer.out
    assert srkit.read(tmp_path / "out" / "enlarged" / "a.png").shape == (3, 80, 96)
    shipped = srkit.models.create("edsr_small", scale=2, pretrained="srkit").state_dict()
    trained = srkit.models.load(tmp_path / "out" / "net" / "last.safetensors").state_dict()
    assert any(not weight.equal(shipped[name]) for name, weight in trained.items())


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        (("--steps", "many"), "--phases 300,100"),
        (("--steps", "0,5"), "needs 1 step or more"),
    ],
)
def test_steps_that_cannot_be_are_refused(
    call: Call, folders: tuple[Path, Path], tmp_path: Path, wrong: tuple[str, str], said: str
) -> None:
    answer = call("weak", "fssr", *folders, "--model", "edsr_small", "--scale", 2, "--out", tmp_path / "out", *wrong)
    assert answer.code == 2
    assert said in answer.err


def test_the_same_folder_twice_is_refused_with_what_to_do(
    call: Call, folders: tuple[Path, Path], tmp_path: Path
) -> None:
    words = ("--model", "edsr_small", "--scale", 2, "--out", tmp_path / "out")
    answer = call("weak", "cincgan", folders[0], folders[0], *words)
    assert answer.code == 2
    assert "are the same" in answer.err
    assert "give good ones of other scenes" in answer.err
