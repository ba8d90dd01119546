"""The wheel holds all the library needs and nothing else, and works where there is no checkout beside it."""

from __future__ import annotations

import os
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

from tests.house._code import relative, tracked
from tests.setup._built import build

USE = """
import srkit, pathlib, torch
assert pathlib.Path(srkit.__file__).is_relative_to({home!r}), srkit.__file__
net = srkit.models.create("espcn", scale=2, tiny=True)
pair = srkit.datasets.samples(scale=2)[0]
assert net(pair.lr[None]).shape[1:] == pair.hr.shape
print(srkit.__version__)
"""


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The unpacked wheel."""
    folder = tmp_path_factory.mktemp("wheel")
    with zipfile.ZipFile(build(folder)) as archive:
        archive.extractall(folder / "unpacked")
    return folder / "unpacked"


def test_the_wheel_holds_every_file_of_the_package(wheel: Path) -> None:
    ours = {relative(path) for path in tracked() if relative(path).startswith("srkit/")}
    theirs = {path.relative_to(wheel).as_posix() for path in wheel.rglob("*") if path.is_file()}
    assert ours <= theirs
    assert "srkit/py.typed" in theirs


def test_the_wheel_holds_the_data_the_package_ships(wheel: Path) -> None:
    ours = {relative(path) for path in tracked() if relative(path).startswith("data/")}
    ours = {name for name in ours if name.split("/")[1] in {"manifest.toml", "manifests", "samples", "weights"}}
    ours = {name for name in ours if not name.endswith("/.gitkeep")}
    assert len(ours) > 10
    assert not {name for name in ours if not (wheel / "srkit" / "_data" / name.removeprefix("data/")).is_file()}


def test_the_wheel_holds_the_course_and_the_grader(wheel: Path) -> None:
    data, grader = wheel / "srkit" / "_data", wheel / "srkit" / "_data" / "grader"
    homes = {"lessons": data / "lessons", "autograder": grader / "autograder", "solutions": grader / "solutions"}
    for name, home in homes.items():
        ours = {relative(path).partition("/")[2] for path in tracked() if relative(path).startswith(f"{name}/")}
        theirs = {path.relative_to(home).as_posix() for path in home.rglob("*") if path.is_file()}
        assert len(ours) > 10
        assert ours == theirs


def test_the_wheel_brings_nothing_but_srkit(wheel: Path) -> None:
    assert {path.name.partition("-")[0] for path in wheel.iterdir()} == {"srkit"}


def test_the_library_works_from_the_wheel_alone(wheel: Path, tmp_path: Path) -> None:
    environment = {**os.environ, "PYTHONPATH": str(wheel)}
    command = [sys.executable, "-c", USE.format(home=str(wheel))]
    done = subprocess.run(command, capture_output=True, text=True, cwd=tmp_path, env=environment, check=False)
    assert done.returncode == 0, done.stderr
    assert done.stdout.strip() == "0.1.0"
