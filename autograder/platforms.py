"""Read the file that says which platform gets the scores, and open it."""

from __future__ import annotations

import os
import time
import tomllib
from collections.abc import Callable
from pathlib import Path
from typing import Any

from autograder.canvas import Canvas
from autograder.lti import Lti, access_token
from autograder.sending import Platform
from autograder.web import Session
from srkit.errors import BadFile

__all__ = ["TOKEN", "platforms_of"]

TOKEN = "SRKIT_CANVAS_TOKEN"


def platforms_of(path: Path) -> tuple[dict[int, Platform], bool]:
    """Return lesson -> platform, and whether scores that somebody else gave there are overwritten.

    Args:
        path: a TOML file with the table ``[canvas]`` or ``[lti]``, as ``docs/INSTRUCTOR.md`` shows.

    Raises:
        BadFile: it says not what is needed.
    """
    try:
        told = tomllib.loads(path.read_text(encoding="utf-8"))
        ((kind, table),) = told.items()
        opened = {"canvas": _canvas, "lti": _lti}[kind](table, path.parent)
        return opened, bool(table.get("overwrite", False))
    except (KeyError, TypeError, ValueError, AttributeError) as problem:
        if isinstance(problem, BadFile):
            raise
        raise BadFile(
            f"{path} does not say where the scores go ({type(problem).__name__}: {problem}). It holds one table, "
            "[canvas] or [lti], as in docs/INSTRUCTOR.md, Straight to the platform."
        ) from None


def _canvas(table: dict[str, Any], folder: Path) -> dict[int, Platform]:
    token = os.environ.get(TOKEN) or _secret(folder / str(table["token_file"])).strip()
    session = Session(str(table["url"]), lambda: token)
    return {int(n): Canvas(session, int(table["course"]), int(a)) for n, a in table["assignments"].items()}


def _lti(table: dict[str, Any], folder: Path) -> dict[int, Platform]:
    key = folder / str(table["key_file"])
    _secret(key)
    address, client, audience = str(table["token_url"]), str(table["client_id"]), str(table.get("audience", ""))
    token = _renewed(lambda: access_token(address, client, key, audience))
    members = str(table["members"])
    return {int(n): Lti(Session(_origin(item), token), str(item), members) for n, item in table["lineitems"].items()}


def _renewed(get: Callable[[], tuple[str, float]]) -> Callable[[], str]:
    """Return what gives a token, and gets a new one when the old one is over."""
    known: list[tuple[str, float]] = []

    def token() -> str:
        if not known or time.monotonic() > known[-1][1]:
            known.append(get())
        return known[-1][0]

    return token


def _origin(address: str) -> str:
    return "/".join(address.split("/")[:3])


def _secret(path: Path) -> str:
    """Return the text of a file that nobody else may read."""
    if not path.is_file():
        raise BadFile(f"There is no {path}. It holds the secret; for Canvas the variable {TOKEN} may hold it instead.")
    if os.name == "posix" and path.stat().st_mode & 0o077:
        raise BadFile(f"Others may read {path}, which holds a secret: chmod 600 {path.name}.")
    return path.read_text(encoding="utf-8")
