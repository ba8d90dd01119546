"""``load``: data sets by name, by folder or joined."""

from __future__ import annotations

import warnings
from pathlib import Path

from srkit.datasets._registry import DATASETS
from srkit.datasets.catalogue import card, ensure
from srkit.datasets.pair import Pairs
from srkit.datasets.places import downloads
from srkit.datasets.trees import read_tree
from srkit.errors import BadFile, BadInput, UnknownName

__all__ = ["load"]


def load(
    name_or_path: str | Path,
    *,
    scale: int,
    root: str | Path | None = None,
    download: bool = False,
    below: bool = False,
) -> Pairs:
    """Return the pairs of a data set, by name or by path.

    A name is looked up among the registered data sets (``srkit.datasets.DATASETS.names()``); it finds a folder the
    user has: below ``root`` if given, else ``$SRKIT_DATA``, ``./Dataset`` and its neighbours, and what was downloaded.
    ``"t91+bsds200"`` joins several. A path is read as a tree (see :mod:`srkit.datasets.trees`).

    Args:
        name_or_path: a registered name, names joined by ``+``, or the path of a folder.
        below: of a path, take the images of the folders below too; their names say where they lie.
        scale: enlargement factor; 1 for registered pairs of equal size.
        root: the one folder in which to look.
        download: fetch the data set into :func:`~srkit.datasets.places.downloads` if it is not found.
        below: of a path, take the images of the folders below too.

    Returns:
        Pairs, decoded one by one on access.

    Raises:
        UnknownName: neither a registered name nor an existing path.
        BadFile: the data is not there, incomplete or unreadable; the message says what was looked for and what to do.
        Offline: a download was requested and cannot be made.

    Example:
        >>> pairs = load("samples", scale=2)
        >>> pair = pairs[0]
        >>> pair.hr.shape[-1] == 2 * pair.lr.shape[-1]
        True
    """
    if isinstance(name_or_path, Path):
        return _from_path(name_or_path, scale, below)
    if not name_or_path.strip():
        raise BadInput("load needs the name of a dataset or the path of a folder and got an empty text.")
    if below and (name_or_path in DATASETS or not _looks_like_path(name_or_path)):
        raise BadInput(f"{name_or_path!r} has its own tree; the folders below are gone into where a path is given.")
    if name_or_path in DATASETS:
        return _from_name(name_or_path, scale, root, download)
    if "+" in name_or_path and not Path(name_or_path).exists():
        parts = [load(part.strip(), scale=scale, root=root, download=download) for part in name_or_path.split("+")]
        return sum(parts[1:], start=parts[0]).named(name_or_path)
    if _looks_like_path(name_or_path):
        return _from_path(Path(name_or_path), scale, below)
    try:
        DATASETS.get(name_or_path)
    except UnknownName as problem:
        raise UnknownName(f"{problem} Nor is there a folder {Path(name_or_path).absolute()}.") from None
    raise AssertionError("unreachable")


def _from_name(name: str, scale: int, root: str | Path | None, download: bool) -> Pairs:
    if download and ensure(DATASETS.key(name), scale, root):
        root = downloads()
    found = DATASETS.get(name).factory(scale=scale, root=None if root is None else Path(root))
    if isinstance(found, Pairs):
        if found.scale != scale:
            raise BadInput(
                f"The dataset {name!r} was asked for scale {scale} and returned pairs of scale {found.scale}."
            )
        _warn_of_count(name, found)
        return found.named(DATASETS.key(name))
    if isinstance(found, str | Path):
        return _from_path(Path(found), scale).named(DATASETS.key(name))
    raise BadInput(
        f"The function registered as dataset {name!r} returned {type(found).__name__}. It must return pairs, as "
        "srkit.datasets.from_folders(hr=…, scale=scale) gives them, or the path of a folder."
    )


def _warn_of_count(name: str, found: Pairs) -> None:
    known = card(name)
    if known is not None and known.images is not None and len(found) != known.images and not name.startswith("samples"):
        hr = found.paths[0][1]
        warnings.warn(
            f"{known.title} has {known.images} images and {len(found)} were found in {hr.parent if hr else 'memory'}: "
            "numbers measured on it cannot be compared with published ones.",
            RuntimeWarning,
            stacklevel=4,
        )


def _from_path(path: Path, scale: int, below: bool = False) -> Pairs:
    path = path.expanduser()
    if path.is_file():
        raise BadFile(f"{path} is a file; a dataset is a folder. Its folder is {path.parent}.")
    folder = path.parent if path.name.lower() == "hr" else path
    tree = read_tree(folder, scale, below=below)
    return Pairs(tree.sources, name=folder.resolve().name, scale=scale)


def _looks_like_path(text: str) -> bool:
    return any(mark in text for mark in ("/", "\\", "~")) or text in (".", "..") or Path(text).exists()
