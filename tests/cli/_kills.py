"""Jobs and downloads killed at random moments: ``python -m tests.cli._kills KILLS [SEED [NAME...]]``.

A job is begun in a forked process that ends itself by SIGKILL, SIGTERM or Ctrl-C at a moment drawn at random: at the
n-th line of srkit that it runs, or at the n-th time it opens, renames or removes something below its folder. It is
begun again and killed again until it comes to its end. Then its files equal, byte for byte, those of one that was never
killed; nothing that was noted as done was made twice; nothing hidden is left; one more call changes nothing.
"""

from __future__ import annotations

import contextlib
import importlib
import json
import os
import random
import re
import signal
import subprocess
import sys
import tempfile
import threading
import zipfile
from collections.abc import Callable
from dataclasses import replace
from hashlib import sha256
from pathlib import Path
from typing import Any

import torch
from PIL import Image

import srkit
from srkit.cli import main
from tests._fork import ended, in_a_copy

SIGNALS = (signal.SIGKILL, signal.SIGTERM, signal.SIGINT)
WRITES = ("os.rename", "os.remove", "os.mkdir", "os.truncate", "shutil.move")
LIBRARY = str(Path(srkit.__file__).parent)
ZSSR = ("--preset", "fast", "--set", "max_steps=60", "--set", "crop=16", "--set", "width=4", "--set", "depth=3")
USED = (
    *(f"srkit.cli.{name}" for name in ("upscale", "degrade", "data", "evaluate", "zssr")),
    *("srkit.datasets.fetch", "srkit.datasets.lowres", "srkit.datasets.store", "srkit.evaluation.run", "srkit.models"),
    *("srkit.inference.pictures", "srkit.methods", "srkit.methods.zssr_cost", "torch._dynamo", "tqdm.std", "jinja2"),
)
CHANGES = ("metrics.csv", "index.html", "zssr.csv")
"""Files that hold seconds of wall time, and are drawn anew by each call."""
FINGERPRINT = re.compile("_[0-9a-f]{12}-[0-9a-f]{16}")
"""What the name of a pixel cache says of the place and the times of its pictures."""
TITLE = 'title = "S"\ncitation = ""\nterms = ""\nuse = ""\n'


def verb(*words: object) -> Callable[[Path], None]:
    """Return what calls a verb with words in which ``HOME`` is the folder of the job."""
    return lambda home: main([str(word).replace("HOME", str(home)) for word in words])


def fetch_archive(home: Path) -> None:
    """Download an archive of pictures and unpack it."""
    from srkit.datasets.fetch import fetch

    with zipfile.ZipFile(home.parent / "s.zip", "w") as archive:
        for picture in sorted((home / "in").iterdir()):
            archive.writestr(zipfile.ZipInfo(picture.name), picture.read_bytes())
    manifest = home.parent / "archive.toml"
    manifest.write_text(f'[s]\n{TITLE}[[s.archives]]\naddress = "{(home.parent / "s.zip").as_uri()}"\n')
    fetch("s", home=home / "sets", manifest=manifest)


def fetch_files(home: Path) -> None:
    """Download a set of pictures, each with its checksum."""
    from srkit.datasets.fetch import fetch

    named = {path.name: sha256(path.read_bytes()).hexdigest() for path in sorted((home / "in").iterdir())}
    (home.parent / "s.sha256").write_text("".join(f"{digest}  {name}\n" for name, digest in named.items()))
    manifest = home.parent / "files.toml"
    manifest.write_text(f'[s]\n{TITLE}base = "{(home / "in").as_uri()}/"\nsums = "s.sha256"\n')
    fetch("s", home=home / "sets", manifest=manifest)


def fetch_weights(home: Path) -> None:
    """Download weights without a published checksum, which are kept when they load."""
    from srkit.models import _official

    at = _official.weights_home()
    source = replace(_official.official()[0], network="espcn", scale=2, variant="official", package="", file="")
    source = replace(source, address=(at / "espcn_x2.safetensors").as_uri(), sha256="", sha256_begins="", bytes=0)
    os.environ["SRKIT_WEIGHTS"] = str(home / "weights")
    _official.official = lambda: (source,)  # type: ignore[assignment]
    srkit.datasets.fetch_weights("espcn", scale=2)


def cache_pixels(home: Path) -> None:
    """Decode pictures into a pixel cache and read one from it."""
    from srkit.datasets.store import open_store

    open_store(srkit.datasets.load(home / "in", scale=2), home / "cache").arrays(0)


JOBS: dict[str, Callable[[Path], None]] = {
    "upscale": verb("upscale", "HOME/in", "--model", "nearest", "--scale", 2, "--out", "HOME/out"),
    "degrade": verb("degrade", "HOME/in", "blur(1) > noise(5)", "--out", "HOME/out"),
    "make-lr": verb("data", "make-lr", "HOME/in", "--scale", 2, "--scale", 3),
    "evaluate": verb("evaluate", "--save-gt", "--model=bicubic", "--scale=2", "--dataset", "HOME/in", "--out", "HOME"),
    "zssr one": verb("zssr", "HOME/in/0.png", "--out", "HOME/out/large.png", *ZSSR),
    "zssr folder": verb("zssr", "HOME/in", "--out", "HOME/out", *ZSSR),
    "archive": fetch_archive,
    "files": fetch_files,
    "weights": fetch_weights,
    "pixels": cache_pixels,
}  # fmt: skip


def make_pictures(home: Path) -> None:
    """Fill ``home/in`` with pictures of noise."""
    (home / "in").mkdir(parents=True)
    for number in range(4):
        noise = torch.rand(3, 24, 24, generator=torch.Generator().manual_seed(number))
        srkit.write(home / "in" / f"{number}.png", noise)


class Moments:
    """Counts the moments of this process, and ends it at one of them.

    Args:
        home: what is opened, renamed and removed below it counts as a write.
        at: which moment ends the process, None never; of the lines, or with ``writing`` of the writes.
    """

    def __init__(self, home: Path, at: int | None, how: int, *, writing: bool) -> None:
        self.home, self.at, self.how, self.writing = str(home), at, how, writing
        self.lines = self.writes = 0
        sys.addaudithook(self._hook)
        threading.settrace(self._trace)
        sys.settrace(self._trace)

    def _hook(self, event: str, arguments: tuple[Any, ...]) -> None:
        opened = event == "open" and isinstance(arguments[2], int) and arguments[2] & (os.O_WRONLY | os.O_RDWR)
        if (opened or event in WRITES) and self.home in str(arguments[0]):
            self.writes += 1
            self._end(self.writing and self.writes == self.at)

    def _trace(self, frame: Any, event: str, argument: object) -> Any:
        if not frame.f_code.co_filename.startswith(LIBRARY):
            return None
        if event == "line":
            self.lines += 1
            self._end(not self.writing and self.lines == self.at)
        return self._trace

    def _end(self, now: bool) -> None:
        if now:
            sys.settrace(None)
            os.kill(os.getpid(), self.how)


def in_a_child(
    job: str, home: Path, *, at: int | None = None, how: int = 0, writing: bool = False
) -> tuple[int, int, int]:
    """Run a job in a forked process; return how it ended (0 is well) and how many lines and writes it counted."""
    reads, tells = os.pipe()

    def act() -> None:
        for stream in (1, 2):
            os.dup2(os.open(home.parent / f"said{stream}.txt", os.O_WRONLY | os.O_CREAT | os.O_TRUNC), stream)
        signal.signal(signal.SIGINT, signal.default_int_handler)
        moments = Moments(home, at, how, writing=writing)
        try:
            JOBS[job](home)
        except KeyboardInterrupt:
            raise SystemExit(130) from None
        finally:
            sys.settrace(None)
            os.write(tells, f"{moments.lines} {moments.writes}".encode())

    child = in_a_copy(act)
    os.close(tells)
    with os.fdopen(reads) as told:
        lines, writes = (int(word) for word in (told.read() or "0 0").split())
    return ended(child), lines, writes


def files_of(home: Path) -> dict[str, bytes]:
    """Return everything below a folder but its sources, locks of downloads and the record of what was done."""
    return {
        FINGERPRINT.sub("", path.relative_to(home).as_posix()): b"" if path.name in CHANGES else path.read_bytes()
        for path in home.rglob("*")
        if path.is_file() and path.parent.name != "in" and path.name != ".srkit-done.jsonl"
        if path.suffix != ".lock" or path.name == ".srkit-job.lock"
    }


def noted(home: Path) -> dict[str, tuple[int, str]]:
    """Return time and checksum of each result that is noted as done, which has to be whole."""
    last: dict[Path, Any] = {}
    for journal in home.rglob(".srkit-done.jsonl"):
        for line in journal.read_bytes().splitlines():
            with contextlib.suppress(ValueError):  # a line that was cut short
                entry = json.loads(line)
                last[journal.parent / entry["target"]] = entry["size"]
    sizes = {path: size for path, size in last.items() if size is not None}
    assert all(path.stat().st_size == size for path, size in sizes.items()), "a result that was noted is not whole"
    return {str(path): (path.stat().st_mtime_ns, sha256(path.read_bytes()).hexdigest()) for path in sizes}


def kill_often(job: str, kills: int, chance: random.Random, place: Path) -> int:
    """Begin a job anew and kill it until it ends, until it was killed so often; returns how often it was."""
    killed = 0
    while killed < kills:
        place.mkdir(parents=True)
        whole, home = place / "whole" / "home", place / "killed" / "home"
        make_pictures(whole)
        make_pictures(home)
        status, lines, writes = in_a_child(job, whole)
        assert status == 0, (whole.parent / "said2.txt").read_text()
        killed += _until_the_end(job, home, lines, writes, chance)
        assert files_of(home) == files_of(whole), sorted(files_of(home).keys() ^ files_of(whole).keys())
        times = {path: path.stat().st_mtime_ns for path in home.rglob("*") if path.is_file() and path.suffix != ".lock"}
        assert in_a_child(job, home)[0] == 0, "one more call ended badly"
        assert files_of(home) == files_of(whole), "one more call changed something"
        assert all(path.stat().st_mtime_ns == time for path, time in times.items() if path.name not in CHANGES)
        place = place.with_name(f"{place.name}+")
    return killed


def _until_the_end(job: str, home: Path, lines: int, writes: int, chance: random.Random) -> int:
    before: dict[str, tuple[int, str]] = {}
    for attempt in range(200):
        writing = chance.random() < 0.5
        at = chance.randint(1, writes if writing else lines)
        status = in_a_child(job, home, at=at, how=chance.choice(SIGNALS), writing=writing)[0]
        now = noted(home)
        assert before.items() <= now.items(), "a result was lost or done twice"
        if status == 0:
            return attempt
        assert status < 0 or status == 130, (status, (home.parent / "said2.txt").read_text())
        before = now
    raise AssertionError("the job never came to its end")


def run(kills: int, seed: int, names: list[str], place: Path) -> dict[str, int]:
    """Kill each of the jobs at least so often; returns how often each was killed."""
    torch.set_num_threads(1)
    for module in USED:  # here, so that no child imports them
        importlib.import_module(module)
    Image.init()
    chance = random.Random(seed)
    return {name: kill_often(name, kills, chance, place / name.replace(" ", "_")) for name in names}


def in_a_process(kills: int, seed: int, *names: str) -> dict[str, int]:
    """Call :func:`run` in a new Python: nothing may be forked from one in which PyTorch has used its threads."""
    words = [sys.executable, "-W", "ignore", "-m", "tests.cli._kills", str(kills), str(seed), *names]
    quiet = {**os.environ, "OMP_NUM_THREADS": "1"}
    done = subprocess.run(words, check=False, capture_output=True, text=True, env=quiet)
    assert done.returncode == 0, done.stderr
    told: dict[str, int] = json.loads(done.stdout)
    return told


if __name__ == "__main__":
    count, first = (int(word) for word in [*sys.argv[1:3], "0"][:2])
    with tempfile.TemporaryDirectory() as folder:
        json.dump(run(count, first, sys.argv[3:] or list(JOBS), Path(folder)), sys.stdout)
