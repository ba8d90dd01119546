"""Whole files and folders: a photo in, a larger photo out, of the same format and with its metadata."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from torch import nn

from srkit.datasets.transfer import fetched, is_address
from srkit.errors import BadFile, BadInput, SrkitError
from srkit.inference.bounded import TileChoice, foreseen_bytes
from srkit.inference.enlarge import upscale
from srkit.inference.ensemble import Ensemble
from srkit.inference.mode import network_digest, scale_of
from srkit.inference.tiling import Halo, Progress
from srkit.ops._decode import kind_of
from srkit.ops.files import SUFFIXES, check_enlarged
from srkit.ops.jobs import NOWHERE, Item, carry_out, find_images, plan

__all__ = ["Outcome", "upscale_folder"]

_READ = 32  # bytes for each LR pixel while a picture is read
_ALWAYS = 75e6  # bytes that every picture takes
_WRITTEN = 12_288  # bytes for each pixel of a row of the result, of which 64 are written at once


@dataclass(frozen=True, kw_only=True)
class Outcome:
    """The result for one file."""

    source: Path  # the file read
    target: Path | None = None  # the file written, or None
    problem: SrkitError | None = None  # why nothing was written, or None


def upscale_folder(
    source: str | Path,
    target: str | Path,
    net: nn.Module,
    *,
    tile: TileChoice = "auto",
    halo: Halo = None,
    ensemble: bool | Ensemble = False,
    overwrite: bool = False,
    below: bool = False,
    progress: Callable[[Path], Progress | None] | None = None,
) -> Iterator[Outcome]:
    """Enlarge every image of a folder into another folder, under the same names; yields as it goes.

    A file that cannot be read or written is reported and the rest goes on. A result that is there from an earlier call
    with the same network and settings is kept, so an interrupted call is simply repeated.

    Args:
        source: a folder of images, told by their content.
        target: a folder, made if needed; it may not be ``source``.
        net: a network of the contract.
        tile: as in :func:`srkit.upscale`.
        halo: as in :func:`srkit.upscale`.
        ensemble: as in :func:`srkit.upscale`.
        overwrite: replace files that exist.
        below: also go into the folders below, whose tree the results keep.
        progress: gives, for each file, a function called after each tile.

    Yields:
        One :class:`Outcome` per file, in the natural order of their names.

    Raises:
        BadInput: ``target`` is ``source``.
        BadFile: ``source`` holds no images.
    """
    if not Path(source).is_dir():
        raise BadFile(f"{source} is no folder; a folder with images was expected.")
    wanted, _ = pictures_of([Path(source)], Path(target), f"x{scale_of(net)}", below=below)
    how: dict[str, Any] = {"tile": tile, "halo": halo, "ensemble": ensemble}
    planned = plan_pictures(wanted, net, overwrite=overwrite, **how)
    for item in enlarge_pictures(planned, net, progress=progress, **how):
        written = item.target if item.problem is None else None
        yield Outcome(source=item.source, target=written, problem=item.problem)


def pictures_of(
    sources: Sequence[str | Path],
    out: Path | None,
    word: str,
    *,
    suffix: str = "",
    below: bool = False,
    in_folders: str = "",
) -> tuple[list[Item], list[tuple[Path, str]]]:
    """Return an item for each picture that files, folders and addresses stand for, and what was left out and why.

    Args:
        sources: what is given by name is taken, whatever it is; what an address gives is fetched, and called by it.
        out: where results go, a file where there is one picture; None is beside each file as ``NAME_word``, beside a
            folder as ``FOLDER_word``, and for an address here.
        word: what results are called by.
        suffix: of the results; by default that of each picture.
        below: also go into the folders of a folder.
        in_folders: ends the names of results in other folders, which are otherwise those of the pictures.

    Raises:
        BadFile: a source does not exist, or there is no picture.
        BadInput: one file is named for several pictures, or results would go into the folder that is read.
    """
    names_one = out is not None and bool(out.suffix) and not out.is_dir()
    if names_one and (len(sources) > 1 or Path(sources[0]).is_dir()):
        raise BadInput(f"--out {out} names one file and there are several pictures; give a folder.")
    found: list[Item] = []
    left: list[tuple[Path, str]] = []
    for source in sources:
        if is_address(source) or not Path(source).is_dir():
            item = _called_by(str(source)) if is_address(source) else Item(source=Path(source), target=NOWHERE)
            home = Path.cwd() if item.address else Path(source).parent
            end = in_folders if out is not None else f"_{word}"
            target = (out or home) / f"{item.source.stem}{end}{suffix or item.source.suffix}"
            found.append(replace(item, target=out if names_one and out is not None else target))
            continue
        home = Path(source).resolve()
        place = out or home.with_name(f"{home.name}_{word}")
        if place.resolve() == home:
            raise BadInput(f"{source} was given as the folder to read and to write; choose another folder for results.")
        images, others = find_images(Path(source), below=below)
        for path in images:
            if place.resolve() not in path.resolve().parents:
                inside = place / path.relative_to(source)
                target = inside.with_name(f"{path.stem}{in_folders}{suffix or path.suffix}")
                found.append(Item(source=path, target=target))
        left += others
    if not found:
        named = ", ".join(f"{path.name} ({why})" for path, why in left[:5])
        given = ", ".join(map(str, sources))
        raise BadFile(f"There is no picture in {given}{f', only {named}' if named else ''}.")
    return found, left


def _called_by(address: str) -> Item:
    """Return an item for what an address gives, refused where that is no picture."""
    try:
        path = fetched(address)
        kind = kind_of(path.read_bytes()[:16])
        if kind is None:
            raise BadFile(f"{address} gives no image srkit reads (PNG, JPEG, BMP, TIFF, WebP).")
    except SrkitError as problem:
        return Item(source=Path(address), target=NOWHERE, address=address, state="refused", problem=problem)
    suffixes = [suffix for suffix in SUFFIXES if SUFFIXES[suffix] == kind]
    named = path if path.suffix.lower() in suffixes else path.rename(path.with_name(path.name + suffixes[0]))
    return Item(source=named, target=NOWHERE, address=address)


def plan_pictures(
    wanted: Sequence[Item],
    net: nn.Module,
    *,
    overwrite: bool = False,
    tile: TileChoice = "auto",
    halo: Halo = None,
    ensemble: bool | Ensemble = False,
    said: Mapping[str, Any] | None = None,
) -> list[Item]:
    """Plan the enlargement of pictures: which are to do, which are kept from before, which cannot be done and why.

    Args:
        said: further settings that decide the result, for the journal.
    """
    scale = scale_of(net)
    settings = {"network": network_digest(net), "scale": scale, "ensemble": str(ensemble), **(said or {})}

    def check(item: Item) -> tuple[int, int] | None:
        return check_enlarged(item.source, item.target, scale)

    def memory(item: Item) -> float:
        height, width = item.size or (scale, scale)
        whole = 8 * height * width if item.target.suffix.lower() == ".webp" else 0  # no strips: libwebp holds it too
        lr = (height // scale, width // scale)
        if getattr(net, "trains", False):
            return foreseen_bytes(net, lr, ensemble=False) + whole
        held = foreseen_bytes(net, lr, tile=tile, halo=halo, ensemble=ensemble) + _WRITTEN * width
        return _ALWAYS + max(_READ * math.prod(lr), held) + whole

    items = [replace(item, settings=settings) for item in wanted]
    return plan(items, overwrite=overwrite, check=check, memory=memory)


def enlarge_pictures(
    planned: Sequence[Item],
    net: nn.Module,
    *,
    tile: TileChoice = "auto",
    halo: Halo = None,
    ensemble: bool | Ensemble = False,
    progress: Callable[[Path], Progress | None] | None = None,
) -> Iterator[Item]:
    """Carry out a plan of :func:`plan_pictures`; arguments as in :func:`upscale_folder`."""

    def work(item: Item) -> None:
        watch = progress(item.source) if progress is not None else None
        options: dict[str, Any] = {"tile": tile, "halo": halo, "ensemble": ensemble, "progress": watch}
        upscale(item.source, net, out=item.target, overwrite=True, **options)

    yield from carry_out(planned, work)
