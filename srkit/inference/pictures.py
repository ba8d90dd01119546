"""Whole files and folders: a photo in, a larger photo out, of the same kind and with everything it carried."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from torch import nn

from srkit.errors import BadFile, BadInput, SrkitError
from srkit.inference.enlarge import TileChoice, upscale
from srkit.inference.ensemble import Ensemble
from srkit.inference.mode import scale_of
from srkit.inference.reach import measure_reach
from srkit.inference.tiling import Halo, Progress
from srkit.ops.files import check_target, list_images, read_picture, write_picture
from srkit.ops.picture import without_hidden_colours

__all__ = ["Outcome", "default_target", "upscale_file", "upscale_folder"]


@dataclass(frozen=True, kw_only=True)
class Outcome:
    """What became of one file.

    Attributes:
        source: the file read.
        target: the file written, or None.
        problem: why nothing was written, or None.
    """

    source: Path
    target: Path | None = None
    problem: SrkitError | None = None


def upscale_file(
    source: str | Path,
    target: str | Path,
    net: nn.Module,
    *,
    tile: TileChoice = "auto",
    halo: Halo = None,
    ensemble: bool | Ensemble = False,
    overwrite: bool = False,
    progress: Progress | None = None,
) -> Path:
    """Enlarge one image file; transparency, bit depth, colour profile, EXIF, XMP and texts go along.

    Colour is the network's work; what lies hidden under full transparency does not reach it. Transparency, which no
    network was trained on, is enlarged by bicubic interpolation. Whatever cannot be carried over is named in a warning.
    Whatever the target cannot hold is refused before the network runs.

    Args:
        source: an image file.
        target: the file to write; its suffix decides the format.
        net: a network of the contract.
        tile: as in :func:`srkit.upscale`.
        halo: as in :func:`srkit.upscale`.
        ensemble: as in :func:`srkit.upscale`.
        overwrite: replace ``target`` if it exists.
        progress: called as ``progress(done, total)`` after each tile.

    Returns:
        The path written.

    Raises:
        BadInput: ``target`` exists and ``overwrite`` is off, or it is ``source`` itself.
        BadFile: ``source`` is no readable image, or ``target`` cannot be written; nothing is left behind.
    """
    source, target = Path(source), Path(target)
    _refuse_to_destroy(source, target, overwrite=overwrite)
    picture, scale = read_picture(source), scale_of(net)
    check_target(target, like=picture, size=(scale * picture.rgb.shape[-2], scale * picture.rgb.shape[-1]))
    lr = without_hidden_colours(picture)
    sr = upscale(lr, net, tile=tile, halo=halo, ensemble=ensemble, progress=progress)
    lost = write_picture(target, sr, like=picture, overwrite=overwrite)
    if lost:
        warnings.warn(f"{source}: not carried over to {target.name}: {'; '.join(lost)}.", RuntimeWarning, stacklevel=2)
    return target


def upscale_folder(
    source: str | Path,
    target: str | Path,
    net: nn.Module,
    *,
    tile: TileChoice = "auto",
    halo: Halo = None,
    ensemble: bool | Ensemble = False,
    overwrite: bool = False,
    progress: Callable[[Path], Progress | None] | None = None,
) -> Iterator[Outcome]:
    """Enlarge every image of a folder into another folder, under the same names; yields as it goes.

    A file that cannot be read or is already there is reported and the rest goes on.

    Args:
        source: a folder of images.
        target: a folder, made if needed; it may not be ``source``.
        net: a network of the contract.
        tile: as in :func:`srkit.upscale`.
        halo: as in :func:`srkit.upscale`.
        ensemble: as in :func:`srkit.upscale`.
        overwrite: replace files that exist.
        progress: gives, for each file, a function called after each tile.

    Yields:
        One :class:`Outcome` per file, in the natural order of their names.

    Raises:
        BadInput: ``target`` is ``source``.
        BadFile: ``source`` holds no images, or ``target`` cannot be made.
    """
    source, target = Path(source), Path(target)
    if target.resolve() == source.resolve():
        raise BadInput(f"{source} was given as the folder to read and to write; choose another folder for the results.")
    found = list_images(source)
    _make_folder(target)
    if halo is None and isinstance(tile, int):
        halo = measure_reach(net)
    for path in found:
        watch = progress(path) if progress is not None else None
        try:
            written = upscale_file(
                path,
                target / path.name,
                net,
                tile=tile,
                halo=halo,
                ensemble=ensemble,
                overwrite=overwrite,
                progress=watch,
            )
        except SrkitError as problem:
            yield Outcome(source=path, problem=problem)
        else:
            yield Outcome(source=path, target=written)


def default_target(source: Path, net: nn.Module) -> Path:
    """Return where the result goes when nobody says: beside ``source``, as ``<name>_x<scale>`` with its suffix."""
    return source.with_name(f"{source.stem}_x{scale_of(net)}{source.suffix}")


def _refuse_to_destroy(source: Path, target: Path, *, overwrite: bool) -> None:
    if target.exists() and source.exists() and target.resolve() == source.resolve():
        raise BadInput(f"{source} would be replaced by its own enlargement; choose another name for the result.")
    if target.exists() and not overwrite:
        raise BadInput(f"{target} exists already. Choose another name, or say overwrite=True (--overwrite).")


def _make_folder(folder: Path) -> None:
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise BadFile(f"The folder {folder} cannot be made ({error.strerror}).") from error
