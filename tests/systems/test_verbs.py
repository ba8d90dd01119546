"""Every verb that computes does it on the device that is named: see ``tests/_apple.py``."""

from __future__ import annotations

import csv
from pathlib import Path

import click
import pytest
import torch

import srkit
from srkit.cli import main
from srkit.cli._group import cli
from srkit.ops import device as module
from tests._apple import DEVICE, apple
from tests.cli._fuzz import commands

SMALL = ("--set", "max_steps=1", "--set", "width=4", "--set", "depth=3", "--set", "crop=16")
TRAINED = ("--model", "edsr_baseline", "--tiny", "--scale", "2", "--batch", "1", "--patch-size", "32", "--steps", "1")
LINES: dict[str, tuple[str, ...]] = {
    "upscale": ("upscale", "a.png", "--model", "edsr_small", "--scale", "2", "--out", "out.png"),
    "upscale, in pieces eight times": (
        "upscale", "a.png", "--model", "espcn", "--scale", "2", "--self-ensemble", "--tile", "16", "--out", "out.png",
    ),
    "upscale, told": ("upscale", "a.png", "--model", "srmd_small", "--scale", "2", "--blur", "1", "--out", "out.png"),
    "upscale, by a method": (
        "upscale", "a.png", "--method", "back_projection", "--scale", "2", "--blur", "1", "--out", "out.png",
    ),
    "upscale, by what has no weights": (
        "upscale", "a.png", "--model", "bicubic", "--scale", "2", "--out", "out.png",
    ),
    "evaluate": (
        "evaluate", "--model", "edsr_small", "--scale", "2", "--dataset", "set", "--out", "out", "--csv", "out.csv",
        "--degrade", "blur(1) > down(2)", "--save-gt",
    ),
    "kernel": (
        "kernel", "set/0.png", "--set", "steps=2", "--set", "crop=28", "--set", "real=True", "--set", "channels=4",
        "--out", "out.mat",
    ),
    "zssr": ("zssr", "a.png", "--blur", "1", "--out", "out.png", *SMALL),
    "train": ("train", "--dataset", "set", "--valid", "set", "--out", "out", "--save-results", *TRAINED),
    "train, against a discriminator": (
        "train", "--dataset", "set", "--adversarial", "0.001*CE", "--discriminator", "patch", "--ema", "0.9",
        "--clip", "1", "--out", "out", *TRAINED,
    ),
    "weak": (
        "weak", "cincgan", "set", "large", "--model", "net.safetensors", "--phases", "1,1", "--enlarge", "a.png",
        "--out", "out",
    ),
    "bench-realworld": (
        "bench-realworld", "--scale", "2", "--method", "back_projection", "--photos", "set", "--out", "out",
    ),
}  # fmt: skip
TIMES = (".srkit-done.jsonl", "config.json", "checkpoint.pt", "index.html", "lock")
"""Files that hold times or the name of the device."""


WIDE = ("upscale, by a method", "evaluate", "kernel")
"""What takes float64 on a device that has it."""


def made(home: Path, words: tuple[str, ...], monkeypatch: pytest.MonkeyPatch) -> dict[str, object]:
    """Run a command line in a new folder and return the files that it left."""
    rng = torch.Generator().manual_seed(0)
    (home / "set").mkdir(parents=True)
    (home / "large").mkdir()
    srkit.write(home / "a.png", torch.rand(3, 20, 22, generator=rng))
    srkit.write(home / "set" / "0.png", torch.rand(3, 48, 64, generator=rng))
    srkit.write(home / "large" / "0.png", torch.rand(3, 96, 96, generator=rng))
    with torch.random.fork_rng():
        torch.manual_seed(0)
        srkit.models.save(srkit.models.create("edsr_baseline", scale=2, tiny=True), home / "net.safetensors")
    there = set(home.rglob("*"))
    monkeypatch.chdir(home)
    with pytest.raises(SystemExit) as left:
        main(words)
    assert not left.value.code
    new = [path for path in home.rglob("*") if path.is_file() and path not in there]
    return {str(path.relative_to(home)): content(path) for path in new}


def content(path: Path) -> object:
    """Return what is in a file; of a table all but the seconds."""
    if path.suffix != ".csv":
        return path.read_bytes()
    rows = csv.DictReader(path.read_text("utf-8").splitlines())
    return [{name: value for name, value in row.items() if name != "seconds"} for row in rows]


@pytest.mark.parametrize(("name", "float64"), [*((name, False) for name in LINES), *((name, True) for name in WIDE)])
def test_a_verb_makes_on_the_device_what_it_makes_on_the_cpu(
    name: str, float64: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "_WITHOUT_FLOAT64", frozenset() if float64 else frozenset({DEVICE}))
    wanted = made(tmp_path / "cpu", (*LINES[name], "--device", "cpu"), monkeypatch)
    with apple(float64=float64) as done:
        found = made(tmp_path / "there", (*LINES[name], "--device", DEVICE), monkeypatch)
    assert any("convolution" in step or "mm" in step for step in done)
    assert found.keys() == wanted.keys()
    assert [path for path in found if Path(path).name not in TIMES and found[path] != wanted[path]] == []


def test_every_verb_with_a_device_is_tried_on_one() -> None:
    verbs = {
        path[0]
        for path, command in commands(cli)
        for option in command.params
        if isinstance(option, click.Option) and option.name == "device"
    }
    assert verbs == {words[0] for words in LINES.values()}
