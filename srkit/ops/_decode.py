"""From a file to a :class:`Picture`; every problem of a file becomes an error with an explanation."""

from __future__ import annotations

import contextlib
import difflib
import io
import os
import struct
import sys
import zlib
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from PIL import Image, ImageCms, ImageFile

from srkit.errors import BadFile
from srkit.ops._carried import PNG_START, Carried, carried, png_pixels
from srkit.ops._foreign import what_it_is
from srkit.ops._tiff import check_form, unread_form
from srkit.ops.device import free_bytes
from srkit.ops.picture import Picture, upright

__all__ = ["SUFFIXES", "decode", "decode_bytes", "from_levels", "from_pillow", "kind_of", "look"]

SUFFIXES = {
    ".png": "PNG",
    ".jpg": "JPEG",
    ".jpeg": "JPEG",
    ".bmp": "BMP",
    ".tif": "TIFF",
    ".tiff": "TIFF",
    ".webp": "WEBP",
}
_MOST_MEGAPIXELS = 500
_PHOTOMETRIC = 262  # the TIFF tag that says whether 0 is black or white
_BYTES_PER_PIXEL = 32  # while a picture is decoded and turned into floats
_STARTS = {
    PNG_START: "PNG",
    b"\xff\xd8\xff": "JPEG",
    b"BM": "BMP",
    b"II*\0": "TIFF",
    b"MM\0*": "TIFF",
    b"II+\0": "TIFF",
    b"MM\0+": "TIFF",
}
_BROKEN = (
    Image.DecompressionBombError,
    OSError,
    SyntaxError,
    ValueError,
    EOFError,
    IndexError,
    KeyError,
    TypeError,
    struct.error,
    zlib.error,
)


def decode(path: Path) -> Picture:
    """Read the file at ``path``."""
    _check_exists(path)
    try:
        data = path.read_bytes()
    except PermissionError as error:
        raise BadFile(f"{path} may not be read ({error.strerror}).") from None
    except OSError as error:
        raise BadFile(f"{path} cannot be read ({error.strerror or error}).") from None
    except MemoryError:
        raise BadFile(f"{path} does not fit into memory.") from None
    return decode_bytes(data, str(path))


def decode_bytes(data: bytes, name: str) -> Picture:
    """Read an image file that is in memory already; messages call it ``name``."""
    try:
        pixels = png_pixels(data) if data.startswith(PNG_START) else data
        with _open(pixels, name) as image:
            _check_size(image.size, name)
            return _picture(image, data, name, lambda: _open(pixels, name))
    except BadFile:
        raise
    except MemoryError:
        raise BadFile(f"{name} does not fit into memory.") from None
    except _BROKEN as error:
        if kind_of(data) == "TIFF" and (form := unread_form(data)):
            raise BadFile(f"{name} is no picture that srkit reads: {form}; save it with 8 or 16 bits.") from error
        raise BadFile(
            f"{name} begins like an image but is damaged or incomplete ({len(data)} bytes; {error}). "
            "Get the file again from where it came from."
        ) from error


def look(path: Path) -> tuple[int, int, bool] | None:
    """Return height, width and transparency from the beginning of a file; None where its head cannot be read."""
    _check_exists(path)
    with path.open("rb") as file:
        head = file.read(64)
        kind = kind_of(head)
        if kind is None:
            raise BadFile(f"{path} is not an image srkit reads (PNG, JPEG, BMP, TIFF, WebP): {what_it_is(head)}.")
        if kind not in Image.OPEN:
            Image.init()
        file.seek(0)
        try:
            with Image.OPEN[kind][0](file, "") as image:
                _check_form(image, str(path))
                seen = image.height, image.width, bool(image.has_transparency_data)
        except _BROKEN:
            return None
    _check_size((seen[1], seen[0]), str(path))
    return seen


def _open(data: bytes, name: str) -> ImageFile.ImageFile:
    """Open an image as ``Image.open`` does, but tell its kind by its first bytes and leave its size to the caller."""
    kind = kind_of(data)
    if kind is None:
        raise BadFile(f"{name} is not an image srkit reads (PNG, JPEG, BMP, TIFF, WebP): {what_it_is(data)}.")
    if kind not in Image.OPEN:
        Image.init()
    image: ImageFile.ImageFile = Image.OPEN[kind][0](io.BytesIO(data), "")
    _check_form(image, name)
    return image


def _check_form(image: Any, name: str) -> None:
    if image.format == "TIFF":
        check_form(image.tag_v2, name)


def kind_of(data: bytes) -> str | None:
    """Return the format that a file's first bytes belong to, as Pillow names it, or None where it is none we read."""
    if data[:4] == b"RIFF" and data[8:12] == b"WEBP":
        return "WEBP"
    return next((name for start, name in _STARTS.items() if data.startswith(start)), None)


def _check_size(size: tuple[int, int], name: str) -> None:
    """Refuse what is larger than pictures are, or than memory is, before a pixel is decoded."""
    megapixels = size[0] * size[1] / 1e6
    asked = os.environ.get("SRKIT_MOST_MEGAPIXELS", "")
    most = float(asked) if asked.replace(".", "", 1).isdecimal() else _MOST_MEGAPIXELS
    if megapixels > most:
        raise BadFile(
            f"{name} claims to be far larger than a picture: {size[0]} x {size[1]}, {megapixels:,.0f} megapixels, and "
            f"{most:,.0f} are allowed. If it is one, allow more: SRKIT_MOST_MEGAPIXELS={megapixels * 1.01:.0f}."
        )
    free = free_bytes(torch.device("cpu"))
    needed = megapixels * 1e6 * _BYTES_PER_PIXEL
    if free is not None and needed > free:
        raise BadFile(
            f"{name} does not fit into memory: {size[0]} x {size[1]} pixels need about {needed / 1e9:.1f} GB "
            f"while they are read, and {free / 1e9:.1f} GB are free."
        )


def _check_exists(path: Path) -> None:
    if path.is_dir():
        raise BadFile(f"{path} is a folder and an image file was expected: give the name of a file in it.")
    try:
        size = path.stat().st_size
    except OSError as error:
        if isinstance(error, FileNotFoundError | NotADirectoryError):
            raise BadFile(f"There is no file {path}.{_near(path)}") from None
        raise BadFile(f"{path} cannot be opened: {error.strerror}.") from None
    if size == 0:
        raise BadFile(f"{path} is empty (0 bytes). A copy or a download was interrupted; get the file again.")


def _near(path: Path) -> str:
    if not path.parent.is_dir():
        return f" The folder {path.parent} does not exist either."
    names = difflib.get_close_matches(path.name, [p.name for p in path.parent.iterdir()], n=3, cutoff=0.6)
    return f" In {path.parent} there is {', '.join(names)}." if names else ""


def _picture(image: ImageFile.ImageFile, data: bytes, name: str, again: Callable[[], ImageFile.ImageFile]) -> Picture:
    mode, file_format = image.mode, "JPEG" if image.format == "MPO" else image.format or "PNG"
    beside = carried(data, image, _frames(image))
    orientation = beside.orientation if file_format != "TIFF" else 1  # Pillow turns TIFF itself
    if mode == "CMYK":
        image, beside = _out_of_inks(image, beside)
    levels, depth = _levels(image, name, again)
    upright_pixels = from_levels(levels, depth, orientation)
    return replace(upright_pixels, format=file_format, mode=mode, orientation=orientation, carried=beside)


def from_levels(levels: NDArray[Any], depth: int, orientation: int = 1) -> Picture:
    """Return the picture of stored pixels ``(h, w, c)`` in 0 to 2^depth - 1, c = 1 grey to 4 RGBA, turned upright."""
    stored = np.ascontiguousarray(levels.transpose(2, 0, 1), dtype=np.float32)  # (c, h, w), the one copy there is
    planes = upright(torch.from_numpy(stored).div_(2**depth - 1), orientation)
    grey = len(planes) <= 2
    return Picture(
        rgb=(planes[:1].expand(3, -1, -1) if grey else planes[:3]).contiguous(),
        alpha=planes[-1:].contiguous() if len(planes) in (2, 4) else None,
        grey=grey,
        depth=depth,
    )


def from_pillow(image: Any) -> Picture:
    """Return the pixels of a Pillow image in memory, as they are stored."""
    if image.mode == "CMYK":
        image, _ = _out_of_inks(image, Carried(icc=image.info.get("icc_profile")))
    return from_levels(*_levels(image, "the image", lambda: image))


def _frames(image: ImageFile.ImageFile) -> int:
    try:
        return int(getattr(image, "n_frames", 1))
    except _BROKEN:
        return 1


def _out_of_inks(image: Any, beside: Carried) -> tuple[Any, Carried]:
    """Return a CMYK image in sRGB, by its profile of inks where it has one that can be used."""
    image.load()
    lost = beside.lost
    if beside.icc is not None:
        with contextlib.suppress(ImageCms.PyCMSError, OSError, ValueError):
            inks = ImageCms.ImageCmsProfile(io.BytesIO(beside.icc))
            screen = ImageCms.createProfile("sRGB")
            converted = ImageCms.profileToProfile(image, inks, screen, outputMode="RGB")
            return converted, replace(beside, icc=None)
        lost = (*lost, "the profile of inks (damaged; plain conversion)")
    return image.convert("RGB"), replace(beside, icc=None, lost=lost)


def _levels(image: Any, name: str, again: Callable[[], ImageFile.ImageFile]) -> tuple[NDArray[Any], int]:
    """Return the pixels ``(h, w, c)`` with c = 1 grey, 2 grey and alpha, 3 RGB, 4 RGBA, and the bits per channel."""
    unpacked = [_raw_mode(tile) for tile in getattr(image, "tile", ())]
    if image.mode in ("RGB", "RGBA", "LA") and any(";16" in mode for mode in unpacked):
        return _with_key(_sixteen_bits(image, again), image, 65535), 16
    if image.mode.startswith("I"):
        grey = np.asarray(image).astype(np.int64)
        if grey.min() < 0 or grey.max() > 65535:
            raise BadFile(
                f"{name} holds 32-bit whole numbers from {grey.min()} to {grey.max()}; save it with 8 or 16 bits."
            )
        if getattr(image, "tag_v2", {}).get(_PHOTOMETRIC) == 0:  # white is 0, which Pillow heeds in 8 bits alone
            grey = 65535 - grey
        return _with_key(grey[:, :, None], image, 65535), 16
    if image.mode == "F":
        raise BadFile(f"{name} holds 32-bit floats, whose white is not defined; save it with 8 or 16 bits per channel.")
    if image.mode == "L" and (steps := {"L;2": 85, "L;4": 17}.get(unpacked[0] if unpacked else "")):
        return _with_key(np.asarray(image)[:, :, None], image, 255, steps), 8  # Pillow leaves the key in 2 or 4 bits
    grey_mode = image.mode in ("1", "L", "LA", "La")
    target = ("LA" if grey_mode else "RGBA") if image.has_transparency_data else ("L" if grey_mode else "RGB")
    image.load()
    pixels = np.asarray(image if image.mode == target else image.convert(target))
    return (pixels[:, :, None] if pixels.ndim == 2 else pixels), 8


def _with_key(levels: NDArray[Any], image: Any, most: int, steps: int = 1) -> NDArray[Any]:
    """Add the transparency of a PNG that names one colour, of the bits it is stored with, as see-through."""
    key = image.info.get("transparency")
    if not isinstance(key, int | tuple):
        return levels
    seen = (levels != np.asarray(key) * steps).any(axis=2, keepdims=True)
    return np.concatenate([levels, (seen * most).astype(levels.dtype)], axis=2)


def _raw_mode(tile: Any) -> str:
    return str(tile.args[0] if isinstance(tile.args, tuple) else tile.args)


def _sixteen_bits(image: ImageFile.ImageFile, again: Callable[[], ImageFile.ImageFile]) -> NDArray[Any]:
    """Read 16-bit colour, of which Pillow keeps the high bytes: decode twice, once with the bytes swapped."""
    if any(_raw_mode(tile) == "LA;16B" for tile in image.tile):
        return _two_channels(again)
    native = "L" if sys.byteorder == "little" else "B"
    halves, multiplied = [], False
    for swapped in (False, True):
        with again() as one:
            multiplied = any("RGBa" in _raw_mode(tile) for tile in one.tile)
            one.tile = [_stored(tile, native, swapped=swapped) for tile in one.tile]
            halves.append(np.asarray(one).astype(np.uint16))
    levels = halves[0] * 256 + halves[1]
    return _divided(levels) if multiplied else levels


def _stored(tile: Any, native: str, *, swapped: bool) -> Any:
    """Return a tile that is read as it is stored, alpha multiplied in or not, perhaps with its bytes swapped."""
    mode, end = _raw_mode(tile)[:-1].replace("RGBa", "RGBA"), _raw_mode(tile)[-1]
    if swapped:
        end = "B" if (native if end == "N" else end) == "L" else "L"
    return tile._replace(args=(mode + end, *tile.args[1:]) if isinstance(tile.args, tuple) else mode + end)


def _divided(levels: NDArray[Any]) -> NDArray[Any]:
    """Return RGBA of 16 bits whose colours were multiplied by alpha, as TIFF calls associated, with plain colours."""
    alpha = levels[:, :, 3:].astype(np.float64)
    plain = np.minimum(np.floor(levels[:, :, :3] * (65535 / np.maximum(alpha, 1)) + 0.5), 65535)
    return np.concatenate([plain.astype(np.uint16), levels[:, :, 3:]], axis=2)


def _two_channels(again: Callable[[], ImageFile.ImageFile]) -> NDArray[Any]:
    """Read a PNG of grey and alpha with 16 bits each: its four bytes per pixel are unpacked as if they were RGBA."""
    with again() as image:
        image.tile = [tile._replace(args="RGBA") for tile in image.tile]
        high_low = np.asarray(image).astype(np.uint16)  # (h, w, 4): grey high, grey low, alpha high, alpha low
    return high_low[:, :, 0::2] * 256 + high_low[:, :, 1::2]
