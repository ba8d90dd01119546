"""What the first bytes of an image file say, without decoding its pixels: size and number of channels."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from PIL import Image

from srkit.errors import BadFile

__all__ = ["Header", "is_grey", "read_header"]

_GREY_MODES = frozenset({"1", "L", "LA", "La", "I", "F", "I;16", "I;16B", "I;16L", "I;16N"})
_ORIENTATION = 0x0112


@dataclass(frozen=True, slots=True)
class Header:
    """Size and kind of an image file."""

    height: int  # rows, after the turn its EXIF orientation asks for
    width: int  # columns, likewise
    grey: bool  # the file stores a single channel (with or without transparency)


def read_header(path: Path) -> Header:
    """Return size and kind of an image file; the pixels are not read, so a file cut short may still pass."""
    try:
        with Image.open(path) as image:
            width, height = image.size
            turned = image.getexif().get(_ORIENTATION, 1) in (5, 6, 7, 8)
            grey = image.mode in _GREY_MODES
    except FileNotFoundError:
        raise BadFile(
            f"There is no file {path}. Check the spelling; srkit data doctor shows a folder's tree."
        ) from None
    except (OSError, ValueError, SyntaxError, Image.DecompressionBombError) as problem:
        raise BadFile(f"{path} cannot be read as an image ({problem}). Replace the file or remove it.") from None
    return Header(width, height, grey) if turned else Header(height, width, grey)


def is_grey(path: Path) -> bool:
    """Tell whether an image file stores one channel."""
    return read_header(path).grey
