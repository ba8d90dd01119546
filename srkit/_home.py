"""Where srkit is installed: in a clone of the project or as a package, and the folders that belong to it."""

from __future__ import annotations

import tomllib
from functools import lru_cache
from pathlib import Path

__all__ = ["clone", "grader", "lessons", "shipped", "weights_terms"]

_PACKAGE = Path(__file__).resolve().parent


def clone() -> Path | None:
    """Return the folder of the project this srkit is run from, or None where it is an installed package."""
    home = _PACKAGE.parent
    return home if (home / "pyproject.toml").is_file() and (home / "data" / "manifest.toml").is_file() else None


def shipped() -> Path:
    """Return the folder that holds ``manifest.toml``, ``samples`` and ``weights`` of this installation."""
    home = clone()
    return home / "data" if home else _PACKAGE / "_data"


@lru_cache
def weights_terms() -> str:
    """Return the terms under which the shipped weights may be used; the file LICENSE gives the reason."""
    return str(tomllib.loads((shipped() / "manifest.toml").read_text("utf-8"))["weights"]["terms"])


def lessons() -> Path:
    """Return the folder of the unmodified course."""
    return (clone() or _PACKAGE / "_data") / "lessons"


def grader() -> Path:
    """Return the folder from which ``autograder`` is imported, independent of the current folder."""
    return clone() or _PACKAGE / "_data" / "grader"
