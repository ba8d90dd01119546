"""Weights in several files: an index in JSON says which file holds which entry, as Hugging Face's libraries write."""

from __future__ import annotations

import json
import re
from pathlib import Path

from srkit.errors import BadFile

__all__ = ["check_whole", "index_beside", "parts_of"]

_MAP = "weight_map"


def check_whole(path: Path) -> None:
    """Refuse one of several parts where their index lies beside it."""
    index = index_beside(path.parent)
    if index is not None and re.search(r"-\d{5}-of-\d{5}\.", path.name):
        raise BadFile(f"{path} is one part of several; give the index that names them all: {index}.")


def index_beside(folder: Path) -> Path | None:
    """Return the first index in a folder."""
    return min(folder.glob("*.index.json"), default=None)


def parts_of(path: Path, head: bytes) -> list[Path]:
    """Return the files that an index names, each once; none where ``path``, which begins with ``head``, is no index.

    Raises:
        BadFile: it names a file elsewhere, or one that is missing.
    """
    if head.lstrip()[:1] != b"{":
        return []
    parts = [path.parent / name for name in dict.fromkeys(_map_of(path).values())]
    for part in parts:
        if part.parent != path.parent or not part.is_file():
            raise BadFile(f"{path} names {part.name!r}, which is not beside it; all parts belong into one folder.")
    return parts


def _map_of(path: Path) -> dict[str, str]:
    try:
        told = json.loads(path.read_text("utf-8"))[_MAP]
    except (OSError, ValueError, LookupError, TypeError):
        return {}
    return {str(key): str(name) for key, name in told.items()} if isinstance(told, dict) else {}
