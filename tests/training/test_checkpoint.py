"""Checkpoints: exact, complete, hard to destroy."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import torch

from srkit import models
from srkit.datasets import Made, samples
from srkit.datasets.makers import GaussianCodes
from srkit.degrade import srmd_basis
from srkit.errors import BadFile
from srkit.ops.atomic import write_atomically
from srkit.training import Callback, load_checkpoint, resume, run, save_checkpoint, train
from srkit.training.checkpoint import restore
from tests.training._toy import Batches, Toy, toy_state, weights

ROOT = Path(__file__).resolve().parents[2]


def killed_run(folder: Path, kills: int, seed: int) -> list[int]:
    """Run the program that is killed; returns the step of the checkpoint found after each kill."""
    done = subprocess.run(
        [sys.executable, "-m", "tests.training.killed_run", str(folder), str(kills), str(seed)],
        cwd=ROOT, capture_output=True, text=True, check=False, env={**os.environ, "OMP_NUM_THREADS": "1"},
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def numbers(content: object) -> object:
    """Return a checkpoint's content without what a clock put in."""
    if isinstance(content, dict):
        return {key: numbers(value) for key, value in content.items() if key != "seconds"}
    if isinstance(content, list | tuple):
        return [numbers(value) for value in content]
    return content.tolist() if isinstance(content, torch.Tensor) else content


def without_seconds(text: str) -> list[list[str]]:
    return [line.split(",")[:1] + line.split(",")[2:] for line in text.splitlines()]


def test_killed_at_random_moments_and_resumed_a_run_ends_with_bit_identical_weights(tmp_path) -> None:
    steps = killed_run(tmp_path, 8, 7)
    assert len(steps) >= 3, f"the run ended before it could be killed often enough: {steps}"
    assert len(set(steps)) >= 2, f"the kills should fall at different steps of the run, and fell at {steps}"
    whole, killed = (load_checkpoint(tmp_path / name / "checkpoint.pt") for name in ("whole", "killed"))
    assert whole["step"] == 90
    assert whole["history"] == killed["history"] == {"rows": 90, "columns": whole["history"]["columns"]}
    assert numbers(whole) == numbers(killed)
    for file in ("best.safetensors", "last.safetensors"):
        assert (tmp_path / "whole" / file).read_bytes() == (tmp_path / "killed" / file).read_bytes()
    csv = [(tmp_path / name / "history.csv").read_text() for name in ("whole", "killed")]
    assert without_seconds(csv[0]) == without_seconds(csv[1])
    assert len(csv[0].splitlines()) == 91
    assert not [path for path in (tmp_path / "killed").iterdir() if path.suffix == ".part"]


class StopAt(Callback):
    def __init__(self, step: int) -> None:
        self.step = step

    def stepped(self, state, outcome) -> None:
        if state.step == self.step:
            state.stop = "enough"


@pytest.mark.parametrize("stop", [1, 7, 19])
@pytest.mark.parametrize("settings", [{}, {"ema": 0.9, "clip": 0.1, "schedule": "cosine"}, {"optimiser": "sgd"}])
def test_a_run_continued_from_a_checkpoint_is_the_run_that_never_stopped(tmp_path, stop: int, settings: dict) -> None:
    whole = toy_state(Toy(dropout=0.3), **settings)
    run(whole, whole.config, Batches())
    first = toy_state(Toy(dropout=0.3), **settings)
    run(first, first.config, Batches(), [StopAt(stop)])
    save_checkpoint(tmp_path / "c.pt", first, {})
    second = toy_state(Toy(dropout=0.3, seed=9), **settings)
    restore(second, load_checkpoint(tmp_path / "c.pt"))
    assert second.step == stop
    run(second, second.config, Batches())
    assert torch.equal(weights(second.result), weights(whole.result))
    assert torch.equal(weights(second.net), weights(whole.net))


def saved_toy(path: Path) -> Path:
    state = toy_state(ema=0.9)
    run(state, state.config, Batches())
    save_checkpoint(path, state, {"net": {"name": "toy"}})
    return path


@pytest.mark.parametrize("share", [0.0, 0.1, 0.5, 0.9, 0.999])
def test_a_truncated_checkpoint_is_called_damaged(tmp_path, share: float) -> None:
    path = saved_toy(tmp_path / "checkpoint.pt")
    content = path.read_bytes()
    path.write_bytes(content[: int(len(content) * share)])
    with pytest.raises(BadFile, match="is damaged or not a checkpoint"):
        load_checkpoint(path)


def test_a_checkpoint_with_flipped_bits_is_called_damaged_or_reads_as_it_was(tmp_path) -> None:
    path = saved_toy(tmp_path / "checkpoint.pt")
    content, expected = path.read_bytes(), numbers(load_checkpoint(path))
    caught = 0
    for place in range(40, len(content), len(content) // 60):
        path.write_bytes(content[:place] + bytes([content[place] ^ 0xFF]) + content[place + 1 :])
        try:
            found = numbers(load_checkpoint(path))
        except BadFile:
            caught += 1
        else:
            assert found == expected, f"byte {place} was changed, and other numbers were read"
    assert caught > 10


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"<!doctype html><html>", "is damaged or not a checkpoint"),
        (b"version https://git-lfs.github.com/spec/v1\n", "is damaged or not a checkpoint"),
        ({"weight": torch.zeros(2)}, r"is not a checkpoint of a run.*init="),
        ([1, 2], "is not a checkpoint of a run"),
        ({"format": "srkit training checkpoint", "version": 99, "srkit": "9.0"}, "written by srkit 9.0 in format 99"),
    ],
)
def test_a_foreign_file_is_told_from_a_checkpoint(tmp_path, content: object, message: str) -> None:
    path = tmp_path / "checkpoint.pt"
    path.write_bytes(content) if isinstance(content, bytes) else torch.save(content, path)
    with pytest.raises(BadFile, match=message):
        load_checkpoint(path)


def test_no_code_in_a_file_is_run(tmp_path) -> None:
    class Evil:
        def __reduce__(self):
            return (os.mkdir, (str(tmp_path / "owned"),))

    torch.save({"format": Evil()}, tmp_path / "checkpoint.pt")
    with pytest.raises(BadFile, match="nothing was run from it"):
        load_checkpoint(tmp_path / "checkpoint.pt")
    assert not (tmp_path / "owned").exists()


def test_a_missing_checkpoint_says_where_it_was_looked_for(tmp_path) -> None:
    with pytest.raises(BadFile, match=r"no checkpoint at .*checkpoint\.pt"):
        load_checkpoint(tmp_path / "checkpoint.pt")


@pytest.mark.parametrize(("every", "steps", "rather"), [(1000, 20_000, 100), (1000, 50, 5), (1, 5, 1)])
def test_a_run_that_ended_before_its_first_checkpoint_is_to_begin_again_and_save_more_often(
    tmp_path: Path, every: int, steps: int, rather: int
) -> None:
    def killed(state: Any, outcome: Any) -> None:
        raise KeyError

    pairs = samples(scale=2)[:1]
    with pytest.raises(KeyError):
        train(Toy(), pairs, steps=steps, save_every=every, patch=16, batch=1, out=tmp_path / "r", callbacks=[killed])
    (tmp_path / "r" / "checkpoint.pt").unlink(missing_ok=True)
    with pytest.raises(BadFile, match=rf"before its first checkpoint.*save_every={rather} "):
        resume(tmp_path / "r")
    (tmp_path / "r" / "config.json").write_text('{"steps": []}')
    with pytest.raises(BadFile, match="no checkpoint at"):
        resume(tmp_path / "r")


def test_another_network_than_the_one_saved_is_refused(tmp_path) -> None:
    saved = load_checkpoint(saved_toy(tmp_path / "c.pt"))
    other = torch.nn.Sequential(torch.nn.Conv2d(3, 12, 3, padding=1), torch.nn.PixelShuffle(2))
    with pytest.raises(BadFile, match="not the one this run trained"):
        restore(toy_state(other), saved)


@pytest.mark.skipif(sys.platform == "win32", reason="needs the limit on file sizes of Unix")
def test_a_full_disk_is_a_clear_error_and_the_old_checkpoint_stays(tmp_path) -> None:
    path = saved_toy(tmp_path / "checkpoint.pt")
    before = path.read_bytes()
    program = (
        "import resource, signal, sys\n"
        "from pathlib import Path\n"
        "from tests.training._toy import toy_state\n"
        "from srkit.training import save_checkpoint\n"
        "from srkit.errors import BadFile\n"
        "state = toy_state()\n"
        "signal.signal(signal.SIGXFSZ, signal.SIG_IGN)\n"
        "resource.setrlimit(resource.RLIMIT_FSIZE, (4096, 4096))\n"
        "try:\n"
        "    save_checkpoint(Path(sys.argv[1]), state, {})\n"
        "except BadFile as error:\n"
        "    sys.stdout.write(str(error))\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", program, str(path)], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert "could not be written" in done.stdout, done.stderr
    assert "Free some space" in done.stdout
    assert path.read_bytes() == before
    assert [entry.name for entry in tmp_path.iterdir()] == ["checkpoint.pt"]


def test_a_write_that_fails_half_way_leaves_the_old_file_and_nothing_else(tmp_path) -> None:
    path = tmp_path / "file"
    write_atomically(path, b"old", durable=True)

    def fail(file) -> None:
        file.write(b"half of the new")
        raise OSError(28, "No space left on device")

    with pytest.raises(BadFile, match="No space left on device"):
        write_atomically(path, fail, durable=True)
    assert path.read_bytes() == b"old"
    assert [entry.name for entry in tmp_path.iterdir()] == ["file"]


def test_a_checkpoint_of_a_network_that_was_wrapped_for_its_condition_still_loads(tmp_path: Path) -> None:
    """Srkit 0.1 trained SRMD inside a module; its weights are named "net.…" and its batches by their class."""
    given: dict[str, Any] = {"steps": 2, "patch": 16, "batch": 2, "progress": False, "ema": 0.9}
    torch.manual_seed(0)
    run = train(models.create("srmd_small", scale=2), "samples", out=tmp_path, valid="samples", **given)
    saved = torch.load(tmp_path / "checkpoint.pt", weights_only=True)
    for part, key in ((saved, "net"), (saved["average"], "net"), (saved["best"], "weights")):
        part[key] = {f"net.{name}": value for name, value in part[key].items()}
    saved["origin"]["net"] = {"name": None, "arguments": None, "class": "Packed"}
    saved["origin"]["pairs"] |= {"name": None, "title": "KnownDegradations", "count": None}
    del saved["origin"]["maker"]
    torch.save(saved, tmp_path / "checkpoint.pt")
    net, maker = models.create("srmd_small", scale=2), GaussianCodes(2, srmd_basis(), widths=(0.2, 2.8))
    batches = Made.of(samples(scale=2), maker, patch=16, batch=2)
    again = resume(tmp_path, net=net, pairs=batches, progress=False)
    assert all(torch.equal(value, again.net.state_dict()[name]) for name, value in run.net.state_dict().items())


def test_what_checkpoints_write_grows_with_the_steps_and_not_with_their_square(tmp_path: Path) -> None:
    sizes = []
    for steps in (50, 400):
        folder = tmp_path / str(steps)
        train(Toy(), samples(scale=2)[:2], steps=steps, patch=16, batch=1, out=folder, save_every=steps, progress=False)
        sizes.append((folder / "checkpoint.pt").stat().st_size)
    assert abs(sizes[0] - sizes[1]) < 2_000, "350 rows of history are some 30,000 bytes"


def test_a_history_that_is_gone_is_said_and_the_run_goes_on(tmp_path: Path) -> None:
    given: dict[str, Any] = {"patch": 16, "batch": 1, "progress": False}
    whole = train(Toy(), samples(scale=2)[:2], steps=4, **given)
    train(Toy(), samples(scale=2)[:2], steps=2, out=tmp_path, **given)
    (tmp_path / "history.csv").unlink()
    with pytest.warns(RuntimeWarning, match="holds 0 of 2 rows"):
        rest = resume(tmp_path, net=Toy(), pairs=samples(scale=2)[:2], steps=4, progress=False)
    assert rest.history["step"] == [3, 4]
    assert torch.equal(weights(rest.net), weights(whole.net))


def test_a_checkpoint_that_holds_its_history_resumes_as_before(tmp_path: Path) -> None:
    given: dict[str, Any] = {"patch": 16, "batch": 1, "progress": False}
    train(Toy(), samples(scale=2)[:2], steps=2, out=tmp_path, **given)
    saved = torch.load(tmp_path / "checkpoint.pt", weights_only=True)
    for key, name in (("history", "history.csv"), ("skips", "skipped.csv")):
        saved[key] = (tmp_path / name).read_text("utf-8")
        (tmp_path / name).unlink()
    torch.save(saved, tmp_path / "checkpoint.pt")
    rest = resume(tmp_path, net=Toy(), pairs=samples(scale=2)[:2], steps=4, progress=False)
    assert rest.history["step"] == [1, 2, 3, 4]
