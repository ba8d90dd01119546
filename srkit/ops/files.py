"""Reading and writing image files: PNG, JPEG, BMP, TIFF and WebP, always as ``(3, h, w)`` float RGB in [0, 1].

:func:`read` and :func:`write` are for experiments. :func:`read_picture` and :func:`write_picture` also keep what else
the file holds (transparency, 16 bits, grey, orientation, EXIF, colour profile, resolution), so that an enlarged
photograph is the same kind of file as the one that came in.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterable
from pathlib import Path

from torch import Tensor

from srkit.errors import BadFile, BadInput
from srkit.ops._decode import SUFFIXES, decode, kind_of, look
from srkit.ops._encode import SIXTEEN_BITS, as_stored, check_fits, writer_of
from srkit.ops.atomic import atomic_path, check_path, check_place
from srkit.ops.check import check_image
from srkit.ops.picture import Picture, turn_back, without_hidden_colours

__all__ = [
    "SUFFIXES",
    "Picture",
    "check_target",
    "is_image",
    "list_images",
    "natural_key",
    "probe",
    "read",
    "read_picture",
    "write",
    "write_picture",
    "write_strips",
]

IMAGE_LIKE = (
    *SUFFIXES,
    ".gif",
    ".avif",
    ".heic",
    ".heif",
    ".jxl",
    ".jp2",
    ".psd",
    ".tga",
    ".dng",
    ".cr2",
    ".nef",
    ".arw",
)
"""Suffixes of files that people take for pictures, whether they are read here or not."""
PathLike = str | os.PathLike[str]


def read(path: PathLike) -> Tensor:
    """Read an image file as ``(3, h, w)`` float32 RGB in [0, 1], upright.

    Grey becomes three equal channels; transparency is dropped, and where nothing is to be seen at all the colour of the
    nearest visible pixels stands; 16 bits keep their precision; CMYK is converted by its profile of inks. Of an
    animation or a multi-page TIFF, the first image is taken.

    Raises:
        BadFile: missing, a folder, empty, damaged, or not an image; the message says what was found.
    """
    return without_hidden_colours(decode(check_path(path)))


def read_picture(path: PathLike) -> Picture:
    """Read an image file with everything :class:`Picture` records.

    Raises:
        BadFile: as :func:`read`.
    """
    return decode(check_path(path))


def write(
    path: PathLike,
    image: Tensor,
    *,
    alpha: Tensor | None = None,
    depth: int = 8,
    quality: int = 95,
    overwrite: bool = True,
) -> None:
    """Write ``image`` to ``path``; the suffix chooses the format. The file appears whole or not at all.

    Args:
        path: ``.png``, ``.tif``, ``.webp`` (all three lossless), ``.bmp`` or ``.jpg``.
        image: ``(3, h, w)``, or ``(1, h, w)`` for grey, in [0, 1]; rounded to ``depth`` bits, halves upwards, and
            clipped.
        alpha: ``(1, h, w)`` in [0, 1].
        depth: 8, or 16 for PNG and TIFF.
        quality: of JPEG, 1 to 100; colour is not subsampled.
        overwrite: whether a file that is there may be replaced.

    Raises:
        BadInput: not an image, NaN, an unknown suffix, or something the format cannot hold.
        BadFile: the folder is missing, the disk is full, writing is not allowed.
    """
    if depth == 16 and format_of(path) not in SIXTEEN_BITS:
        raise BadInput(f"{Path(path).name!r} would hold 8 bits per channel and 16 were asked for; use .png or .tif.")
    planes = check_image(image, channels=(1, 3))
    like = Picture(rgb=planes, alpha=alpha, depth=depth, grey=planes.shape[-3] == 1)
    _write(path, planes, like, quality, overwrite)


def write_picture(
    path: PathLike, sr: Tensor, *, like: Picture, quality: int = 95, overwrite: bool = True
) -> tuple[str, ...]:
    """Write ``sr`` as the same kind of picture as ``like``, with everything that one carries.

    Grey, transparency, depth and orientation stay; the suffix of ``path`` chooses the format. Transparency of another
    size is enlarged by bicubic interpolation. The sizes in EXIF become those of ``sr``, and its preview goes. A palette
    cannot hold new colours and comes back as RGB or RGBA; CMYK comes back as sRGB. JPEG, BMP and WebP get 8 bits where
    ``like`` had 16.

    Args:
        sr: ``(3, h, w)`` in [0, 1], upright.
        like: what :func:`read_picture` gave for the picture that was enlarged.

    Returns:
        What ``like`` carried and the new file does not, each in a few words.
    """
    return _write(path, check_image(sr), like, quality, overwrite)


def write_strips(
    path: PathLike,
    strips: Iterable[Tensor],
    *,
    size: tuple[int, int],
    like: Picture,
    quality: int = 95,
    overwrite: bool = True,
) -> tuple[str, ...]:
    """Write a picture that comes in strips, as :func:`write_picture` writes a whole one.

    PNG, TIFF, BMP and JPEG hold one strip at a time; WebP holds the whole (4 bytes a pixel and libwebp's own).

    Args:
        strips: ``(3, n, w)`` in [0, 1], from the top down, ``n`` any numbers that add up to ``h``, as the pixels lie in
            the file: upright, but where EXIF goes along and says otherwise.
        like: what :func:`read_picture` gave for the picture that was enlarged, its pixels lying as the strips' do.

    Returns:
        What ``like`` carried and the new file does not, each in a few words.
    """
    write_to, lost = writer_of(strips, file_format=format_of(path), size=size, like=like, quality=quality)
    with atomic_path(path, overwrite=overwrite) as temporary, temporary.open("wb") as file:
        write_to(file)
    return lost


def check_target(path: PathLike, *, transparent: bool, size: tuple[int, int], make: bool = False) -> None:
    """Refuse a target that :func:`write_picture` could not write, before the work is done."""
    target = Path(path)
    check_fits(format_of(path), transparent=transparent, size=size)
    if target.parent.is_dir() or not make:
        check_place(target, overwrite=True)


def check_enlarged(source: PathLike, target: PathLike, scale: float) -> tuple[int, int] | None:
    """Refuse to make ``target`` by enlarging ``source`` where that cannot end well, before the work is done.

    Returns:
        Height and width of the result; None where the beginning of ``source`` does not tell.
    """
    seen = probe(source)
    size = None if seen is None else (max(1, round(scale * seen[0])), max(1, round(scale * seen[1])))
    check_target(target, transparent=seen is not None and seen[2], size=size or (1, 1), make=True)
    return size


def probe(path: PathLike) -> tuple[int, int, bool] | None:
    """Return height, width and whether there is transparency from an image's beginning, or None where it hides them.

    Height and width are those of the pixels as stored.
    """
    return look(check_path(path))


def list_images(folder: PathLike) -> list[Path]:
    """Return the images of a folder in natural order (``2.png`` before ``10.png``), hidden files left out."""
    path = check_path(folder)
    if not path.is_dir():
        raise BadFile(f"{path} is {'a file' if path.exists() else 'missing'}; a folder with images was expected.")
    files = [p for p in path.iterdir() if p.suffix.lower() in SUFFIXES and not p.name.startswith(".") and p.is_file()]
    if not files:
        found = sorted(p.name for p in path.iterdir())[:5]
        raise BadFile(
            f"There is no image ({', '.join(SUFFIXES)}) in {path}, only {', '.join(found) if found else 'nothing'}. "
            "Images in folders below are not looked for."
        )
    return sorted(files, key=lambda p: (natural_key(p.name), p.name))


def is_image(path: PathLike) -> bool:
    """Tell by its first bytes, not by its name, whether a file is an image of a kind that is read here."""
    try:
        with Path(path).open("rb") as file:
            return kind_of(file.read(16)) is not None
    except OSError:
        return False


def natural_key(name: str) -> list[tuple[int, int | str]]:
    """Return a sort key that compares runs of digits as numbers."""
    return [(0, int(part)) if part.isdecimal() else (1, part.lower()) for part in re.split(r"([0-9]+)", name) if part]


def _write(path: PathLike, planes: Tensor, like: Picture, quality: int, overwrite: bool) -> tuple[str, ...]:
    if planes.ndim != 3:
        raise BadInput(f"One image (3, h, w) is written at a time; {tuple(planes.shape)} is a batch: write batch[0].")
    like, orientation = as_stored(like, format_of(path))
    planes = turn_back(planes, orientation)
    size = (planes.shape[-2], planes.shape[-1])
    return write_strips(path, [planes], size=size, like=like, quality=quality, overwrite=overwrite)


def format_of(path: PathLike) -> str:
    """Return the format, as Pillow names it, that the suffix of a target chooses."""
    path = check_path(path)
    if path.suffix.lower() not in SUFFIXES:
        raise BadInput(f"{path.name!r} does not say which format to write; it must end in {', '.join(SUFFIXES)}.")
    return SUFFIXES[path.suffix.lower()]
