"""srkit installed from its wheel, used from an empty folder with no clone in sight: library, course, lessons, grader.

No part of the suite, since it takes two minutes: ``.ci/run`` runs it after the suite, in which ``test_wheel.py`` uses
the library from the wheel. What no test can try here: macOS, Windows, conda, Pythons that this machine does not have.
"""

from __future__ import annotations

import csv
import os
import re
import subprocess
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from srkit import _home
from srkit.cli._group import COMMANDS
from tests.setup._built import build, environment
from tools.press import grading_notebook, sources, text_of

pytestmark = pytest.mark.timeout(1800)
Run = Callable[..., subprocess.CompletedProcess[str]]
FILE = re.compile(r"[\w./~-]+/[\w.-]+\.(?:md|py|toml|safetensors|ipynb|Dockerfile)")
USE = """
import srkit, torch, pathlib, sys
assert pathlib.Path(srkit.__file__).is_relative_to(sys.prefix), srkit.__file__
pair = srkit.datasets.samples(scale=2)[0]
net = srkit.models.create("edsr_small", scale=2, pretrained="srkit")
protocol = srkit.Protocol(channel="y", border=2)
print(float(srkit.metrics.psnr(srkit.upscale(pair.lr, net).clamp(0, 1), pair.hr, protocol=protocol)))
"""


@pytest.fixture(scope="module")
def python() -> Iterator[Path]:
    """The interpreter of an environment with srkit in it, not below /tmp, where grading has a test of its own."""
    with tempfile.TemporaryDirectory(prefix="srkit-installed-", dir="/var/tmp") as folder:
        yield environment(Path(folder, "env"), build(Path(folder)))


@pytest.fixture
def run(python: Path, tmp_path: Path) -> Run:
    """Call ``srkit`` (or, with ``code``, Python) in an empty folder, as the person who installed it would."""
    folder = tmp_path / "elsewhere"
    folder.mkdir()
    kept = {key: value for key, value in os.environ.items() if not key.startswith(("PYTHON", "SRKIT", "OMP"))}
    settings = {**kept, "SRKIT_CACHE": str(tmp_path / "cache")}

    def call(*words: object, code: str = "") -> subprocess.CompletedProcess[str]:
        line = [str(python), "-c", code] if code else [str(python.with_name("srkit")), *map(str, words)]
        return subprocess.run(line, cwd=folder, env=settings, capture_output=True, text=True, check=False)

    return call


def test_the_library_enlarges_with_the_weights_it_brought(run: Run) -> None:
    done = run(code=USE)
    assert done.returncode == 0, done.stderr
    assert float(done.stdout) > 30
    picture = _home.shipped() / "samples/test/coffee.png"
    assert run("upscale", picture, "--out", "coffee.png", "--model", "bicubic", "--scale", 2).returncode == 0


def test_doctor_knows_that_it_looks_at_an_installed_lab(run: Run) -> None:
    done = run("doctor", "--quick")
    assert done.returncode == 0, done.stdout
    assert "library, lessons and grader in" in done.stdout
    assert "make lab" not in done.stdout


def test_lessons_are_laid_out_and_opened(run: Run, tmp_path: Path) -> None:
    refused = run("lab", "--no-browser")
    assert refused.returncode == 2
    assert "srkit course my_course" in refused.stderr
    assert run("course", "my_course").returncode == 0
    ours = {path.relative_to(_home.lessons()): path.read_bytes() for path in _home.lessons().rglob("*.ipynb")}
    laid = tmp_path / "elsewhere" / "my_course"
    assert {path.relative_to(laid): path.read_bytes() for path in laid.rglob("*.ipynb")} == ours
    assert "There is no lesson '99'" in _in(laid, run, "lab", "99").stderr


@pytest.mark.needs("bubblewrap")
def test_a_small_class_is_graded_from_the_installed_package(run: Run, tmp_path: Path) -> None:
    (lesson,) = (path for path in sources() if path.name.startswith("11_"))
    here = tmp_path / "elsewhere"
    for student, text in (("ada", text_of(grading_notebook(lesson))), ("bob", _stub(lesson.stem))):
        (here / "class" / student).mkdir(parents=True)
        (here / "class" / student / f"{lesson.stem}.ipynb").write_text(text, "utf-8")
    done = run("grade", "class", "--lesson", "11", "--seed", "1")
    assert done.returncode == 1, done.stdout + done.stderr  # bob's answers are as they were given out: a person looks
    assert "LOOK: Every answer is as it was given out" in done.stdout
    with (here / "build" / "course" / "grades.csv").open(encoding="utf-8") as file:
        scores = {row["student_id"]: (float(row["score"]), float(row["max_score"])) for row in csv.DictReader(file)}
    assert scores["ada"][0] == scores["ada"][1] > 0
    assert scores["bob"][0] == 0


def test_no_command_names_a_file_that_is_not_there(run: Run, tmp_path: Path) -> None:
    words = [("--help",), *((verb, "--help") for verb in COMMANDS), ("models", "card", "rcan_small")]
    said = {line: run(*line).stdout.partition("Examples:")[0] for line in words}
    assert all(said.values())
    for line, text in said.items():
        assert not [name for name in FILE.findall(text) if not (tmp_path / "elsewhere" / name).exists()], line


def _stub(stem: str) -> str:
    return (_home.lessons() / f"{stem}.ipynb").read_text("utf-8")


def _in(folder: Path, run: Run, *words: str) -> subprocess.CompletedProcess[str]:
    code = f"import os, sys; os.chdir({str(folder)!r}); from srkit.cli import main; main({list(words)!r})"
    return run(code=code)
