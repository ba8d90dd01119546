"""What some tests need beyond Python: listed in ``[tool.srkit.system]``, installed where that is allowed.

Packages of the system need root; those of npm, which say so in their row, go into ``build/npm`` and need npm only.
"""

from __future__ import annotations

import glob
import os
import shutil
import subprocess
import sys
import tomllib
from pathlib import Path
from typing import Any

from _environment import ROOT, say

__all__ = ["advice", "listed", "missing", "provide"]

NPM = ["npm", "install", "--prefix", str(ROOT / "build" / "npm"), "--no-audit", "--no-fund"]


def listed(pyproject: Path = ROOT / "pyproject.toml") -> dict[str, dict[str, Any]]:
    """Return the table of system packages."""
    return dict(tomllib.loads(pyproject.read_text("utf-8"))["tool"]["srkit"]["system"])


def missing(table: dict[str, dict[str, Any]]) -> dict[str, dict[str, Any]]:
    """Return the part of the table of which neither a program is on the PATH nor a file where it should be."""
    return {name: row for name, row in table.items() if not (_has_program(row) or _has_file(row))}


def _has_program(row: dict[str, Any]) -> bool:
    return any(map(shutil.which, row.get("executables", ())))


def _has_file(row: dict[str, Any]) -> bool:
    return any(map(glob.glob, [str(ROOT / pattern) for pattern in row.get("files", ())]))


def advice(packages: list[str]) -> str:
    """Return the one command that installs the packages on this kind of machine."""
    if sys.platform == "darwin":
        return "brew install --cask chromium   (the sandbox for grading exists on Linux only)"
    if os.name == "nt":
        return "use WSL for the browser and sandbox tests"
    manager = next((m for m in ("apt-get", "dnf", "zypper") if shutil.which(m)), "apt-get")
    return f"sudo {manager} install {' '.join(packages)}"


def provide() -> None:
    """Install what is missing; where that is not allowed or fails, say the command and go on."""
    absent = missing(listed())
    if packages := sorted(row["package"] for row in absent.values() if "npm" not in row):
        _by_apt(packages, absent)
    if packages := sorted(row["npm"] for row in absent.values() if "npm" in row):
        _by_npm(packages)


def _by_apt(packages: list[str], absent: dict[str, dict[str, Any]]) -> None:
    """Install packages as root on Debian or Ubuntu."""
    if not (shutil.which("apt-get") and hasattr(os, "geteuid") and os.geteuid() == 0):
        say(f"Some tests need {' and '.join(packages)} and will not be run without. To install: {advice(packages)}")
        return
    say(f"Installing the system packages {' '.join(packages)}")
    quiet = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
    for command in (["update", "-q"], ["install", "-y", "-q", "--no-install-recommends", *packages]):
        done = subprocess.run(["apt-get", *command], env=quiet, capture_output=True, text=True, check=False)
    if still := sorted(row["package"] for row in missing(absent).values() if "npm" not in row):
        say(f"apt-get could not install {' and '.join(still)}: {_last(done)} The tests that need it will say so.")


def _by_npm(packages: list[str]) -> None:
    program, words = shutil.which(NPM[0]), [*NPM[1:], *packages]
    if program is None:
        say(f"Some tests need {' and '.join(packages)} from npm, which is not there, and will not be run without.")
        return
    say(f"Installing {' '.join(packages)} into build/npm")
    done = subprocess.run([program, *words], capture_output=True, text=True, check=False)
    if done.returncode:
        say(f"npm could not install {' and '.join(packages)}: {_last(done)} The tests that need it will say so.")


def _last(done: subprocess.CompletedProcess[str]) -> str:
    return (done.stderr.strip().splitlines() or ["it gave no reason"])[-1]
