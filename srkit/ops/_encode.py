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
from torch import Tensor

from srkit.errors import BadInput
from srkit.ops.pixels import levels

__all__ = ["as_levels", "encode"]

_PILLOW_MODE = {1: "L", 2: "LA", 3: "RGB", 4: "RGBA"}


def encode(
    path: Path,
    pixels: NDArray[Any],
    *,
    file_format: str,
    quality: int = 95,
    exif: bytes | None = None,
    icc: bytes | None = None,
    dpi: tuple[float, float] | None = None,
) -> None:
    """Write ``pixels`` (h, w, c), uint8 or uint16, c = 1 grey, 2 grey and alpha, 3 RGB, 4 RGBA, to ``path``.

    Raises:
        BadInput: the format cannot hold transparency.
        OSError: the system refused.
    """
    channels = pixels.shape[2]
    _check_fits(file_format, channels)
    if pixels.dtype == np.uint16:
        if file_format == "TIFF" and channels == 2:
            pixels = pixels[:, :, [0, 0, 0, 1]]  # few programs read grey and alpha with 16 bits from a TIFF
        write = _png_16 if file_format == "PNG" else _tiff_16
        path.write_bytes(write(pixels, exif=exif, icc=icc, dpi=dpi))
        return
    image = Image.fromarray(pixels[:, :, 0] if channels == 1 else pixels, _PILLOW_MODE[channels])
    options = _options(file_format, quality)
    options |= {key: value for key, value in (("exif", exif), ("icc_profile", icc), ("dpi", dpi)) if value is not None}
    if file_format == "TIFF":
        options.pop("exif", None)
    image.save(path, format=file_format, **options)


def as_levels(x: Tensor, depth: int) -> NDArray[Any]:
    """Round ``(c, h, w)`` in [0, 1] to whole numbers ``(h, w, c)`` of ``depth`` bits, halves upwards."""
    if depth == 8:  # the very rounding under which results are measured
        return np.ascontiguousarray(levels(x).to(torch.uint8).permute(1, 2, 0).cpu().numpy())
    whole = (x.double().clamp(0, 1) * 65535 + 0.5).floor().permute(1, 2, 0)  # (h, w, c)
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


def _check_fits(file_format: str, channels: int) -> None:
    if channels in (2, 4) and file_format in ("JPEG", "BMP"):
        raise BadInput(f"{file_format} files written here hold no transparency; use .png, .tif or .webp.")


def _png_16(pixels: NDArray[Any], *, exif: bytes | None, icc: bytes | None, dpi: tuple[float, float] | None) -> bytes:
    """Build a PNG with 16 bits per channel (PNG specification 1.2, sections 3 to 6), every row filtered "up"."""
    h, w, c = pixels.shape
    colour_type = {1: 0, 2: 4, 3: 2, 4: 6}[c]
    rows = pixels.astype(">u2").view(np.uint8).reshape(h, w * c * 2)
    above = np.vstack([np.zeros_like(rows[:1]), rows[:-1]])
    filtered = np.hstack([np.full((h, 1), 2, np.uint8), rows - above])
    chunks = [(b"IHDR", struct.pack(">IIBBBBB", w, h, 16, colour_type, 0, 0, 0))]
    if icc:
        chunks.append((b"iCCP", b"profile\0\0" + zlib.compress(icc)))
    if dpi:
        chunks.append((b"pHYs", struct.pack(">IIB", *(round(x / 0.0254) for x in dpi), 1)))
    if exif:
        chunks.append((b"eXIf", exif.removeprefix(b"Exif\0\0")))
    chunks += [(b"IDAT", zlib.compress(filtered.tobytes(), 6)), (b"IEND", b"")]
    return b"\x89PNG\r\n\x1a\n" + b"".join(_png_chunk(kind, data) for kind, data in chunks)


def _png_chunk(kind: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


def _tiff_16(pixels: NDArray[Any], *, exif: bytes | None, icc: bytes | None, dpi: tuple[float, float] | None) -> bytes:
    """Build a little-endian TIFF with 16 bits per channel in one deflated strip (TIFF 6.0, section 2)."""
    del exif  # a TIFF keeps EXIF in directories of its own; none is read and none is written
    h, w, c = pixels.shape
    strip = zlib.compress(pixels.astype("<u2").tobytes(), 6)
    resolution = [struct.pack("<II", round(x * 1000), 1000) for x in dpi or (72.0, 72.0)]
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
    if icc:
        entries.append((34675, 7, len(icc), icc))
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
