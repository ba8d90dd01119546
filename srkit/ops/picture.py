"""A picture and everything its file said about it, so that it can be written back as it came."""

from __future__ import annotations

from dataclasses import dataclass

from torch import Tensor

__all__ = ["Picture", "turn_back", "upright"]


@dataclass(frozen=True, kw_only=True, eq=False)
class Picture:
    """The content of an image file.

    Attributes:
        rgb: ``(3, h, w)`` float32 in [0, 1], upright (the EXIF orientation is applied); grey is three equal channels.
        alpha: ``(1, h, w)`` float32 in [0, 1], upright, or None where the file has no transparency.
        grey: the file has one colour channel.
        depth: bits per channel of the file, 8 or 16.
        format: ``"PNG"``, ``"JPEG"``, ``"BMP"``, ``"TIFF"`` or ``"WEBP"``.
        mode: the mode of the file as Pillow names it (``"P"``, ``"CMYK"``, ``"I;16"``, …).
        orientation: EXIF orientation of the pixels in the file, 1 to 8.
        exif: the EXIF block, unchanged, or None.
        icc: the colour profile, unchanged, or None.
        dpi: pixels per inch (horizontal, vertical), or None.
    """

    rgb: Tensor
    alpha: Tensor | None = None
    grey: bool = False
    depth: int = 8
    format: str = "PNG"
    mode: str = "RGB"
    orientation: int = 1
    exif: bytes | None = None
    icc: bytes | None = None
    dpi: tuple[float, float] | None = None


def upright(x: Tensor, orientation: int) -> Tensor:
    """Turn stored pixels ``(…, h, w)`` the way EXIF ``orientation`` (1 to 8) says they are to be seen.

    Source: Exif 2.32, tag 274. Orientations 5 to 8 swap height and width.
    """
    if orientation >= 5:
        x = x.mT
    axes = {2: (-1,), 3: (-1, -2), 4: (-2,), 6: (-1,), 7: (-1, -2), 8: (-2,)}.get(orientation, ())
    return x.flip(axes) if axes else x


def turn_back(x: Tensor, orientation: int) -> Tensor:
    """Undo :func:`upright`."""
    return upright(x, {6: 8, 8: 6}.get(orientation, orientation))
