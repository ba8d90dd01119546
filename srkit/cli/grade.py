"""``srkit grade``: hand over to the project's grader, which stands on top of the library and is not part of it."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import click

from srkit.errors import BadInput

__all__ = ["command", "find_grader"]

_PROJECT = Path(__file__).resolve().parents[2]


@click.command("grade", add_help_option=False, context_settings={"ignore_unknown_options": True})
@click.argument("words", nargs=-1, type=click.UNPROCESSED)
def command(words: tuple[str, ...]) -> int:
    """Grade a class: a folder with one folder for each student, or the archive an LMS gives.

    The grader belongs to the project (github clone), not to the installed package.
    """
    project = find_grader(Path.cwd())
    path = os.pathsep.join(filter(None, [str(project), os.environ.get("PYTHONPATH", "")]))
    line = [sys.executable, "-m", "autograder", *words]
    return subprocess.run(line, env={**os.environ, "PYTHONPATH": path}, check=False).returncode


def find_grader(here: Path) -> Path:
    """Return the folder of the project: the clone this srkit is run from, else this folder or one above it.

    Raises:
        BadInput: there is no grader here.
    """
    for folder in (_PROJECT, here, *here.parents):
        if (folder / "autograder" / "__main__.py").is_file():
            return folder
    raise BadInput(
        f"The grader is not part of the installed package, and there is no clone of the project at {here}. Change into "
        "the clone and call again."
    )
