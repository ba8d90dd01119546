"""From pixels to the bytes of a file. Pillow writes 8 bits; colour with 16 bits is written here, as PNG and as TIFF."""

from __future__ import annotations

import struct
import zlib
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from PIL import Image
from PIL.PngImagePlugin import PngInfo
from torch import Tensor

from srkit.errors import BadFile, BadInput
from srkit.ops._carried import Carried
from srkit.ops.device import exact
from srkit.ops.pixels import levels

__all__ = ["LONGEST", "as_levels", "check_fits", "encode", "holds"]

_PILLOW_MODE = {1: "L", 2: "LA", 3: "RGB", 4: "RGBA"}


LONGEST = {"JPEG": 65_500, "WEBP": 16_383}
"""The longest side a format can hold in pixels, where there is a limit a picture can meet."""
_JPEG_SEGMENT = 65_533
_XMP_IN_TIFF = 700


def encode(path: Path, pixels: NDArray[Any], *, file_format: str, beside: Carried, quality: int = 95) -> None:
    """Write ``pixels`` (h, w, c), uint8 or uint16, c = 1 grey, 2 grey and alpha, 3 RGB, 4 RGBA, to ``path``.

    Raises:
        BadInput: the format cannot hold transparency, or so many pixels.
        BadFile: the encoder gave up.
        OSError: the system refused.
    """
    channels = pixels.shape[2]
    check_fits(file_format, transparent=channels in (2, 4), size=pixels.shape[:2])
    if pixels.dtype == np.uint16:
        if file_format == "TIFF" and channels == 2:
            pixels = pixels[:, :, [0, 0, 0, 1]]  # few programs read grey and alpha with 16 bits from a TIFF
        path.write_bytes((_png_16 if file_format == "PNG" else _tiff_16)(pixels, beside))
        return
    image = Image.fromarray(pixels[:, :, 0] if channels == 1 else pixels, _PILLOW_MODE[channels])
    try:
        image.save(path, format=file_format, **_options(file_format, quality), **_kept(file_format, beside))
    except OSError as error:
        if error.errno is not None:
            raise
        raise _gave_up(path, file_format, error) from error
    except (ValueError, TypeError, RuntimeError, SystemError, struct.error) as error:
        raise _gave_up(path, file_format, error) from error


def _gave_up(path: Path, file_format: str, error: Exception) -> BadFile:
    return BadFile(f"{path.name} could not be written: the {file_format} encoder says {str(error).rstrip('.')!r}.")


def holds(file_format: str, beside: Carried) -> Carried:
    """Return what of a picture's belongings a format can hold; ``lost`` names the rest."""
    kept = {
        "exif": beside.exif if file_format in ("PNG", "JPEG", "WEBP") else None,
        "icc": beside.icc if file_format != "BMP" else None,
        "dpi": beside.dpi if file_format != "WEBP" else None,
        "xmp": beside.xmp if file_format != "BMP" else None,
        "comment": beside.comment if file_format == "JPEG" else None,
        "chunks": beside.chunks if file_format == "PNG" else (),
    }
    for name in ("exif", "xmp", "comment"):
        if file_format == "JPEG" and len(kept[name] or b"") > _JPEG_SEGMENT - 64:
            kept[name] = None
    words = {
        "exif": "EXIF",
        "icc": "the colour profile",
        "dpi": "the resolution",
        "xmp": "XMP",
        "comment": "the comment",
    }
    lost = [words[name] for name in words if getattr(beside, name) and not kept[name]]
    if beside.chunks and not kept["chunks"]:
        lost.append(f"the PNG chunks {', '.join(sorted({kind.decode() for kind, _ in beside.chunks}))}")
    return Carried(**kept, lost=(*beside.lost, *lost))  # type: ignore[arg-type]


def _kept(file_format: str, beside: Carried) -> dict[str, Any]:
    """Return what Pillow is to write beside the pixels."""
    given: dict[str, Any] = {
        "icc_profile": beside.icc,
        "dpi": beside.dpi,
        "exif": beside.exif,
        "comment": beside.comment,
    }
    if file_format == "PNG":
        info = PngInfo()
        for kind, data in _png_texts(beside):
            info.add(kind, data)
        given["pnginfo"] = info
    elif file_format == "TIFF" and beside.xmp:
        given["tiffinfo"] = {_XMP_IN_TIFF: beside.xmp}
    else:
        given["xmp"] = beside.xmp
    return {name: value for name, value in given.items() if value is not None}


def _png_texts(beside: Carried) -> list[tuple[bytes, bytes]]:
    xmp = [(b"iTXt", b"XML:com.adobe.xmp\0\0\0\0\0" + beside.xmp)] if beside.xmp else []
    return [*beside.chunks, *xmp]


def as_levels(x: Tensor, depth: int) -> NDArray[Any]:
    """Round ``(c, h, w)`` in [0, 1] to whole numbers ``(h, w, c)`` of ``depth`` bits, halves upwards."""
    if depth == 8:  # the very rounding under which results are measured
        return np.ascontiguousarray(levels(x).to(torch.uint8).permute(1, 2, 0).cpu().numpy())
    whole = (exact(x).clamp(0, 1) * 65535 + 0.5).floor().permute(1, 2, 0)  # (h, w, c)
    return np.ascontiguousarray(whole.cpu().numpy().astype(np.uint16))


def _options(file_format: str, quality: int) -> dict[str, Any]:
    options: dict[str, dict[str, Any]] = {
        "PNG": {},
        "JPEG": {"quality": quality, "subsampling": 0},
        "BMP": {},
        "TIFF": {"compression": "tiff_adobe_deflate"},
        "WEBP": {"lossless": True},
    }
    return options[file_format]


def check_fits(file_format: str, *, transparent: bool, size: tuple[int, ...]) -> None:
    """Refuse a picture that a format cannot hold; asked before the work as well as after it.

    Args:
        file_format: as Pillow names it.
        transparent: whether the picture has an alpha channel.
        size: height and width in pixels.

    Raises:
        BadInput: transparency in a JPEG or BMP, or a side longer than the format allows.
    """
    if transparent and file_format in ("JPEG", "BMP"):
        raise BadInput(f"{file_format} files written here hold no transparency; use .png, .tif or .webp.")
    longest = LONGEST.get(file_format)
    if longest is not None and max(size) > longest:
        raise BadInput(
            f"{file_format} holds at most {longest:,} pixels a side and the result has {size[1]:,} x {size[0]:,}; "
            "use .png or .tif."
        )


def _png_16(pixels: NDArray[Any], beside: Carried) -> bytes:
    """Build a PNG with 16 bits per channel (PNG specification 1.2, sections 3 to 6), every row filtered "up"."""
    h, w, c = pixels.shape
    colour_type = {1: 0, 2: 4, 3: 2, 4: 6}[c]
    rows = pixels.astype(">u2").view(np.uint8).reshape(h, w * c * 2)
    above = np.vstack([np.zeros_like(rows[:1]), rows[:-1]])
    filtered = np.hstack([np.full((h, 1), 2, np.uint8), rows - above])
    chunks = [(b"IHDR", struct.pack(">IIBBBBB", w, h, 16, colour_type, 0, 0, 0))]
    if beside.icc:
        chunks.append((b"iCCP", b"profile\0\0" + zlib.compress(beside.icc)))
    if beside.dpi:
        chunks.append((b"pHYs", struct.pack(">IIB", *(round(x / 0.0254) for x in beside.dpi), 1)))
    if beside.exif:
        chunks.append((b"eXIf", beside.exif.removeprefix(b"Exif\0\0")))
    chunks += _png_texts(beside)
    chunks += [(b"IDAT", zlib.compress(filtered.tobytes(), 6)), (b"IEND", b"")]
    return b"\x89PNG\r\n\x1a\n" + b"".join(_png_chunk(kind, data) for kind, data in chunks)


def _png_chunk(kind: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


def _tiff_16(pixels: NDArray[Any], beside: Carried) -> bytes:
    """Build a little-endian TIFF with 16 bits per channel in one deflated strip (TIFF 6.0, section 2)."""
    h, w, c = pixels.shape
    strip = zlib.compress(pixels.astype("<u2").tobytes(), 6)
    resolution = [struct.pack("<II", round(x * 1000), 1000) for x in beside.dpi or (72.0, 72.0)]
    entries: list[tuple[int, int, int, bytes]] = [  # tag, type (3 short, 4 long, 5 rational, 7 bytes), count, value
        (256, 4, 1, struct.pack("<I", w)),
        (257, 4, 1, struct.pack("<I", h)),
        (258, 3, c, struct.pack(f"<{c}H", *[16] * c)),
        (259, 3, 1, struct.pack("<H", 8)),
        (262, 3, 1, struct.pack("<H", 1 if c <= 2 else 2)),
        (273, 4, 1, b""),  # the strip's place, known when the rest is laid out
        (277, 3, 1, struct.pack("<H", c)),
        (278, 4, 1, struct.pack("<I", h)),
        (279, 4, 1, struct.pack("<I", len(strip))),
        (282, 5, 1, resolution[0]),
        (283, 5, 1, resolution[1]),
        (296, 3, 1, struct.pack("<H", 2)),
    ]
    if c in (2, 4):
        entries.append((338, 3, 1, struct.pack("<H", 2)))  # the last channel is alpha, not multiplied in
    if beside.xmp:
        entries.append((_XMP_IN_TIFF, 1, len(beside.xmp), beside.xmp))
    if beside.icc:
        entries.append((34675, 7, len(beside.icc), beside.icc))
    entries.sort()
    return _tiff_file(entries, strip)


def _tiff_file(entries: list[tuple[int, int, int, bytes]], strip: bytes) -> bytes:
    """Lay out header, directory, long values and the strip, one after the other."""
    place = 8 + 2 + 12 * len(entries) + 4
    long_values, directory = b"", b""
    end = place + sum(len(value) + len(value) % 2 for *_, value in entries if len(value) > 4)
    for tag, kind, count, value in entries:
        if tag == 273:
            value = struct.pack("<I", end)
        if len(value) > 4:
            directory += struct.pack("<HHII", tag, kind, count, place + len(long_values))
            long_values += value + b"\0" * (len(value) % 2)
        else:
            directory += struct.pack("<HHI", tag, kind, count) + value.ljust(4, b"\0")
    return struct.pack("<2sHIH", b"II", 42, 8, len(entries)) + directory + b"\0" * 4 + long_values + strip
