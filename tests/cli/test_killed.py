"""Jobs killed at the moments at which they write: nothing is lost or done twice, and nothing is left behind."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
import torch

import srkit

KILLER = """
import json, os, random, signal, sys
from pathlib import Path
import srkit.datasets, srkit.inference
from srkit.cli import main

home, chance = Path(sys.argv[1]), random.Random(int(sys.argv[2]))
WRITES = ("os.rename", "os.remove", "os.mkdir", "os.truncate", "shutil.move")


def arm(count, how):
    left = count

    def hook(event, arguments):
        nonlocal left
        opened = event == "open" and isinstance(arguments[2], int) and arguments[2] & (os.O_WRONLY | os.O_RDWR)
        if (opened or event in WRITES) and str(home) in str(arguments[0]):
            left -= 1
            if left == 0:
                os.kill(os.getpid(), how)

    sys.addaudithook(hook)


def one(verb):
    words = {
        "upscale": ["upscale", home / "in", "--model", "nearest", "--scale", "2", "--out", home / "out"],
        "degrade": ["degrade", home / "in", "noise(5)", "--out", home / "out"],
        "make-lr": ["data", "make-lr", home / "in", "--scale", "2"],
    }[verb]
    main([str(word) for word in words])


def done():
    found = {}
    for journal in home.rglob(".srkit-done.jsonl"):
        for line in journal.read_text().splitlines():
            try:
                entry = json.loads(line)
            except ValueError:
                continue
            target = journal.parent / entry["target"]
            found.pop(str(target), None)
            if entry["size"] is not None:
                found[str(target)] = (target.stat().st_mtime_ns, target.stat().st_size == entry["size"])
    return found


kills, before = 0, {}
for attempt in range(60):
    how = signal.SIGINT if attempt % 3 == 2 else signal.SIGKILL
    child = os.fork()
    if child == 0:
        sys.stdout = sys.stderr = open(os.devnull, "w")
        if attempt < int(sys.argv[4]):
            arm(chance.randint(1, 8), how)
        try:
            one(sys.argv[3])
        except SystemExit as left:
            os._exit(left.code or 0)
        except KeyboardInterrupt:
            os._exit(130)
        os._exit(0)
    status = os.waitpid(child, 0)[1]
    now = done()
    assert all(whole for _, whole in now.values()), "a result that was noted is not whole"
    assert before.items() <= now.items(), "a result was lost or done twice"
    before, kills = now, kills + (status != 0)
    if status == 0:
        break
print(json.dumps({"kills": kills, "exit": status, "done": len(before)}))
"""


def pictures(folder: Path) -> None:
    (folder / "in").mkdir(parents=True)
    for number in range(5):
        noise = torch.rand(3, 24, 24, generator=torch.Generator().manual_seed(number))
        srkit.write(folder / "in" / f"{number}.png", noise)


def killed(folder: Path, verb: str, seed: int, until: int = 12) -> dict[str, int]:
    words = [sys.executable, "-W", "ignore", "-c", KILLER, str(folder), str(seed), verb, str(until)]
    ended = subprocess.run(
        words, check=False, capture_output=True, text=True, env={**os.environ, "OMP_NUM_THREADS": "1"}
    )
    assert ended.returncode == 0, ended.stderr
    told: dict[str, int] = json.loads(ended.stdout)
    return told


def results(folder: Path) -> dict[str, bytes]:
    return {
        path.relative_to(folder).as_posix(): path.read_bytes()
        for path in folder.rglob("*")
        if path.is_file() and path.suffix == ".png" and path.parent.name != "in"
    }


@pytest.mark.slow
@pytest.mark.parametrize("verb", ["upscale", "degrade", "make-lr"])
def test_a_job_killed_whenever_it_writes_loses_nothing_and_does_nothing_twice(verb: str, tmp_path: Path) -> None:
    for name in ("killed", "whole"):
        pictures(tmp_path / name)
    told = killed(tmp_path / "killed", verb, seed=5)
    assert told["exit"] == 0
    assert told["kills"] >= 4
    assert killed(tmp_path / "whole", verb, seed=0, until=0)["kills"] == 0
    made = results(tmp_path / "killed")
    assert made == results(tmp_path / "whole")
    assert len(made) == 5
    litter = [path for path in (tmp_path / "killed").rglob(".*") if path.name != ".srkit-done.jsonl"]
    assert litter == []
