"""The data sets the literature uses, each under one name.

What is known about each (title, terms, addresses, checksums) stands in ``data/manifest.toml``; here stands how each is
found on disk. None of them is shipped: their pictures are not ours to give. ``srkit data fetch NAME`` brings those that
may be downloaded, a folder the user has is used as it is, and the samples (:mod:`srkit.datasets.samples`) need neither.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from srkit.datasets._registry import DATASETS, DatasetEntry
from srkit.datasets.locate import locate, not_found
from srkit.datasets.pair import Pairs
from srkit.datasets.trees import read_tree

__all__ = ["FOLDERS", "ensure"]

FOLDERS: Mapping[str, tuple[str, ...]] = {
    "set5": ("Set5",),
    "set14": ("Set14",),
    "b100": ("B100", "BSD100", "BSDS100"),
    "urban100": ("Urban100",),
    "manga109": ("Manga109",),
    "t91": ("T91", "91-image"),
    "bsds200": ("BSDS200", "BSD200"),
    "general100": ("General100",),
}
_A2001 = ("A2001", "SR291", "291")


def _advice(name: str) -> str:
    return f"srkit data fetch {name} says how to get it."


def _plain(name: str, scale: int, root: Path | None) -> Pairs:
    folder = locate(FOLDERS[name], root)
    if folder is None:
        raise not_found(f"The dataset {name!r}", FOLDERS[name], root, _advice(name))
    return Pairs(read_tree(folder, scale).sources, name=name, scale=scale)


def _register_plain(name: str) -> None:
    def find(*, scale: int, root: Path | None) -> Pairs:
        return _plain(name, scale, root)

    DATASETS.register(name)(DatasetEntry(find))


for _name in FOLDERS:
    _register_plain(_name)


def _a2001(*, scale: int, root: Path | None) -> Pairs:
    """Return A2001 (also called SR291): a folder of that name, or T91 and BSDS200 put together."""
    folder = locate(_A2001, root)
    if folder is not None:
        return Pairs(read_tree(folder, scale).sources, name="a2001", scale=scale)
    if locate(FOLDERS["t91"], root) is None or locate(FOLDERS["bsds200"], root) is None:
        raise not_found("A2001 (also SR291)", (*_A2001, "T91 and BSDS200"), root, _advice("a2001"))
    return (_plain("t91", scale, root) + _plain("bsds200", scale, root)).named("a2001")


DATASETS.register("a2001")(DatasetEntry(_a2001))
DATASETS.register("sr291")(DatasetEntry(_a2001))


def ensure(name: str, root: str | Path | None) -> None:
    """Download a data set unless it is found already."""
