"""``srkit lab``: JupyterLab at the lessons, with the kernel of this very environment."""

from __future__ import annotations

import importlib.util
import os
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

import click

from srkit import _home
from srkit.cli._help import examples
from srkit.errors import BadFile, BadInput

__all__ = ["PATIENT", "command", "find_lessons", "stay_until_it_ends"]

PATIENT = {"OMP_WAIT_POLICY": "PASSIVE"}
"""Threads of PyTorch that wait for work sleep instead of spinning, so that notebooks share processors well."""


@click.command(
    "lab",
    epilog=examples(
        "srkit lab",
        "srkit lab 11",
    ),
)
@click.argument("lesson", required=False)
@click.option("--no-browser", is_flag=True, help="Print the address instead of opening a browser.")
@click.option("--port", type=click.IntRange(1, 65535), metavar="N", help="Where the server listens.")
def command(lesson: str | None, no_browser: bool, port: int | None) -> int:
    """Open the lessons in JupyterLab, at LESSON if one is named (a number, or the name of a notebook).

    They are looked for here, in work/ here, and in the clone that srkit is run from. Where there are none yet: srkit
    course FOLDER. Threads of PyTorch that wait sleep, because others may use the processors: OMP_WAIT_POLICY=PASSIVE,
    where you have not set it.
    """
    if importlib.util.find_spec("jupyterlab") is None:
        raise BadInput(
            f"JupyterLab is not installed beside {sys.executable}. "
            + ("Run: make lab" if _home.clone() else "Run: python -m pip install 'srkit[lab]'")
        )
    folder = find_lessons(Path.cwd())
    chosen = _choose(folder, lesson)
    line = [sys.executable, "-P", "-m", "jupyterlab", f"--ServerApp.root_dir={folder}"]
    if chosen is not None:
        line.append(f"--LabApp.default_url=/lab/tree/{chosen.relative_to(folder).as_posix()}")
    if no_browser:
        line.append("--no-browser")
    if port is not None:
        line.append(f"--port={port}")
    if hasattr(os, "geteuid") and os.geteuid() == 0:
        line.append("--allow-root")
    click.echo(f"Opening JupyterLab in {folder}. To leave: Ctrl-C here, twice.")
    return stay_until_it_ends(line, {**PATIENT, **os.environ, "JUPYTER_PREFER_ENV_PATH": "1"})


def stay_until_it_ends(line: list[str], environment: Mapping[str, str]) -> int:
    """Run a program that handles Ctrl-C itself (JupyterLab asks whether to stop) and return its exit code."""
    with subprocess.Popen(line, env=environment) as process:
        while True:
            try:
                return process.wait()
            except KeyboardInterrupt:
                continue


def find_lessons(here: Path) -> Path:
    """Return the folder to open: this one, ``work`` or ``lessons`` in it, or those of the clone srkit is run from."""
    project = _home.clone()
    places = [here, here / "work", here / "lessons", *([project / "work", project / "lessons"] if project else [])]
    for place in places:
        if any(place.glob("[0-9][0-9]_*.ipynb")):
            return place
    raise BadInput(f"There are no lessons in {here}. To get them: srkit course my_course, cd my_course, srkit lab.")


def _choose(folder: Path, lesson: str | None) -> Path | None:
    found = sorted(folder.glob("[0-9]*.ipynb"))
    if lesson is None:
        return found[0] if found else None
    number = lesson.zfill(2) if lesson.isdecimal() else lesson
    match = [path for path in found if path.name == lesson or path.stem == lesson or path.name.startswith(number)]
    if not match:
        known = ", ".join(path.stem for path in found) or "none"
        raise BadFile(f"There is no lesson {lesson!r} in {folder}. There are: {known}.")
    return match[0]
