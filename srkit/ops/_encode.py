"""What each format can hold, and the way of strips of pixels into the bytes of a file."""

from __future__ import annotations

import struct
from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace
from typing import Any, BinaryIO

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from srkit.errors import BadFile, BadInput
from srkit.ops._carried import Carried, resized_exif, said_in_xmp
from srkit.ops._tiff import directories_of
from srkit.ops._writers import BLOCK, Shape, blocks_of, write_bmp, write_jpeg, write_png, write_tiff, write_webp
from srkit.ops.check import check_image
from srkit.ops.color import luma
from srkit.ops.device import exact
from srkit.ops.picture import Picture, turn_back
from srkit.ops.pixels import levels
from srkit.ops.resize import imresize

__all__ = [
    "LONGEST",
    "SIXTEEN_BITS",
    "as_levels",
    "as_stored",
    "check_fits",
    "encode",
    "holds",
    "planes_of",
    "writer_of",
]

SIXTEEN_BITS = ("PNG", "TIFF")

LONGEST = {"JPEG": 65_500, "WEBP": 16_383}
"""The longest side a format can hold in pixels, where there is a limit a picture can meet."""
_JPEG_SEGMENT = 65_533
_REACH = 4  # LR pixels that a bicubic enlargement of a strip needs around it, and some
_LARGEST_BMP = 2**32 - 2**16  # bytes, which its head counts with 32 bits


def writer_of(
    strips: Iterable[Tensor], *, file_format: str, size: tuple[int, int], like: Picture, quality: int
) -> tuple[Callable[[BinaryIO], None], tuple[str, ...]]:
    """Return the function that writes a picture to an open file, and what of ``like`` is lost.

    Args:
        strips: ``(3, n, w)``, of a grey picture ``(1, n, w)``, too, in [0, 1], from the top down, as they will lie.
        like: the picture whose kind, transparency and belongings it gets, as :func:`as_stored` gives it.
    """
    if like.depth not in (8, 16) or not 1 <= quality <= 100:
        raise BadInput(f"depth is 8 or 16 and quality 1 to 100; {like.depth} and {quality} were given.")
    depth = like.depth if file_format in SIXTEEN_BITS else 8
    beside = holds(file_format, like.carried)
    height, width = size
    if beside.exif and size != tuple(like.rgb.shape[-2:]):
        beside = replace(beside, exif=resized_exif(beside.exif, width=width, height=height))
    if beside.xmp and size != tuple(like.rgb.shape[-2:]):
        sizes = {"tiff:ImageWidth": width, "tiff:ImageLength": height}
        sizes |= {"exif:PixelXDimension": width, "exif:PixelYDimension": height}
        beside = replace(beside, xmp=said_in_xmp(beside.xmp, sizes))
    rows = (as_levels(planes, depth) for planes in planes_of(strips, like, size))
    shape = Shape(height, width, (1 if like.grey else 3) + (like.alpha is not None), depth)

    def write_to(file: BinaryIO) -> None:
        encode(file, rows, shape, file_format=file_format, beside=beside, quality=quality)

    return write_to, beside.lost


def as_stored(picture: Picture, file_format: str) -> tuple[Picture, int]:
    """Return a picture as its pixels will lie in a file of some format, and how that is: EXIF's orientation, 1 to 8."""
    kept = holds(file_format, picture.carried).orientation
    orientation = kept if kept == picture.orientation and file_format != "TIFF" else 1
    alpha = None if picture.alpha is None else turn_back(picture.alpha, orientation)
    beside = picture.carried
    if beside.xmp:
        beside = replace(beside, xmp=said_in_xmp(beside.xmp, {"tiff:Orientation": orientation}))
    return replace(picture, rgb=turn_back(picture.rgb, orientation), alpha=alpha, carried=beside), orientation


def planes_of(strips: Iterable[Tensor], like: Picture, size: tuple[int, int]) -> Iterator[Tensor]:
    """Yield the channels ``(c, n, w)`` to be stored, few rows at once: grey where ``like`` is, its alpha enlarged."""
    alpha = None if like.alpha is None else _alpha_of(check_image(like.alpha, name="alpha", channels=(1,)), size)
    first = 0
    for strip in strips:
        for start in range(0, strip.shape[-2], BLOCK):
            rows = check_image(strip[..., start : start + BLOCK, :], channels=(1, 3)).detach()
            planes = luma(rows) if like.grey and len(rows) == 3 else rows
            planes = planes if planes.element_size() >= 4 else planes.float()
            last = first + planes.shape[-2]
            yield planes if alpha is None else torch.cat([planes, alpha(first, last).to(planes)])  # (c, n, w)
            first = last


def _alpha_of(alpha: Tensor, size: tuple[int, int]) -> Callable[[int, int], Tensor]:
    """Return what gives rows of the transparency ``(1, last - first, w)``, enlarged by bicubic interpolation."""
    height, width = alpha.shape[-2:]
    scale = size[0] // height
    if size != (scale * height, scale * width):
        whole = imresize(alpha.detach(), size=size).clamp(0, 1)
        return lambda first, last: whole[:, first:last]

    def rows(first: int, last: int) -> Tensor:
        top, below = max(0, first // scale - _REACH), min(height, -(-last // scale) + _REACH)
        part = alpha.detach()[:, top:below]
        large = part if scale == 1 else imresize(part, scale).clamp(0, 1)
        return large[:, first - top * scale : last - top * scale]

    return rows


def encode(
    file: BinaryIO,
    strips: Iterable[NDArray[Any]],
    shape: Shape,
    *,
    file_format: str,
    beside: Carried,
    quality: int = 95,
) -> None:
    """Write strips ``(n, w, c)`` of uint8 or uint16, from the top down, to an empty file that can be sought in.

    Args:
        strips: of any heights; no more of them is held at once than their maker holds, but for WebP (4 bytes a pixel).
    """
    check_fits(file_format, transparent=shape.channels in (2, 4), size=(shape.height, shape.width))
    if (file_format, shape.channels, shape.depth) == ("TIFF", 2, 16):  # few programs read 16-bit grey and alpha there
        shape, strips = shape._replace(channels=4), (strip[:, :, [0, 0, 0, 1]] for strip in strips)
    not_ours: list[Exception] = []
    blocks = blocks_of(_watched(strips, not_ours))
    try:
        if file_format == "JPEG":
            write_jpeg(file, blocks, shape, quality=quality, kept=_kept(beside), iptc=beside.iptc)
        elif file_format == "WEBP":
            write_webp(file, blocks, shape, kept=_kept(beside))
        else:
            {"PNG": write_png, "TIFF": write_tiff, "BMP": write_bmp}[file_format](file, blocks, shape, beside)
    except OSError as error:
        if error.errno is not None or error in not_ours:
            raise
        raise _gave_up(file_format, error) from error
    except (ValueError, TypeError, SystemError, struct.error) as error:
        if error in not_ours:
            raise
        raise _gave_up(file_format, error) from error


def _watched(strips: Iterable[NDArray[Any]], failed: list[Exception]) -> Iterator[NDArray[Any]]:
    """Note what was raised in making the strips, which is no error of the encoder."""
    try:
        yield from strips
    except Exception as error:
        failed.append(error)
        raise


def _gave_up(file_format: str, error: Exception) -> BadFile:
    return BadFile(f"The picture could not be written: the {file_format} encoder says {str(error).rstrip('.')!r}.")


def holds(file_format: str, beside: Carried) -> Carried:
    """Return what of a picture's belongings a format can hold; ``lost`` names the rest."""
    kept = {
        "exif": beside.exif if file_format in ("PNG", "JPEG", "WEBP") else None,
        "iptc": beside.iptc if file_format in ("JPEG", "TIFF") else None,
        "icc": beside.icc if file_format != "BMP" else None,
        "dpi": beside.dpi if file_format != "WEBP" else None,
        "xmp": beside.xmp if file_format != "BMP" else None,
        "comment": beside.comment if file_format == "JPEG" else None,
        "chunks": beside.chunks if file_format == "PNG" else (),
    }
    if file_format == "TIFF" and beside.exif and directories_of(beside.exif) is not None:
        kept["exif"] = beside.exif
    for name in ("exif", "xmp", "iptc", "comment"):
        if file_format == "JPEG" and len(kept[name] or b"") > _JPEG_SEGMENT - 64:
            kept[name] = None
    words = {
        "exif": "EXIF",
        "icc": "the colour profile",
        "dpi": "the resolution",
        "xmp": "XMP",
        "iptc": "IPTC",
        "comment": "the comment",
    }
    lost = [words[name] for name in words if getattr(beside, name) and not kept[name]]
    if beside.chunks and not kept["chunks"]:
        lost.append(f"the PNG chunks {', '.join(sorted({kind.decode() for kind, _ in beside.chunks}))}")
    return Carried(**kept, lost=(*beside.lost, *lost))  # type: ignore[arg-type]


def _kept(beside: Carried) -> dict[str, Any]:
    """Return what Pillow is to write beside the pixels."""
    given = {"icc_profile": beside.icc, "dpi": beside.dpi, "exif": beside.exif, "xmp": beside.xmp}
    given |= {"comment": beside.comment}
    return {name: value for name, value in given.items() if value is not None}


def as_levels(x: Tensor, depth: int) -> NDArray[Any]:
    """Round ``(c, h, w)`` in [0, 1] to whole numbers ``(h, w, c)`` of ``depth`` bits, halves upwards."""
    if depth == 8:  # the very rounding under which results are measured
        return np.ascontiguousarray(levels(x).to(torch.uint8).permute(1, 2, 0).cpu().numpy())
    whole = (exact(x).clamp(0, 1) * 65535 + 0.5).floor().permute(1, 2, 0)  # (h, w, c)
    return np.ascontiguousarray(whole.cpu().numpy().astype(np.uint16))


def check_fits(file_format: str, *, transparent: bool, size: tuple[int, ...]) -> None:
    """Refuse a picture that a format cannot hold; called before the work as well as after it."""
    if transparent and file_format in ("JPEG", "BMP"):
        raise BadInput(f"{file_format} files written here hold no transparency; use .png, .tif or .webp.")
    if file_format == "BMP" and 3 * size[0] * size[1] > _LARGEST_BMP:
        raise BadInput(f"BMP holds at most 4 GB and the result has {size[1]:,} x {size[0]:,} pixels; use .png or .tif.")
    longest = LONGEST.get(file_format)
    if longest is not None and max(size) > longest:
        raise BadInput(
            f"{file_format} holds at most {longest:,} pixels a side and the result has {size[1]:,} x {size[0]:,}; "
            "use .png or .tif."
        )
