"""From a file to a :class:`Picture`; everything that can be wrong with a file becomes a sentence here."""

from __future__ import annotations

import difflib
import struct
import sys
import zlib
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from PIL import Image, ImageFile, UnidentifiedImageError

from srkit.errors import BadFile
from srkit.ops.picture import Picture, upright

__all__ = ["FORMATS", "SUFFIXES", "decode"]

FORMATS = ("PNG", "JPEG", "BMP", "TIFF", "WEBP")
SUFFIXES = {
    ".png": "PNG",
    ".jpg": "JPEG",
    ".jpeg": "JPEG",
    ".bmp": "BMP",
    ".tif": "TIFF",
    ".tiff": "TIFF",
    ".webp": "WEBP",
}
_ORIENTATION = 0x0112
_BROKEN = (OSError, SyntaxError, ValueError, EOFError, IndexError, KeyError, TypeError, struct.error, zlib.error)
_BEGINNINGS = (
    (b"version https://git-lfs", "a Git LFS pointer, not the image itself; `git lfs pull` fetches it"),
    (b"<!DOCTYPE", "a web page; the download probably failed"),
    (b"<html", "a web page; the download probably failed"),
    (b"%PDF", "a PDF"),
    (b"PK\x03\x04", "a zip archive"),
    (b"\x1f\x8b", "a gzip archive"),
    (b"GIF8", "a GIF, which is not read here; convert it to PNG"),
)


def decode(path: Path) -> Picture:
    """Read the file at ``path``.

    Raises:
        BadFile: missing, a folder, empty, not an image, truncated, damaged, of a kind that is not read, or so large
            that it may be an attack.
    """
    _check_exists(path)
    try:
        with Image.open(path, formats=FORMATS) as image:
            return _picture(image, path)
    except BadFile:
        raise
    except UnidentifiedImageError:
        raise BadFile(f"{path} is not an image srkit reads (PNG, JPEG, BMP, TIFF, WebP): {_beginning(path)}.") from None
    except Image.DecompressionBombError as error:
        raise BadFile(f"{path} claims to be far larger than a picture: {error}. It was not opened.") from None
    except MemoryError:
        raise BadFile(f"{path} does not fit into memory.") from None
    except _BROKEN as error:
        raise BadFile(
            f"{path} begins like an image but is damaged or incomplete ({path.stat().st_size} bytes; {error}). "
            "Get the file again from where it came from."
        ) from error


def _check_exists(path: Path) -> None:
    if path.is_dir():
        raise BadFile(
            f"{path} is a folder and an image file was expected; srkit.ops.files.list_images lists its images."
        )
    if not path.exists():
        raise BadFile(f"There is no file {path}.{_near(path)}")
    if path.stat().st_size == 0:
        raise BadFile(f"{path} is empty (0 bytes). A copy or a download was interrupted; get the file again.")


def _near(path: Path) -> str:
    if not path.parent.is_dir():
        return f" The folder {path.parent} does not exist either."
    names = difflib.get_close_matches(path.name, [p.name for p in path.parent.iterdir()], n=3, cutoff=0.6)
    return f" In {path.parent} there is {', '.join(names)}." if names else ""


def _beginning(path: Path) -> str:
    with path.open("rb") as file:
        head = file.read(64)
    for start, meaning in _BEGINNINGS:
        if head.startswith(start):
            return f"it is {meaning}"
    if all(byte in b"\t\n\r" or 32 <= byte < 127 for byte in head):
        return f"it is text that begins {head[:24].decode()!r}"
    return f"its first bytes are {head[:8].hex(' ')}"


def _picture(image: ImageFile.ImageFile, path: Path) -> Picture:
    mode, info, file_format = image.mode, dict(image.info), image.format or "PNG"
    levels, depth = _levels(image, path)  # (h, w, c), 0…2^depth - 1
    orientation = int(image.getexif().get(_ORIENTATION, 1)) if file_format != "TIFF" else 1  # Pillow turns TIFF itself
    orientation = orientation if 1 <= orientation <= 8 else 1
    planes = torch.from_numpy(levels.astype(np.float32)).permute(2, 0, 1) / (2**depth - 1)  # (c, h, w)
    planes = upright(planes, orientation)
    grey = len(planes) <= 2
    return Picture(
        rgb=(planes[:1].expand(3, -1, -1) if grey else planes[:3]).contiguous(),
        alpha=planes[-1:].contiguous() if len(planes) in (2, 4) else None,
        grey=grey,
        depth=depth,
        format=file_format,
        mode=mode,
        orientation=orientation,
        exif=info.get("exif") if isinstance(info.get("exif"), bytes) else None,
        icc=info.get("icc_profile") or None if mode != "CMYK" else None,
        dpi=_dpi(info.get("dpi")),
    )


def _dpi(given: Any) -> tuple[float, float] | None:
    try:
        pair = (float(given[0]), float(given[1]))
    except (TypeError, ValueError, IndexError, ZeroDivisionError):
        return None
    return pair if min(pair) > 0 and max(pair) < 1e6 else None


def _levels(image: ImageFile.ImageFile, path: Path) -> tuple[NDArray[Any], int]:
    """Return the pixels ``(h, w, c)`` with c = 1 grey, 2 grey and alpha, 3 RGB, 4 RGBA, and the bits per channel."""
    if image.mode in ("RGB", "RGBA", "LA") and any(";16" in _raw_mode(tile) for tile in image.tile):
        return _sixteen_bits(image, path), 16
    if image.mode.startswith("I"):
        grey = np.asarray(image).astype(np.int64)
        if grey.min() < 0 or grey.max() > 65535:
            raise BadFile(
                f"{path} holds 32-bit whole numbers from {grey.min()} to {grey.max()}; save it with 8 or 16 bits."
            )
        return grey[:, :, None], 16
    if image.mode == "F":
        raise BadFile(f"{path} holds 32-bit floats, whose white is not defined; save it with 8 or 16 bits per channel.")
    grey_mode = image.mode in ("1", "L", "LA", "La")
    target = ("LA" if grey_mode else "RGBA") if image.has_transparency_data else ("L" if grey_mode else "RGB")
    image.load()
    pixels = np.asarray(image if image.mode == target else image.convert(target))
    return (pixels[:, :, None] if pixels.ndim == 2 else pixels), 8


def _raw_mode(tile: Any) -> str:
    return str(tile.args[0] if isinstance(tile.args, tuple) else tile.args)


def _sixteen_bits(image: ImageFile.ImageFile, path: Path) -> NDArray[Any]:
    """Read 16-bit colour, of which Pillow keeps the high bytes: decode twice, once with the bytes swapped."""
    if any(_raw_mode(tile) == "LA;16B" for tile in image.tile):
        return _two_channels(path)
    high = np.asarray(image).astype(np.uint16)
    native = "L" if sys.byteorder == "little" else "B"
    with Image.open(path, formats=FORMATS) as again:
        again.tile = [_with_bytes_swapped(tile, native) for tile in again.tile]
        low = np.asarray(again).astype(np.uint16)
    return high * 256 + low


def _with_bytes_swapped(tile: Any, native: str) -> Any:
    mode, end = _raw_mode(tile)[:-1], _raw_mode(tile)[-1]
    swapped = mode + ("B" if (native if end == "N" else end) == "L" else "L")
    return tile._replace(args=(swapped, *tile.args[1:]) if isinstance(tile.args, tuple) else swapped)


def _two_channels(path: Path) -> NDArray[Any]:
    """Read a PNG of grey and alpha with 16 bits each: its four bytes per pixel are unpacked as if they were RGBA."""
    with Image.open(path, formats=FORMATS) as image:
        image.tile = [tile._replace(args="RGBA") for tile in image.tile]
        high_low = np.asarray(image).astype(np.uint16)  # (h, w, 4): grey high, grey low, alpha high, alpha low
    return high_low[:, :, 0::2] * 256 + high_low[:, :, 1::2]
