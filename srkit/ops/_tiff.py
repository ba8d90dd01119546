"""What a TIFF says beside its pixels, which forms of it are not read, and its EXIF on the way in and out.

TIFF 6.0, sections 4 to 8 and 18; Exif 2.32, section 4.6.3 (the directories below that of the image); Adobe's DNG 1.7.
"""

from __future__ import annotations

import struct
from typing import Any

from PIL import Image
from PIL.TiffImagePlugin import ImageFileDirectory_v2

from srkit.errors import BadFile

__all__ = ["check_form", "directories_of", "exif_of", "further_tags", "unread_form"]

IPTC = 33723
BROKEN_TAGS = (
    ArithmeticError, AssertionError, AttributeError, EOFError, LookupError, OSError, RuntimeError, SyntaxError,
    TypeError, ValueError, struct.error,
)  # fmt: skip
"""What Pillow raises of tags whose values are none."""
_TEXTS = (270, 271, 272, 305, 306, 315, 33432)  # description, maker, model, software, date, artist, copyright
_BELOW = (0x8769, 0x8825)  # the directories of EXIF and GPS
_POINTERS = (0xA005,)  # a directory below EXIF's, which does not move with it
_SUBFILE, _BITS, _COMPRESSION, _PHOTOMETRIC, _PLANAR, _FORMAT, _DNG = 254, 258, 259, 262, 284, 339, 50706
_KNOWN = {*range(254, 300), 317, *range(320, 348), *range(512, 533), 700, IPTC, 34377, 34665, 34675, 34853, *_TEXTS}
_COLOURS = ("grey, white is 0", "grey", "RGB", "palette", "a mask", "inks", "YCbCr", "", "CIE Lab", "ICC Lab")


def check_form(tags: Any, name: str) -> None:
    """Refuse a TIFF that Pillow opens and misreads.

    Args:
        tags: the directory of its first image, as Pillow has it.
    """
    if _DNG in tags or int(tags.get(_SUBFILE, 0)) & 1:
        raise BadFile(
            f"{name} begins with a small preview, as raw files of cameras do; develop the photograph itself to a TIFF "
            "or PNG with a raw converter (darktable, RawTherapee), or save the large image as the first one."
        )
    if tags.get(_PLANAR, 1) == 2 and max(tags.get(_BITS, (8,))) > 8:
        raise BadFile(
            f"{name} keeps each channel of {max(tags[_BITS])} bits in a plane of its own, a form of TIFF that is not "
            "read here; save it with the channels of a pixel side by side (planar configuration 1)."
        )


def unread_form(data: bytes) -> str:
    """Return what makes a TIFF one that is not read here, though nothing need be damaged; empty where nothing does."""
    try:
        order = {b"II": "<", b"MM": ">"}[data[:2]]
        tags = dict(_numbers(data, order))
    except (KeyError, struct.error):
        return ""
    bits, sort = tags.get(_BITS, (1,)), tags.get(_FORMAT, (1,))
    colours, packed = tags.get(_PHOTOMETRIC, (0,))[0], tags.get(_COMPRESSION, (1,))[0]
    if 3 in sort:
        return f"its pixels hold floating-point numbers of {max(bits)} bits, whose white is not defined"
    usual = colours in (0, 1, 2, 3, 5, 6) and len(set(bits)) == 1 and (bits[0], len(bits)) in _USUAL
    if usual and packed in (1, 2, 3, 4, 5, 6, 7, 8, 32773, 32946):
        return ""
    named = _COLOURS[colours] if colours < len(_COLOURS) else ""
    return (
        f"it holds {len(bits)} channel{'s' * (len(bits) > 1)} of {max(bits)} bits ({named or f'colours {colours}'}, "
        f"compression {packed}), a form of TIFF that is not read here"
    )


_USUAL = {(8, 1), (8, 2), (8, 3), (8, 4), (16, 1), (16, 3), (16, 4), (1, 1), (2, 1), (4, 1)}


def _numbers(data: bytes, order: str) -> list[tuple[int, tuple[int, ...]]]:
    """Return the tags of the first directory whose values are short or long numbers, at most 64 of each."""
    big = data[2:4] in (b"+\0", b"\0+")
    (place,) = struct.unpack_from(f"{order}{'Q' if big else 'I'}", data, 8 if big else 4)
    (count,) = struct.unpack_from(f"{order}{'Q' if big else 'H'}", data, place)
    step, word, found = (20, "Q", []) if big else (12, "I", [])
    for entry in range(place + (8 if big else 2), place + (8 if big else 2) + step * min(count, 1000), step):
        tag, kind, length = struct.unpack_from(f"{order}HH{word}", data, entry)
        letter = {3: "H", 4: "I", 16: "Q"}.get(kind)
        if letter and 0 < length <= 64:
            at = entry + step - struct.calcsize(word)
            if length * struct.calcsize(letter) > struct.calcsize(word):
                (at,) = struct.unpack_from(f"{order}{word}", data, at)
            found.append((tag, struct.unpack_from(f"{order}{length}{letter}", data, at)))
    return found


def exif_of(image: Image.Image) -> bytes | None:
    """Return what a TIFF that Pillow has opened says in EXIF's tags, as an EXIF block; its orientation is left out."""
    there, told = image.getexif(), Image.Exif()
    for tag in _TEXTS:
        if tag in there:
            told[tag] = there[tag]
    for below in _BELOW:
        inside = {tag: value for tag, value in there.get_ifd(below).items() if tag not in _POINTERS}
        if inside:
            told.get_ifd(below).update(inside)
    return told.tobytes() if len(told) else None


def further_tags(tags: Any) -> str:
    """Return the names of what a TIFF holds that nothing here knows, such as a place on Earth; empty for nothing."""
    left = [str(tag) for tag in sorted(tags) if tag not in _KNOWN]
    return f"the TIFF tag{'s' * (len(left) > 1)} {', '.join(left[:8])}" if left else ""


def directories_of(
    exif: bytes, *, big: bool = False
) -> tuple[list[tuple[int, bytes]], list[tuple[int, ImageFileDirectory_v2]]] | None:
    """Return the texts of an EXIF block and the directories below it as a TIFF holds them; None where that fails.

    Args:
        big: for a TIFF of the 64-bit layout.
    """
    told, below = Image.Exif(), []
    try:
        told.load(exif)
        texts = [(tag, str(told[tag]).encode() + b"\0") for tag in _TEXTS if tag in told]
        for tag in _BELOW:
            inside = ImageFileDirectory_v2(b"II+\0" + bytes(12) if big else b"II*\0" + bytes(4), group=tag)
            for key, value in told.get_ifd(tag).items():
                if key not in _POINTERS:
                    inside[key] = value
            inside.tobytes()
            below += [(tag, inside)] if len(inside) else []
    except BROKEN_TAGS:
        return None
    return texts, below
