"""From rows of pixels to the bytes of a file, block after block, so that a picture never has to be whole in memory.

PNG (specification 1.2, sections 3 to 6), TIFF (6.0, section 2; the 64-bit layout above 4 GB), BMP and JPEG (ITU T.81,
section E.1.4: rows between restart markers stand on their own) are written block by block. WebP is not: libwebp wants
the whole picture, four bytes a pixel.
"""

from __future__ import annotations

import io
import struct
import zlib
from collections.abc import Iterable, Iterator
from typing import Any, BinaryIO, NamedTuple

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from srkit.errors import BadFile
from srkit.ops._carried import PNG_START, Carried
from srkit.ops._tiff import IPTC, directories_of

__all__ = ["BLOCK", "Shape", "blocks_of", "write_bmp", "write_jpeg", "write_png", "write_tiff", "write_webp"]

BLOCK = 64
"""Rows that are written at once: eight times the eight rows of a JPEG's blocks, so that restart markers count on."""
_EFFORT = 4  # of zlib, for a PNG: a quarter of the time of its own 6, files 6 % larger (an enlarged photograph)
_MODE = {1: "L", 2: "LA", 3: "RGB", 4: "RGBA"}
_XMP_IN_TIFF = 700
_CLASSIC_TIFF = 4_000_000_000  # bytes of pixels, with room for what surrounds them below 2^32
_START_OF_SCAN, _FRAMES = 0xDA, (0xC0, 0xC1, 0xC2)

Levels = NDArray[Any]


class Shape(NamedTuple):
    """Height, width, channels (1 grey, 2 grey and alpha, 3 RGB, 4 RGBA) and bits per channel of what is written."""

    height: int
    width: int
    channels: int
    depth: int


def blocks_of(strips: Iterable[Levels]) -> Iterator[Levels]:
    """Cut strips ``(n, w, c)`` of any heights into blocks of ``BLOCK`` rows; the last has what is left."""
    waiting: list[Levels] = []
    for strip in strips:
        for start in range(0, len(strip), BLOCK):
            waiting.append(strip[start : start + BLOCK])
            if sum(map(len, waiting)) >= BLOCK:
                rows = np.concatenate(waiting)
                yield rows[:BLOCK]
                waiting = [rows[BLOCK:]]
    rest = [rows for rows in waiting if len(rows)]
    if rest:
        yield np.concatenate(rest)


def write_png(file: BinaryIO, blocks: Iterable[Levels], shape: Shape, beside: Carried) -> None:
    """Write a PNG with 8 or 16 bits; each row gets the filter that leaves the least, as section 9.6 advises."""
    colour_type = {1: 0, 2: 4, 3: 2, 4: 6}[shape.channels]
    head = struct.pack(">IIBBBBB", shape.width, shape.height, shape.depth, colour_type, 0, 0, 0)
    file.write(PNG_START + _chunk(b"IHDR", head))
    if beside.icc:
        file.write(_chunk(b"iCCP", b"profile\0\0" + zlib.compress(beside.icc)))
    if beside.dpi:
        file.write(_chunk(b"pHYs", struct.pack(">IIB", *(round(x / 0.0254) for x in beside.dpi), 1)))
    if beside.exif:
        file.write(_chunk(b"eXIf", beside.exif.removeprefix(b"Exif\0\0")))
    xmp = [(b"iTXt", b"XML:com.adobe.xmp\0\0\0\0\0" + beside.xmp)] if beside.xmp else []
    for kind, data in (*beside.chunks, *xmp):
        file.write(_chunk(kind, data))
    packer, step = zlib.compressobj(_EFFORT), shape.channels * shape.depth // 8
    above = np.zeros(shape.width * step, np.uint8)
    for block in blocks:
        rows = block.astype(">u2" if shape.depth == 16 else np.uint8).view(np.uint8).reshape(len(block), -1)
        packed = packer.compress(_filtered(rows, above, step))
        above = rows[-1]
        if packed:
            file.write(_chunk(b"IDAT", packed))
    file.write(_chunk(b"IDAT", packer.flush()) + _chunk(b"IEND", b""))


def _chunk(kind: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


def _filtered(rows: Levels, above: Levels, step: int) -> bytes:
    """Return the rows, each behind the number of its filter, under the filter with the least sum of amounts."""
    up = np.vstack([above[None], rows[:-1]])
    left, corner = np.zeros_like(rows), np.zeros_like(rows)
    left[:, step:], corner[:, step:] = rows[:, :-step], up[:, :-step]
    guesses = (0, left, up, (left & up) + ((left ^ up) >> 1), _paeth(left, up, corner))
    best = np.empty((len(rows), 1 + rows.shape[1]), np.uint8)
    least = np.full(len(rows), np.iinfo(np.int64).max)
    for number, guess in enumerate(guesses):
        filtered = rows - guess
        amount = np.minimum(filtered, 0 - filtered).sum(axis=1, dtype=np.int64)
        better = amount < least
        best[better, 0], best[better, 1:], least[better] = number, filtered[better], amount[better]
    return best.tobytes()


def _paeth(left: Levels, up: Levels, corner: Levels) -> Levels:
    """Return the neighbour nearest to ``left + up - corner`` (section 6.6)."""
    a, b = up.astype(np.int16) - corner, left.astype(np.int16) - corner
    to_left, to_up, to_corner = np.abs(a), np.abs(b), np.abs(a + b)
    rest = np.where(to_up <= to_corner, up, corner)
    return np.where((to_left <= to_up) & (to_left <= to_corner), left, rest)


def write_tiff(file: BinaryIO, blocks: Iterable[Levels], shape: Shape, beside: Carried) -> None:
    """Write a little-endian TIFF with 8 or 16 bits in deflated strips; above 4 GB of pixels in the 64-bit layout."""
    height, width, channels, depth = shape
    big = height * width * channels * depth // 8 > _CLASSIC_TIFF
    file.write(b"\0" * (16 if big else 8))
    places, sizes = [], []
    for block in blocks:
        packed = zlib.compress(block.astype("<u2" if depth == 16 else np.uint8).tobytes(), 6)
        places.append(file.tell())
        sizes.append(file.write(packed))
    word, kind = ("Q", 16) if big else ("I", 4)
    entries: list[tuple[int, int, int, bytes]] = [  # tag, type (3 short, 4 and 16 long, 5 rational), count, value
        (256, 4, 1, struct.pack("<I", width)),
        (257, 4, 1, struct.pack("<I", height)),
        (258, 3, channels, struct.pack(f"<{channels}H", *[depth] * channels)),
        (259, 3, 1, struct.pack("<H", 8)),
        (262, 3, 1, struct.pack("<H", 1 if channels <= 2 else 2)),
        (273, kind, len(places), struct.pack(f"<{len(places)}{word}", *places)),
        (277, 3, 1, struct.pack("<H", channels)),
        (278, 4, 1, struct.pack("<I", BLOCK)),
        (279, kind, len(sizes), struct.pack(f"<{len(sizes)}{word}", *sizes)),
    ]
    if beside.dpi:
        across, down = (struct.pack("<II", round(x * 1000), 1000) for x in beside.dpi)
        entries += [(282, 5, 1, across), (283, 5, 1, down), (296, 3, 1, struct.pack("<H", 2))]
    if channels in (2, 4):
        entries.append((338, 3, 1, struct.pack("<H", 2)))  # the last channel is alpha, not multiplied in
    if beside.xmp:
        entries.append((_XMP_IN_TIFF, 1, len(beside.xmp), beside.xmp))
    if beside.icc:
        entries.append((34675, 7, len(beside.icc), beside.icc))
    if beside.iptc:
        entries.append((IPTC, 7, len(beside.iptc), beside.iptc))
    texts, below = (directories_of(beside.exif, big=big) if beside.exif else None) or ([], [])
    entries += [(tag, 2, len(text), text) for tag, text in texts]
    for tag, directory in below:
        file.write(b"\0" * (file.tell() % 2))
        entries.append((tag, kind, 1, struct.pack(f"<{word}", file.tell())))
        file.write(directory.tobytes(file.tell()))
    _end_tiff(file, sorted(entries), word)


def _end_tiff(file: BinaryIO, entries: list[tuple[int, int, int, bytes]], word: str) -> None:
    """Write the long values and the directory behind the strips, and where it is into the beginning."""
    room, directory = struct.calcsize(word), b""
    for tag, kind, count, value in entries:
        if len(value) > room:
            file.write(b"\0" * (file.tell() % 2))
            value, long = struct.pack(f"<{word}", file.tell()), value
            file.write(long)
        directory += struct.pack(f"<HH{word}", tag, kind, count) + value.ljust(room, b"\0")
    file.write(b"\0" * (file.tell() % 2))
    place = file.tell()
    file.write(struct.pack("<Q" if word == "Q" else "<H", len(entries)) + directory + b"\0" * room)
    file.seek(0)
    file.write(
        struct.pack("<2sHHHQ", b"II", 43, 8, 0, place) if word == "Q" else struct.pack("<2sHI", b"II", 42, place)
    )


def write_bmp(file: BinaryIO, blocks: Iterable[Levels], shape: Shape, beside: Carried) -> None:
    """Write a BMP of 8 bits, grey by a palette; its rows lie from the bottom to the top."""
    height, width, channels, _ = shape
    palette = b"".join(bytes((level, level, level, 0)) for level in range(256)) if channels == 1 else b""
    stride, first = (width * channels + 3) // 4 * 4, 54 + len(palette)
    metres = [int(x * 39.3701 + 0.5) for x in beside.dpi or (96, 96)]
    file.write(struct.pack("<2sIII", b"BM", first + height * stride, 0, first))
    colours = len(palette) // 4
    size = height * stride
    file.write(struct.pack("<IiiHHIIiiII", 40, width, height, 1, 8 * channels, 0, size, *metres, colours, colours))
    file.write(palette)
    row = height
    for block in blocks:
        rows = np.zeros((len(block), stride), np.uint8)
        rows[:, : width * channels] = block[:, :, ::-1].reshape(len(block), -1)  # blue comes first
        row -= len(block)
        file.seek(first + row * stride)
        file.write(rows[::-1].tobytes())


def write_jpeg(
    file: BinaryIO, blocks: Iterable[Levels], shape: Shape, *, quality: int, kept: dict[str, Any], iptc: bytes | None
) -> None:
    """Write a JPEG of full colour whose blocks are encoded one by one and joined by restart markers."""
    how: dict[str, Any] = {"quality": quality, "subsampling": 0, "optimize": False}
    how |= {"restart_marker_rows": 1} if shape.height > BLOCK else {}
    tables = None
    for number, block in enumerate(blocks):
        made = io.BytesIO()
        _pillow(block).save(made, format="JPEG", **how, **(kept if number == 0 else {}))
        data = made.getvalue()
        segments, scan = _segments(data)
        shared = [segment for segment in segments if 0xC0 < segment[1] < 0xE0 and segment[1] not in _FRAMES]
        if number == 0:
            tables = shared
            segments[1:1] = [_of_photoshop(iptc)] if iptc else []
            file.write(b"\xff\xd8" + b"".join(_with_height(segment, shape.height) for segment in segments))
        elif shared != tables:
            raise BadFile("This JPEG encoder gives each strip other tables, so that none fits another; use .png.")
        file.write((b"\xff\xd7" if number else b"") + data[scan:-2])
    file.write(b"\xff\xd9")


def _of_photoshop(iptc: bytes) -> bytes:
    """Return the segment in which a JPEG holds IPTC's captions: one resource of Photoshop's, number 0x0404."""
    content = b"Photoshop 3.0\x008BIM\x04\x04\0\0" + struct.pack(">I", len(iptc)) + iptc + b"\0" * (len(iptc) % 2)
    return b"\xff\xed" + struct.pack(">H", 2 + len(content)) + content


def _segments(data: bytes) -> tuple[list[bytes], int]:
    """Return the segments of a JPEG up to the one that begins the scan, and where the scan's data begin."""
    found: list[bytes] = []
    place = 2
    while not found or found[-1][1] != _START_OF_SCAN:
        (length,) = struct.unpack_from(">H", data, place + 2)
        found.append(data[place : place + 2 + length])
        place += 2 + length
    return found, place


def _with_height(segment: bytes, height: int) -> bytes:
    return segment[:5] + struct.pack(">H", height) + segment[7:] if segment[1] in _FRAMES else segment


def write_webp(file: BinaryIO, blocks: Iterable[Levels], shape: Shape, *, kept: dict[str, Any]) -> None:
    """Write a lossless WebP; the whole picture is in memory meanwhile."""
    image, row = Image.new(_MODE[shape.channels], (shape.width, shape.height)), 0
    for block in blocks:
        image.paste(_pillow(block), (0, row))
        row += len(block)
    image.save(file, format="WEBP", lossless=True, **kept)


def _pillow(block: Levels) -> Image.Image:
    channels = block.shape[2]
    return Image.fromarray(block[:, :, 0] if channels == 1 else block, _MODE[channels])
