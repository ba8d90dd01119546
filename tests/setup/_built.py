"""The wheel of this project, built from what git tracks, and an environment that holds it and nothing of the clone."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import sysconfig
from pathlib import Path

from tests.house._code import relative, tracked

__all__ = ["build", "environment"]

_LEFT_OUT = ("tests/", "benchmarks/")


def build(folder: Path) -> Path:
    """Build the wheel from a copy of the project below ``folder`` and return its path."""
    for path in tracked():
        if not relative(path).startswith(_LEFT_OUT):
            copy = folder / "source" / relative(path)
            copy.parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(path, copy)
    command = [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(folder / "built")]
    done = subprocess.run(command, capture_output=True, text=True, cwd=folder / "source", check=False)
    assert done.returncode == 0, done.stderr
    (built,) = (folder / "built").glob("*.whl")
    return built


def environment(folder: Path, wheel: Path) -> Path:
    """Make an environment with our dependencies, as hard links, and srkit from its wheel; return its Python."""
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", str(folder)], check=True)
    python = folder / "bin" / "python"
    without = shutil.ignore_patterns("srkit*", "_editable_impl_srkit*", "__pycache__")
    for part in (Path(sysconfig.get_path("purelib")), Path(sys.prefix, "share"), Path(sys.prefix, "etc")):
        theirs = folder / part.relative_to(sys.prefix)
        if part.is_dir():
            shutil.copytree(part, theirs, symlinks=True, ignore=without, copy_function=_link, dirs_exist_ok=True)
    for script in Path(sys.executable).parent.iterdir():
        if script.is_file() and script.read_bytes().startswith(f"#!{sys.executable}".encode()):
            moved = python.with_name(script.name)
            moved.write_bytes(script.read_bytes().replace(sys.executable.encode(), str(python).encode(), 1))
            moved.chmod(0o755)
    pip = [sys.executable, "-m", "pip", "--python", str(python), "install", "--no-deps", "--no-index", str(wheel)]
    done = subprocess.run(pip, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return python


def _link(source: str, target: str) -> None:
    try:
        os.link(source, target)
    except OSError:
        shutil.copy2(source, target)
