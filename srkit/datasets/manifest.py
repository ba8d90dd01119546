"""``data/manifest.toml`` as data: what can be downloaded, from where, and its size and checksum."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any
from urllib.parse import quote

from srkit._registry import Registry
from srkit.datasets._registry import DatasetCard
from srkit.datasets.places import shipped
from srkit.errors import BadFile, UnknownName

__all__ = ["Item", "Record", "read_manifest", "read_sums", "record"]

_ALIASES = {"sr291": "a2001", "realsr_test": "realsr", "samples_train": "samples"}


@dataclass(frozen=True, kw_only=True)
class Item:
    """One thing to download.

    Attributes:
        address: http, https or file address.
        name: its path below the data set's folder, with ``/``; for an archive, its file name.
        sha256: checksum in hexadecimal; empty where none is known, then the first download's is recorded.
        size: bytes, or None where unknown.
        at_most: bytes of the whole data set, which bound those of a file of unknown size; None where unknown too.
        archive: whether it is to be unpacked.
        scale: the scale whose LR images it holds; None for HR images.
    """

    address: str
    name: str
    sha256: str = ""
    size: int | None = None
    at_most: int | None = None
    archive: bool = False
    scale: int | None = None


@dataclass(frozen=True, kw_only=True)
class Record:
    """One entry of the manifest.

    Attributes:
        name: the name it is registered under.
        card: what is known about it.
        folder: name of its folder below ``downloads/``.
        items: what to download; empty where a program cannot.
        parts: names of the data sets it consists of.
        size: bytes to download, or None.
        home: address of the page that describes it.
    """

    name: str
    card: DatasetCard
    folder: str
    items: tuple[Item, ...]
    parts: tuple[str, ...] = ()
    size: int | None = None
    home: str = ""


def record(name: str, path: Path | None = None) -> Record:
    """Return the manifest's entry for a data set."""
    records = read_manifest(path)
    key = _ALIASES.get(Registry.key(name), Registry.key(name))
    if key not in records:
        raise UnknownName(
            f"The manifest knows no dataset {name!r}, so there is nothing to download. Known: {', '.join(records)}."
        )
    return records[key]


def read_manifest(path: Path | None = None) -> Mapping[str, Record]:
    """Return every entry of a manifest, by name."""
    path = shipped() / "manifest.toml" if path is None else path
    try:
        return _parsed(path, path.stat().st_mtime_ns)
    except OSError as problem:
        raise BadFile(f"The list of datasets {path} cannot be read ({problem}). Install srkit again.") from None


@lru_cache(maxsize=8)
def _parsed(path: Path, _changed: int) -> Mapping[str, Record]:
    try:
        table = tomllib.loads(path.read_text(encoding="utf-8"))
        return {name: _record(name, entry, path.parent) for name, entry in table.items()}
    except (tomllib.TOMLDecodeError, KeyError, TypeError, UnicodeDecodeError) as problem:
        raise BadFile(f"The list of datasets {path} is damaged: {problem!r}.") from None


def _record(name: str, entry: Mapping[str, Any], folder: Path) -> Record:
    card = DatasetCard(
        title=entry["title"],
        images=entry.get("images"),
        citation=entry["citation"],
        terms=entry["terms"],
        use=entry["use"],
        note=entry.get("note", ""),
        how_to_get=entry.get("how_to_get", ""),
    )
    return Record(
        name=name,
        card=card,
        folder=entry.get("folder", entry["title"]),
        items=tuple(_items(entry, folder)),
        parts=tuple(entry.get("parts", ())),
        size=entry.get("bytes"),
        home=entry.get("home", ""),
    )


def _items(entry: Mapping[str, Any], folder: Path) -> list[Item]:
    items = []
    if "base" in entry:
        sums = read_sums(folder / entry["sums"])
        base, most = entry["base"], entry.get("bytes")
        items += [Item(address=base + quote(name), name=name, sha256=sums[name], at_most=most) for name in sums]
    for archive in entry.get("archives", ()):
        items.append(
            Item(
                address=archive["address"],
                name=archive["address"].rsplit("/", 1)[-1],
                sha256=archive.get("sha256", ""),
                size=archive.get("bytes"),
                archive=True,
                scale=archive.get("scale"),
            )
        )
    return items


def read_sums(path: Path) -> dict[str, str]:
    """Return name -> SHA-256 from a file as ``sha256sum`` writes it."""
    sums = {}
    try:
        lines = path.read_text(encoding="utf-8").splitlines()
    except OSError as problem:
        raise BadFile(f"The checksums {path} cannot be read ({problem}). Install srkit again.") from None
    for line in lines:
        digest, _, name = line.partition("  ")
        if len(digest) != 64 or not name:
            raise BadFile(f"{path} has a line that is not '<sha256>  <name>': {line[:80]!r}.")
        sums[name] = digest
    return sums
