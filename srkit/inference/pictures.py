"""Whole files and folders: a photo in, a larger photo out, of the same kind and with everything it carried."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import torch
from torch import nn

from srkit.errors import BadFile, BadInput, SrkitError
from srkit.inference.bounded import TileChoice
from srkit.inference.enlarge import upscale
from srkit.inference.ensemble import Ensemble
from srkit.inference.mode import scale_of
from srkit.inference.tiling import Halo, Progress
from srkit.ops.files import check_enlarged
from srkit.ops.jobs import Item, carry_out, code_of, find_images, plan

__all__ = ["Outcome", "default_target", "upscale_folder"]


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
    wanted, left = pictures_of([Path(source)], Path(target), net, below=below)
    if not wanted:
        named = ", ".join(f"{path.name} ({why})" for path, why in left[:5])
        raise BadFile(f"There is no image in {source}{f', only {named}' if named else ''}.")
    planned = plan_pictures(wanted, net, overwrite=overwrite, ensemble=ensemble)
    for item in enlarge_pictures(planned, net, tile=tile, halo=halo, ensemble=ensemble, progress=progress):
        written = item.target if item.problem is None else None
        yield Outcome(source=item.source, target=written, problem=item.problem)


def pictures_of(
    sources: Sequence[Path], out: Path | None, net: nn.Module, *, below: bool = False
) -> tuple[list[Item], list[tuple[Path, str]]]:
    """Return which pictures files and folders stand for and where their results go, and what was left out and why.

    Args:
        sources: files and folders; what is given by name is taken, whatever it is.
        out: a folder, or a file where there is one source; by default beside each source, with the scale in the name.
    """
    found: list[Item] = []
    left: list[tuple[Path, str]] = []
    for source in sources:
        if not source.is_dir():
            found.append(Item(source=source, target=_target_of_file(source, out, net)))
            continue
        home = source.resolve()
        folder = out if out is not None else home.with_name(f"{home.name}_x{scale_of(net)}")
        if folder.resolve() == home:
            raise BadInput(f"{source} was given as the folder to read and to write; choose another folder for results.")
        images, others = find_images(source, below=below)
        inside = [path for path in images if folder.resolve() not in path.resolve().parents]
        found += [Item(source=path, target=folder / path.relative_to(source)) for path in inside]
        left += others
    return found, left


def plan_pictures(
    wanted: Sequence[Item],
    net: nn.Module,
    *,
    overwrite: bool = False,
    ensemble: bool | Ensemble = False,
    said: Mapping[str, Any] | None = None,
) -> list[Item]:
    """Plan the enlargement of pictures: what is to do, what is kept from before, what cannot be and why.

    Args:
        said: further settings that decide the result, for the journal.
    """
    scale = scale_of(net)
    settings = {"network": network_digest(net), "scale": scale, "ensemble": str(ensemble), **(said or {})}

    def check(item: Item) -> tuple[int, int] | None:
        return check_enlarged(item.source, item.target, scale)

    return plan([replace(item, settings=settings) for item in wanted], overwrite=overwrite, check=check)


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


def network_digest(net: nn.Module) -> str:
    """Return a digest of a network's class, scale, weights and ``extra_repr``: equal for equal networks.

    The code of classes that are neither srkit's nor PyTorch's counts too, since it is rewritten between two calls.
    """
    kind = f"{type(net).__module__}.{type(net).__qualname__} x{scale_of(net)}{net.extra_repr()}"
    own = {type(part) for part in net.modules() if type(part).__module__.split(".")[0] not in ("srkit", "torch")}
    forwards = [one.forward for one in sorted(own, key=lambda one: one.__qualname__)]
    seen = hashlib.sha256(f"{kind} {code_of(*forwards) if forwards else ''}".encode())
    for name, value in net.state_dict().items():
        seen.update(f"{name} {value.dtype} {tuple(value.shape)}".encode())
        seen.update(value.detach().contiguous().cpu().reshape(-1).view(torch.uint8).numpy().tobytes())
    return seen.hexdigest()


def default_target(source: Path, net: nn.Module) -> Path:
    """Return where the result goes by default: beside ``source``, as ``<name>_x<scale>`` with its suffix."""
    return source.with_name(f"{source.stem}_x{scale_of(net)}{source.suffix}")


def _target_of_file(source: Path, out: Path | None, net: nn.Module) -> Path:
    if out is None:
        return default_target(source, net)
    return out / source.name if out.is_dir() or not out.suffix else out
