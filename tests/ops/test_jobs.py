"""Jobs over many files: planned before they begin, gone on with after an error or a kill, never done twice."""

from __future__ import annotations

import json
import os
import random
import signal
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import IO

import pytest
import torch

import srkit
from srkit.cli import main
from srkit.errors import BadFile, BadInput
from srkit.ops.jobs import Item, Journal, carry_out, find_images, plan
from tests._fork import ended, in_a_copy


def nothing(item: Item) -> None:
    """A check that lets everything pass."""


def copying(calls: list[str]) -> Callable[[Item], object]:
    def work(item: Item) -> object:
        calls.append(item.source.name)
        if item.source.read_bytes() == b"bad":
            raise BadFile("it is bad")
        if item.source.read_bytes() == b"full":
            raise OSError(28, "No space left on device")
        item.target.write_bytes(item.source.read_bytes() * 2)
        return {"length": len(item.source.read_bytes())}

    return work


def items(home: Path, names: str, **settings: object) -> list[Item]:
    return [Item(source=home / name, target=home / "out" / name, settings=settings) for name in names]


@pytest.fixture
def home(tmp_path: Path) -> Path:
    for name in "abcd":
        (tmp_path / name).write_bytes(name.encode())
    return tmp_path


def test_a_repeated_call_does_what_is_missing_and_keeps_the_rest(home: Path) -> None:
    calls: list[str] = []
    (home / "b").write_bytes(b"bad")
    (home / "c").write_bytes(b"full")
    first = list(carry_out(plan(items(home, "abcd", scale=2), overwrite=False, check=nothing), copying(calls)))
    assert [item.state for item in first] == ["done", "failed", "failed", "done"]
    assert isinstance(first[2].problem, BadFile)
    (home / "b").write_bytes(b"good")
    (home / "c").write_bytes(b"good")
    calls.clear()
    again = list(carry_out(plan(items(home, "abcd", scale=2), overwrite=False, check=nothing), copying(calls)))
    assert [item.state for item in again] == ["kept", "done", "done", "kept"]
    assert calls == ["b", "c"]
    assert Journal(home / "out").facts["b"] == {"length": 4}


@pytest.mark.parametrize("change", ["setting", "new setting", "picture", "kernel"])
def test_a_result_of_other_inputs_is_refused_with_both_named(home: Path, change: str) -> None:
    def wanted(**settings: object) -> list[Item]:
        reads = {"picture": home / "a", "kernel": home / "b"}
        one = Item(source=home / "a", target=home / "out" / "a", settings=settings, reads=reads)
        return plan([one], overwrite=False, check=nothing)

    assert [item.state for item in carry_out(wanted(scale=2), copying([]))] == ["done"]
    assert wanted(scale=2)[0].state == "kept"
    if change in ("picture", "kernel"):
        (home / ("a" if change == "picture" else "b")).write_bytes(b"another")
    now = wanted(**{"setting": {"scale": 3}, "new setting": {"scale": 2, "seed": 1}}.get(change, {"scale": 2}))[0]
    assert now.state == "refused"
    assert isinstance(now.problem, BadInput)
    named = {"setting": "scale 2 then, 3 now", "new setting": "seed none then, 1 now"}.get(change, f"{change} ")
    assert named in str(now.problem)
    again = Item(source=now.source, target=now.target, settings=now.settings, reads=now.reads)
    assert plan([again], overwrite=True, check=nothing)[0].state == "to do"


def test_a_result_nobody_noted_or_somebody_changed_is_not_touched(home: Path) -> None:
    (home / "out").mkdir()
    (home / "out" / "a").write_bytes(b"precious")
    assert plan(items(home, "a"), overwrite=False, check=nothing)[0].state == "refused"
    list(carry_out(plan(items(home, "b"), overwrite=False, check=nothing), copying([])))
    (home / "out" / "b").write_bytes(b"retouched by hand")
    assert plan(items(home, "b"), overwrite=False, check=nothing)[0].state == "refused"


def test_everything_that_can_be_known_is_asked_before_the_first_item_is_begun(home: Path) -> None:
    def check(item: Item) -> None:
        if item.source.name == "d":
            raise BadInput("d cannot be")

    planned = plan(
        [*items(home, "abd"), Item(source=home / "c", target=home / "out" / "a")], overwrite=False, check=check
    )
    assert [item.state for item in planned] == ["to do", "to do", "refused", "refused"]
    assert "is the result of" in str(planned[3].problem)
    assert not (home / "out").exists()
    same = plan([Item(source=home / "a", target=home / "." / "a")], overwrite=True, check=nothing)
    assert "replaced by its own result" in str(same[0].problem)


def test_what_needs_more_memory_than_is_free_is_refused_before_the_work(
    home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def needed(item: Item) -> float:
        return 1e15 if item.source.name == "b" else 1e6

    planned = plan(items(home, "ab"), overwrite=False, check=nothing, memory=needed)
    assert [item.state for item in planned] == ["to do", "refused"]
    assert planned[0].memory == 1e6
    assert "needs about 1000000.0 GB of memory, and" in str(planned[1].problem)
    monkeypatch.setattr("srkit.ops.jobs.free_bytes", lambda _: 1e6)
    assert plan(items(home, "a"), overwrite=False, check=nothing, memory=needed)[0].state == "to do", "just enough"


def test_a_journal_with_a_torn_last_line_is_read_and_gone_on_with(home: Path) -> None:
    list(carry_out(plan(items(home, "ab"), overwrite=False, check=nothing), copying([])))
    journal = home / "out" / ".srkit-done.jsonl"
    journal.write_bytes(journal.read_bytes()[:-7])
    planned = plan(items(home, "abc"), overwrite=False, check=nothing)
    assert [item.state for item in planned] == ["kept", "to do", "to do"]  # its end is not known, so it is made again
    Journal(home / "out").note(planned[2], begun=True)
    assert Journal(home / "out").is_begun(planned[2]), "what is noted next has a line of its own"
    list(carry_out(planned, copying([])))
    assert Journal(home / "out").facts["c"] == {"length": 1}
    assert Journal(home / "out").facts["a"] == {"length": 1}


def test_images_are_found_by_their_content(tmp_path: Path) -> None:
    srkit.write(tmp_path / "a.png", torch.rand(3, 8, 8))
    (tmp_path / "a.png").rename(tmp_path / "photo.dat")
    (tmp_path / "b.png").write_text("a web page")
    (tmp_path / "c.heic").write_bytes(b"....ftypheic")
    (tmp_path / "d.txt").write_text("text")
    (tmp_path / "folder").mkdir()
    images, left = find_images(tmp_path)
    assert [path.name for path in images] == ["b.png", "photo.dat"]  # the first is refused by its name later
    assert [path.name for path, _ in left] == ["c.heic", "folder"]


def enlarging(home: Path, out: Path) -> tuple[int, IO[str]]:
    """Enlarge a folder in a fork of this process, which spares it the imports; return its number and what it says."""
    ear, mouth = os.pipe()

    def enlarge() -> None:
        sys.stdout = os.fdopen(mouth, "w", buffering=1)
        main(["upscale", str(home), "--model", "bicubic", "--scale", "2", "--out", str(out)])

    copy = in_a_copy(enlarge)
    os.close(mouth)
    return copy, os.fdopen(ear)


@pytest.mark.slow
def test_a_job_killed_at_random_moments_loses_nothing_and_does_nothing_twice(tmp_path: Path) -> None:
    home, out, chance = tmp_path / "in", tmp_path / "out", random.Random(3)
    home.mkdir()
    for number in range(12):
        srkit.write(home / f"{number}.png", torch.rand(3, 300, 300))
    written: dict[str, int] = {}
    for _ in range(6):
        job, said = enlarging(home, out)
        for _line in range(chance.randint(1, 3)):
            said.readline()
        time.sleep(chance.random() / 10)
        os.kill(job, signal.SIGKILL)
        ended(job)
        said.close()
        for name, size in noted(out).items():
            assert srkit.read(out / name).shape == (3, 600, 600)
            if size is not None:
                stamp = (out / name).stat().st_mtime_ns
                assert written.setdefault(name, stamp) == stamp, "done twice"
    last, said = enlarging(home, out)
    with said:
        told = said.read()
    assert ended(last) == 0, told
    assert sorted(noted(out)) == sorted(path.name for path in home.iterdir())
    assert all(size is not None for size in noted(out).values())
    assert sorted(path.name for path in out.iterdir() if "tmp" in path.name or "lock" in path.name) == []


def noted(out: Path) -> dict[str, int | None]:
    """Return what the journal says of each result that is there: its size, or None where it was only begun."""
    lines = (out / ".srkit-done.jsonl").read_text().splitlines()
    entries = [json.loads(line) for line in lines if line.endswith("}")]
    return {entry["target"]: entry["size"] for entry in entries if (out / entry["target"]).exists()}


def test_two_jobs_do_not_work_into_one_folder(home: Path) -> None:
    planned = plan(items(home, "ab"), overwrite=False, check=nothing)
    first = carry_out(planned, copying([]))
    next(first)
    second = list(carry_out(plan(items(home, "cd"), overwrite=False, check=nothing), copying([])))
    assert [item.state for item in second] == ["failed", "failed"]
    assert "is working into" in str(second[0].problem)
    assert [item.state for item in first] == ["done"]
