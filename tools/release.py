"""Build what is published, and try it before anybody else does: ``make release``, or ``python tools/release.py``.

1. Two builds of sdist and wheel from the last commit, in two places, must have the same bytes.
2. In an empty environment of each Python there is (3.11 to 3.13), with the locked packages: the wheel is installed, pip
   finds nothing missing, the library enlarges a picture, the lessons are laid out, doctor is content.

What passed lies in ``dist/``. Leaves with 1 where something failed or no Python could be tried. A Python without a
PyTorch here is named as not tried (``TORCH=gpu`` takes the ordinary wheel). Publishing is left to you: a section
of CHANGELOG.md with the version, a tag, and the upload.
"""

from __future__ import annotations

import hashlib
import io
import os
import shutil
import subprocess
import sys
import tarfile
import tempfile
from pathlib import Path
from typing import Any

from _environment import ROOT, Environment, Stop, output, pip, run_quietly, say
from _setup import LOCKS, install_lock
from _torch import choose, provide
from bootstrap import candidates, version_of

__all__ = ["NotTried", "build", "main", "try_on"]

USE = """
import pathlib, sys, srkit
assert pathlib.Path(srkit.__file__).is_relative_to(sys.prefix), srkit.__file__
lr = srkit.datasets.samples(scale=2)[0].lr
sr = srkit.upscale(lr, srkit.models.create("espcn", scale=2, pretrained="srkit"))
print(sr.shape[1:] == (2 * lr.shape[1], 2 * lr.shape[2]))
"""


class NotTried(Stop):
    """There is no PyTorch to try the wheel with."""


def build(folder: Path) -> dict[str, str]:
    """Build sdist and wheel of the last commit below ``folder``; return file name -> SHA-256.

    Raises:
        Stop: the build failed, or there are changes that are not committed.
    """
    if _git("status", "--porcelain", "--untracked-files=no").strip():
        raise Stop("There are changes that are not committed; what is released is a commit.")
    tree = subprocess.run(["git", "-C", str(ROOT), "archive", "HEAD"], capture_output=True, check=True).stdout
    with tarfile.open(fileobj=io.BytesIO(tree)) as archive:
        safe: dict[str, Any] = {"filter": "data"} if hasattr(tarfile, "data_filter") else {}  # Python 3.11.4 has it
        archive.extractall(folder / "source", **safe)
    moment = _git("log", "-1", "--format=%ct").strip()
    command = [sys.executable, "-m", "hatchling", "build", "-d", str(folder / "dist")]
    settings = {**os.environ, "SOURCE_DATE_EPOCH": moment}
    done = subprocess.run(command, cwd=folder / "source", env=settings, capture_output=True, text=True, check=False)
    if done.returncode:
        raise Stop(f"The build failed: {done.stderr.strip()[-2000:]}")
    files = sorted((folder / "dist").iterdir())
    return {file.name: hashlib.sha256(file.read_bytes()).hexdigest() for file in files}


def try_on(command: list[str], wheel: Path, folder: Path) -> str:
    """Install the wheel into an empty environment of one Python and use it; return a phrase about what was tried.

    Raises:
        Stop: something failed, with the reason.
        NotTried: there is no PyTorch for this Python here.
    """
    run_quietly([*command, "-m", "venv", str(folder)], log=None)
    environment = Environment(folder / ("Scripts/python.exe" if os.name == "nt" else "bin/python"), folder)
    install_lock(environment, LOCKS["lab"])
    try:
        torch = provide(environment, choose(), Path(command[0]))
    except Stop as stop:
        raise NotTried(str(stop)) from stop
    pip(environment, "--no-deps", str(wheel))
    python = str(environment.python)
    run_quietly([python, "-m", "pip", "check"], log=None)
    if output(environment.python, USE) != "True":
        raise Stop(f"The library does not work. To see why: {python} -c '{USE}'")
    for words in (("course", str(folder / "course")), ("lab", "--help"), ("doctor", "--quick")):
        run_quietly([python, "-P", "-m", "srkit", *words], log=None)
    return torch


def main() -> int:
    """Build, compare, try on every Python; return the exit code."""
    with tempfile.TemporaryDirectory(prefix="srkit-release-") as name:
        here = Path(name)
        try:
            first, second = build(here / "one"), build(here / "two")
        except Stop as stop:
            return _fail(str(stop))
        if first != second:
            return _fail(f"Two builds of one commit differ: {first} and {second}.")
        for file, digest in first.items():
            say(f"{digest}  {file}")
        (wheel,) = (here / "one" / "dist").glob("*.whl")
        if not _try_everywhere(wheel, here):
            return 1
        shutil.copytree(here / "one" / "dist", ROOT / "dist", dirs_exist_ok=True)
    say(f"Reproducible and tried; it lies in {ROOT / 'dist'}.")
    return 0


def _try_everywhere(wheel: Path, here: Path) -> bool:
    """Try the wheel on each Python; tell whether all that could be set up were content, and that there was one."""
    pythons = {version: command for command in candidates() if (version := version_of(command))}
    passed = failed = 0
    for version, command in sorted({sys.version_info[:2]: [sys.executable], **pythons}.items()):
        title = f"Python {version[0]}.{version[1]}"
        try:
            say(f"{title}: passed with {try_on(command, wheel, here / title.replace(' ', ''))}")
            passed += 1
        except NotTried as reason:
            say(f"{title}: not tried. {reason}")
        except Stop as stop:
            say(f"{title}: FAILED. {stop}")
            failed += 1
    return bool(passed) and not failed


def _fail(reason: str) -> int:
    sys.stderr.write(f"Not fit for release: {reason}\n")
    return 1


def _git(*words: str) -> str:
    return subprocess.run(["git", "-C", str(ROOT), *words], capture_output=True, text=True, check=True).stdout


if __name__ == "__main__":
    sys.exit(main())
