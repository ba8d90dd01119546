"""``srkit grade``: start the grader, which uses the library and is not part of it."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

import click

from srkit import _home
from srkit.errors import BadInput

__all__ = ["command", "grader_environment"]


@click.command("grade", add_help_option=False, context_settings={"ignore_unknown_options": True})
@click.argument("words", nargs=-1, type=click.UNPROCESSED)
def command(words: tuple[str, ...]) -> int:
    """Grade a class: a folder with one folder for each student, or the archive an LMS gives.

    The grader is the one that came with this srkit; nothing is run from the folder you stand in.
    """
    environment = grader_environment(_home.grader(), os.environ)
    return subprocess.run([sys.executable, "-P", "-m", "autograder", *words], env=environment, check=False).returncode


def grader_environment(home: Path, surroundings: Mapping[str, str]) -> dict[str, str]:
    """Return the environment in which ``python -m autograder`` is the grader in ``home`` and can be no other.

    Python puts the current folder on its path for ``-m`` and ``-c``, and for an empty or relative entry of
    ``PYTHONPATH``. The current folder may contain hand-ins, so none of the three is allowed here nor in any process
    that the grader starts.
    """
    if not (home / "autograder" / "__main__.py").is_file():
        raise BadInput(f"This srkit came without its grader (looked in {home}). Install it again: srkit[lab].")
    own = [entry for entry in surroundings.get("PYTHONPATH", "").split(os.pathsep) if Path(entry).is_absolute()]
    return {**surroundings, "PYTHONSAFEPATH": "1", "PYTHONPATH": os.pathsep.join([str(home), *own])}
