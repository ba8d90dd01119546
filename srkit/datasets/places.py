"""The folders of data: shipped with the project, of the user, and downloaded.

Three places, and one order in which data sets are looked for:

* the *shipped* folder (``data/`` of a checkout, ``srkit/_data`` of an installed wheel): manifest, samples, weights;
* the *data home*: ``$SRKIT_DATA`` if set, else ``data/`` of a checkout, else a folder in the user's cache.
  Downloads go to ``downloads/`` below it;
* folders the user already has: the ``root`` argument, ``$SRKIT_DATA``, ``./Dataset`` and its neighbours.
"""

from __future__ import annotations

import os
import sys
from pathlib import Path

from srkit._home import clone, shipped

__all__ = ["cache_home", "data_home", "downloads", "search_places", "shipped"]

_BESIDE = ("Dataset", "dataset", "datasets", "data", "../Dataset", "../dataset", "../../Dataset", "../../dataset")


def data_home() -> Path:
    """Return the user's data folder; it need not exist.

    ``$SRKIT_DATA`` if that is set; else ``data/`` of the checkout srkit runs from; else a folder in the user's cache.
    """
    chosen = os.environ.get("SRKIT_DATA", "").strip()
    if chosen:
        return Path(chosen).expanduser().absolute()
    return shipped() if clone() else cache_home() / "data"


def downloads() -> Path:
    """Return the folder into which data sets are downloaded, one sub-folder each."""
    return data_home() / "downloads"


def cache_home() -> Path:
    """Return the folder for things that can be made again: ``$SRKIT_CACHE``, else the system's user cache."""
    chosen = os.environ.get("SRKIT_CACHE", "").strip()
    if chosen:
        return Path(chosen).expanduser().absolute()
    if sys.platform == "win32":
        base = os.environ.get("LOCALAPPDATA", "") or str(Path.home() / "AppData" / "Local")
    elif sys.platform == "darwin":
        base = str(Path.home() / "Library" / "Caches")
    else:
        base = os.environ.get("XDG_CACHE_HOME", "") or str(Path.home() / ".cache")
    return Path(base) / "srkit"


def search_places(root: str | Path | None) -> list[Path]:
    """Return the folders in which a data set is looked for, in order.

    Args:
        root: a folder the caller names. It is then the only place: reading other data than requested would be worse
            than an error.
    """
    if root is not None:
        return [Path(root).expanduser().absolute()]
    here = Path.cwd()
    places = [data_home()] if os.environ.get("SRKIT_DATA", "").strip() else []
    places += [here / beside for beside in _BESIDE] + [downloads()]
    unique: dict[Path, Path] = {}
    for place in places:
        unique.setdefault(place.resolve(), place)
    return [place for real, place in unique.items() if real.is_dir()]
