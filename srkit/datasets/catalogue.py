"""The data sets the literature uses, each under one name.

What is known about each (title, terms, addresses, checksums) stands in ``data/manifest.toml``; here stands how each is
found on disk. None of them is shipped: their licences do not allow it. ``srkit data fetch NAME`` brings those that
may be downloaded, a folder the user has is used as it is, and the few photographs that come with the course
(:func:`samples`; origin, author and licence of each are in ``data/samples/SOURCES.md``) need neither.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Literal

from srkit.datasets._registry import DATASETS, DatasetCard, DatasetEntry, Finder
from srkit.datasets.fetch import fetch
from srkit.datasets.manifest import record
from srkit.datasets.pair import Pairs, Source
from srkit.datasets.places import search_places, shipped
from srkit.datasets.trees import folder_sources, folders_in, from_folders, has_images, lr_folder, mixed_tree, read_tree
from srkit.errors import BadFile, BadInput, UnknownName
from srkit.ops.files import list_images

__all__ = ["CATALOGUE", "FOLDERS", "card", "ensure", "locate", "not_found", "samples", "where"]

FOLDERS: Mapping[str, tuple[str, ...]] = {
    "set5": ("Set5",),
    "set14": ("Set14",),
    "b100": ("B100", "BSD100", "BSDS100"),
    "urban100": ("Urban100",),
    "manga109": ("Manga109",),
    "t91": ("T91", "91-image"),
    "bsds200": ("BSDS200", "BSD200"),
    "general100": ("General100",),
    "realsr_ntire2019": ("RealSR_NTIRE2019", "RealSR_NTIRE2019_val6"),
}
_A2001 = ("A2001", "SR291")
_DIV2K = ("DIV2K",)
_REALSR = ("RealSR", "RealSR(V3)", "RealSR_V3", "RealSR-V3")
_CAMERAS = ("Canon", "Nikon")

CATALOGUE: tuple[str, ...] = tuple(
    sorted((*FOLDERS, "a2001", "sr291", "div2k", "div2k_valid", "realsr", "realsr_test", "samples", "samples_train"))
)


def card(name: str) -> DatasetCard | None:
    """Return what is known about a registered data set; None if nothing was written down.

    Raises:
        UnknownName: no such data set is registered.
    """
    entry = DATASETS.get(name)
    if entry.card is not None:
        return entry.card
    try:
        return record(name).card
    except UnknownName:
        return None


def where(name: str, root: str | Path | None = None) -> Path | None:
    """Return the folder in which a data set of the catalogue would be read, or None if it is not there.

    For A2001 put together from T91 and BSDS200 this is the folder of T91.
    """
    key = DATASETS.key(name)
    if key in FOLDERS:
        return locate(FOLDERS[key], root)
    if key in ("a2001", "sr291"):
        whole, parts = locate(_A2001, root), [locate(FOLDERS[part], root) for part in ("t91", "bsds200")]
        return whole or (parts[0] if all(parts) else None)
    if key in ("div2k", "div2k_valid"):
        return _div2k_hr("valid" if key.endswith("valid") else "train", root)
    return _realsr_folder(root) if key.startswith("realsr") else None


def ensure(name: str, scale: int, root: str | Path | None = None) -> bool:
    """Download a data set of the catalogue unless it is found already; returns whether it was downloaded."""
    if DATASETS.key(name) not in CATALOGUE or name.startswith("samples") or where(name, root) is not None:
        return False
    fetch(name, scale=scale)
    return True


def _absent(name: str, folders: tuple[str, ...], root: str | Path | None) -> Exception:
    entry = record(name)
    size = f" ({entry.size / 1e6:.0f} MB)" if entry.size else ""
    how = f"srkit data fetch {name} downloads it{size}." if entry.items or entry.parts else entry.card.how_to_get
    return not_found(entry.card.title, folders, root, how)


def _plain(name: str, scale: int, root: Path | None) -> Pairs:
    folder = locate(FOLDERS[name], root)
    if folder is None:
        raise _absent(name, FOLDERS[name], root)
    return Pairs(read_tree(folder, scale).sources, name=name, scale=scale)


def _plain_finder(name: str) -> Finder:
    def find(*, scale: int, root: Path | None) -> Pairs:
        return _plain(name, scale, root)

    return find


def _a2001(*, scale: int, root: Path | None) -> Pairs:
    """Return A2001 (also called SR291): a folder of that name, or T91 and BSDS200 put together."""
    folder = locate(_A2001, root)
    if folder is not None:
        return Pairs(read_tree(folder, scale).sources, name="a2001", scale=scale)
    if where("a2001", root) is None:
        raise _absent("a2001", (*_A2001, "T91 together with BSDS200"), root)
    return (_plain("t91", scale, root) + _plain("bsds200", scale, root)).named("a2001")


def _div2k_hr(split: str, root: str | Path | None) -> Path | None:
    """Return ``DIV2K_train_HR`` or ``DIV2K_valid_HR``, in a folder DIV2K or beside everything else."""
    folder = locate(_DIV2K, root)
    parents = [*([] if folder is None else [folder]), *search_places(root)]
    return next((hr for parent in parents if (hr := parent / f"DIV2K_{split}_HR").is_dir()), None)


def _div2k_finder(split: str) -> Finder:
    def find(*, scale: int, root: Path | None) -> Pairs:
        hr = _div2k_hr(split, root)
        if hr is None:
            raise _absent("div2k" if split == "train" else "div2k_valid", (f"DIV2K/DIV2K_{split}_HR",), root)
        sources = folder_sources(hr, lr_folder(hr.parent, hr, scale), scale)
        return Pairs(sources, name=f"div2k_{split}", scale=scale)

    return find


def _realsr_folder(root: str | Path | None) -> Path | None:
    for place in search_places(root):
        for folder in (place, *(place / name for name in _REALSR)):
            if any((folder / camera).is_dir() for camera in _CAMERAS):
                return folder
    return None


def _realsr_finder(split: str) -> Finder:
    def find(*, scale: int, root: Path | None) -> Pairs:
        folder = _realsr_folder(root)
        if folder is None:
            raise _absent("realsr", _REALSR[:2], root)
        wanted = [folder / camera / split / str(scale) for camera in _CAMERAS]
        trees = [mixed_tree(path, scale) for path in wanted if path.is_dir()]
        sources = [source for tree in trees if tree is not None for source in tree.sources]
        if not sources:
            looked = tuple(str(path.relative_to(folder)) + "/Canon_001_HR.png" for path in wanted[:1])
            raise not_found(f"RealSR at scale {scale}", looked, folder, "RealSR has the scales 2, 3 and 4.")
        return Pairs(sources, name=f"realsr_{split.lower()}", scale=scale)

    return find


def _register_all() -> None:
    finders: dict[str, Finder] = {name: _plain_finder(name) for name in FOLDERS}
    finders |= {"a2001": _a2001, "sr291": _a2001}
    finders |= {"div2k": _div2k_finder("train"), "div2k_valid": _div2k_finder("valid")}
    finders |= {"realsr": _realsr_finder("Train"), "realsr_test": _realsr_finder("Test")}
    for name, finder in finders.items():
        DATASETS.register(name)(DatasetEntry(finder))


_register_all()


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
    parents = (place, *(child for child in folders_in(place) if child.name.lower() == "benchmark"))
    for name in wanted:
        for parent in parents:
            yield from (child for child in folders_in(parent) if child.name.lower() == name)


def _holds_images(folder: Path) -> bool:
    return has_images(folder) or any(has_images(child) for child in folders_in(folder))


def _listing(place: Path) -> str:
    if not place.is_dir():
        return "no such folder"
    names = sorted(path.name for path in place.iterdir() if not path.name.startswith("."))
    return "holds " + ", ".join(names[:8]) + (", …" if len(names) > 8 else "") if names else "empty"


def samples(*, scale: int = 2, split: Literal["train", "test", "photographs", "damaged"] = "test") -> Pairs:
    """Return the photographs that come with the course.

    Args:
        scale: enlargement factor; 4 for ``"damaged"``.
        split: ``"test"`` for measuring, ``"train"`` for learning; they share no picture. ``"photographs"``: ten large
            ones to look at. ``"damaged"``: four of these as LR images that were not made by a formula alone (an old
            print, noise, JPEG, Real-ESRGAN's chain), with the undamaged photograph as HR.

    Returns:
        Pairs with LR made by MATLAB bicubic, but for ``"damaged"``.

    Raises:
        BadInput: there is no such split, or the damaged ones are asked for at another scale than 4.
    """
    folder = shipped() / "samples"
    if split == "damaged":
        return _damaged(folder, scale)
    if split not in ("train", "test", "photographs"):
        raise BadInput(f"The samples have no split {split!r}. They have: train, test, photographs, damaged.")
    return from_folders(hr=folder / split, scale=scale, name="samples" if split == "test" else f"samples_{split}")


def _damaged(folder: Path, scale: int) -> Pairs:
    if scale != 4:
        raise BadInput(f"The damaged samples are a quarter as wide as their originals: scale=4, not {scale!r}.")
    sources = [Source(lr.stem, folder / "photographs" / f"{lr.stem}.jpg", lr) for lr in list_images(folder / "damaged")]
    return Pairs(tuple(sources), name="samples_damaged", scale=scale)


def _test(*, scale: int, root: Path | None) -> Pairs:
    return samples(scale=scale, split="test")


def _train(*, scale: int, root: Path | None) -> Pairs:
    return samples(scale=scale, split="train")


DATASETS.register("samples")(DatasetEntry(_test))
DATASETS.register("samples_train")(DatasetEntry(_train))
