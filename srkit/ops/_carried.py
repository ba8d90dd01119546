"""Metadata of image files: read defensively, kept where the target format can hold it, else reported."""

from __future__ import annotations

import re
import struct
import zlib
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from srkit.errors import BadFile
from srkit.ops._tiff import BROKEN_TAGS, IPTC, exif_of, further_tags

__all__ = ["Carried", "carried", "orientation_in", "png_chunks", "png_pixels", "resized_exif", "said_in_xmp"]

PNG_START = b"\x89PNG\r\n\x1a\n"
_PIXELS = (b"IHDR", b"PLTE", b"tRNS", b"IDAT", b"IEND")
_COLOURS = (b"gAMA", b"cHRM", b"sRGB", b"cICP", b"mDCV", b"cLLI")
_TEXTS = (b"tEXt", b"zTXt", b"iTXt")
_OF_THE_OLD_PIXELS = (b"tIME", b"sBIT", b"hIST", b"sPLT", b"bKGD", b"acTL", b"fcTL", b"fdAT")
_XMP_KEYWORD = b"XML:com.adobe.xmp"
_MOST = 2**26  # bytes of an unpacked profile or text
_SIZES = {0x0100: 0, 0x0101: 1, 0xA002: 0, 0xA003: 1}  # EXIF tags that repeat the width (0) and the height (1)
_ORIENTATION, _SUB_FOLDER = 0x0112, 0x8769
_IPTC = 0x0404  # of Photoshop's resources
_DRAWN_ANEW = ("APP0", "APP14")  # of a JPEG: segments that its writer makes
_HEADS = (b"Exif\0\0", b"http://ns.adobe.com/xap/1.0/\0", b"ICC_PROFILE\0", b"MPF\0", b"Photoshop 3.0\0", b"Ducky")


@dataclass(frozen=True, kw_only=True)
class Carried:
    r"""What a file holds beside its pixels."""

    exif: bytes | None = None  # the EXIF block, beginning with ``Exif\0\0``
    icc: bytes | None = None  # the colour profile
    dpi: tuple[float, float] | None = None  # pixels per inch (horizontal, vertical)
    xmp: bytes | None = None  # the XMP packet
    iptc: bytes | None = None  # IPTC's captions and names, of a JPEG or a TIFF
    comment: bytes | None = None  # a JPEG's comment
    # of a PNG, what describes its colours, and its texts, as ``(kind, data)``
    chunks: tuple[tuple[bytes, bytes], ...] = ()
    lost: tuple[str, ...] = ()  # what could not be read, each in a few words

    @property
    def orientation(self) -> int:
        """How the pixels lie, 1 to 8, as EXIF or else XMP says."""
        found = orientation_in(self.exif) if self.exif else None
        if found is None and self.xmp:
            said = re.search(rb"tiff:Orientation(?:=[\"']|>)\s*([1-8])", self.xmp)
            found = int(said.group(1)) if said else None
        return found or 1


def carried(data: bytes, image: Any, frames: int = 1) -> Carried:
    """Return what the file ``data`` carries.

    Args:
        image: the same, as Pillow opened it.
    """
    if data.startswith(PNG_START):
        return _of_png(png_chunks(data))
    lost, info = [_further(frames)] if frames > 1 else [], image.info
    try:
        exif = exif_of(image) if image.format == "TIFF" else info.get("exif")
    except BROKEN_TAGS:
        exif = b"damaged"
    exif = b"Exif\0\0" + exif.removeprefix(b"Exif\0\0") if isinstance(exif, bytes) and exif else None
    if exif and not _is_sound(exif):
        lost.append("EXIF (damaged)")
        exif = None
    lost += _further_segments(getattr(image, "applist", ()))
    lost += filter(None, [further_tags(getattr(image, "tag_v2", ()))])
    given = {key: info.get(key) for key in ("icc_profile", "xmp", "comment")}
    icc, xmp, comment = (value if isinstance(value, bytes) and value else None for value in given.values())
    dpi = _resolution(info.get("dpi"))
    return Carried(exif=exif, icc=icc, dpi=dpi, xmp=xmp, iptc=_iptc(image), comment=comment, lost=tuple(lost))


def _iptc(image: Any) -> bytes | None:
    if image.format == "TIFF":
        found = image.tag_v2.get(IPTC)
    else:
        blocks = image.info.get("photoshop")
        found = blocks.get(_IPTC) if isinstance(blocks, dict) else None
    return found if isinstance(found, bytes) and found else None


def _further_segments(segments: Iterable[tuple[str, bytes]]) -> list[str]:
    """Name the segments of a JPEG that nothing here knows, such as a signature of who made it."""
    left = {
        f"the JPEG segment {name} ({content[:32].split(bytes(1))[0].decode('ascii', 'replace')})": None
        for name, content in segments
        if name.startswith("APP") and name not in _DRAWN_ANEW and not content.startswith(_HEADS)
    }
    return list(left)


def png_chunks(data: bytes) -> Iterator[tuple[bytes, bytes]]:
    """Yield the chunks of a PNG as ``(kind, data)``, up to its end or to where it breaks off."""
    place = len(PNG_START)
    while place + 8 <= len(data):
        length, kind = struct.unpack_from(">I4s", data, place)
        if place + 12 + length > len(data):
            return
        yield kind, data[place + 8 : place + 8 + length]
        place += 12 + length


def png_pixels(data: bytes) -> bytes:
    """Return a PNG that holds nothing but the pixels, so that nothing beside them can stand in their way."""
    kept, place = [data[: len(PNG_START)]], len(PNG_START)
    while place + 8 <= len(data):
        length, kind = struct.unpack_from(">I4s", data, place)
        if kind in _PIXELS:
            kept.append(data[place : place + 12 + length])
        place += 12 + length
    return b"".join(kept)


def _of_png(chunks: Iterator[tuple[bytes, bytes]]) -> Carried:
    found: dict[str, Any] = {"chunks": [], "lost": []}
    frames = 0
    for kind, data in chunks:
        try:
            _take(kind, data, found)
        except (BadFile, ValueError, IndexError, zlib.error, struct.error) as error:
            found["lost"].append(f"the PNG chunk {kind.decode('latin-1')} ({error})")
        frames += kind == b"fcTL"
    if frames > 1:
        found["lost"].append(_further(frames))
    return Carried(**{**found, "chunks": tuple(found["chunks"]), "lost": tuple(found["lost"])})


def _take(kind: bytes, data: bytes, found: dict[str, Any]) -> None:
    if kind in _PIXELS or kind in _OF_THE_OLD_PIXELS:
        return
    if kind == b"iCCP":
        found["icc"] = _unpacked(data[data.index(b"\0") + 2 :])
    elif kind == b"pHYs":
        across, down, unit = struct.unpack(">IIB", data)
        found["dpi"] = _resolution((across * 0.0254, down * 0.0254)) if unit == 1 else None
    elif kind == b"eXIf":
        _keep_exif(b"Exif\0\0" + data.removeprefix(b"Exif\0\0"), found)
    elif kind in _TEXTS:
        _keep_text(kind, data, found)
    elif kind in _COLOURS:
        found["chunks"].append((kind, data))
    else:
        found["lost"].append(f"the PNG chunk {kind.decode('latin-1')}")


def _keep_exif(exif: bytes, found: dict[str, Any]) -> None:
    if _is_sound(exif):
        found["exif"] = exif
    else:
        found["lost"].append("EXIF (damaged)")


def _keep_text(kind: bytes, data: bytes, found: dict[str, Any]) -> None:
    keyword = data.partition(b"\0")[0]
    if kind == b"iTXt" and keyword == _XMP_KEYWORD:
        flag, _, rest = data[len(keyword) + 1], data[len(keyword) + 2], data[len(keyword) + 3 :]
        text = rest.split(b"\0", 2)[2]
        found["xmp"] = _unpacked(text) if flag else text
    elif keyword in (b"Raw profile type exif", b"Raw profile type APP1"):  # as ImageMagick writes EXIF
        packed = data[len(keyword) + 1 :]
        text = _unpacked(packed[1:]) if kind == b"zTXt" else packed
        _keep_exif(
            b"Exif\0\0" + bytes.fromhex("".join(text.decode("latin-1").split()[2:])).removeprefix(b"Exif\0\0"), found
        )
    else:
        found["chunks"].append((kind, data))


def _unpacked(data: bytes) -> bytes:
    reader = zlib.decompressobj()
    found = reader.decompress(data, _MOST)
    if not reader.eof:
        raise BadFile("cut short, or larger than 64 MiB")
    return found


def _further(frames: int) -> str:
    return f"{frames - 1} further image{'s' if frames > 2 else ''} of {frames} (the first is taken)"


def _resolution(given: Any) -> tuple[float, float] | None:
    try:
        pair = (float(given[0]), float(given[1]))
    except (TypeError, ValueError, IndexError, ZeroDivisionError):
        return None
    return pair if min(pair) > 0 and max(pair) < 1e6 else None


def _is_sound(exif: bytes) -> bool:
    try:
        list(_entries(exif))
    except (BadFile, struct.error):
        return False
    return True


def orientation_in(exif: bytes) -> int | None:
    """Return the orientation that an EXIF block gives (Exif 2.32, tag 274), or None where it gives none."""
    for order, place, tag in _entries(exif):
        if tag == _ORIENTATION:
            (value,) = struct.unpack_from(f"{order}H", exif, place + 8)
            return value if 1 <= value <= 8 else None
    return None


def resized_exif(exif: bytes, width: int, height: int) -> bytes:
    """Return an EXIF block whose sizes are those of the new picture and whose small preview is gone.

    Everything else stays byte for byte, makers' notes included.
    """
    changed = bytearray(exif)
    for order, place, tag in _entries(exif):
        if tag in _SIZES:
            struct.pack_into(f"{order}HII", changed, place + 2, 4, 1, (width, height)[_SIZES[tag]])
    order, first = _head(exif)
    (count,) = struct.unpack_from(f"{order}H", exif, first)
    if first + 2 + 12 * count + 4 <= len(exif):
        struct.pack_into(f"{order}I", changed, first + 2 + 12 * count, 0)  # no second directory: no preview
    return bytes(changed)


def said_in_xmp(xmp: bytes, numbers: Mapping[str, int]) -> bytes:
    """Return an XMP packet in which these properties (``"tiff:ImageWidth"``), where it has them, are these numbers."""
    for name, number in numbers.items():
        xmp = re.sub(rb"(%b(?:=[\"']|>)\s*)[0-9]+" % name.encode(), rb"\g<1>%d" % number, xmp)
    return xmp


def _head(exif: bytes) -> tuple[str, int]:
    if not exif.startswith(b"Exif\0\0"):
        raise BadFile("no EXIF block")
    order = {b"II*\0": "<", b"MM\0*": ">"}.get(exif[6:10])
    if order is None:
        raise BadFile("neither byte order")
    (first,) = struct.unpack_from(f"{order}I", exif, 10)
    return order, 6 + first


def _entries(exif: bytes) -> Iterator[tuple[str, int, int]]:
    """Yield (byte order, place, tag) of every entry of the first directory and of EXIF's own."""
    order, place = _head(exif)
    inner = None
    for directory in range(2):
        (count,) = struct.unpack_from(f"{order}H", exif, place)
        for entry in range(place + 2, place + 2 + 12 * count, 12):
            tag, kind, length, value = struct.unpack_from(f"{order}HHII", exif, entry)
            if not 1 <= kind <= 13:
                raise BadFile(f"a value of the unknown type {kind}")
            if tag == _SUB_FOLDER and directory == 0:
                inner = 6 + value
            elif tag not in _SIZES or (kind in (3, 4) and length == 1):
                yield order, entry, tag
        if inner is None:
            return
        place = inner
