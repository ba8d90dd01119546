"""Finding a named data set among the folders a user has."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

from srkit.datasets.places import search_places
from srkit.datasets.trees import has_images
from srkit.errors import BadFile

__all__ = ["locate", "not_found"]


def locate(folders: Sequence[str], root: str | Path | None) -> Path | None:
    """Return the first folder that holds images and bears one of the given names, upper and lower case alike.

    Looked at, for each place of :func:`~srkit.datasets.places.search_places`: the place itself, ``place/NAME`` and
    ``place/benchmark/NAME``.

    Args:
        folders: names under which the data set is known, the best first.
    """
    wanted = [name.lower() for name in folders]
    for place in search_places(root):
        if not place.is_dir():
            continue
        for candidate in _candidates(place, wanted):
            if _holds_images(candidate):
                return candidate
    return None


def not_found(title: str, folders: Sequence[str], root: str | Path | None, advice: str) -> BadFile:
    """Return the error that says where a data set was looked for, what lies there, and how to get it."""
    places = search_places(root)
    looked = "; ".join(f"{place} ({_listing(place)})" for place in places) or "no folder: none of the usual ones exists"
    return BadFile(
        f"{title} was not found. Looked for a folder {' or '.join(folders)} holding images in: {looked}. {advice} "
        "A folder you have can be named with root= or in the environment variable SRKIT_DATA."
    )


def _candidates(place: Path, wanted: Sequence[str]) -> Iterator[Path]:
    if place.name.lower() in wanted:
        yield place
    parents = (place, *(child for child in _folders(place) if child.name.lower() == "benchmark"))
    for name in wanted:
        for parent in parents:
            yield from (child for child in _folders(parent) if child.name.lower() == name)


def _holds_images(folder: Path) -> bool:
    return has_images(folder) or any(has_images(child) for child in _folders(folder))


def _folders(folder: Path) -> list[Path]:
    return sorted(path for path in folder.iterdir() if path.is_dir() and not path.name.startswith("."))


def _listing(place: Path) -> str:
    if not place.is_dir():
        return "no such folder"
    names = sorted(path.name for path in place.iterdir() if not path.name.startswith("."))
    return "holds " + ", ".join(names[:8]) + (", …" if len(names) > 8 else "") if names else "empty"
