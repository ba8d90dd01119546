"""A picture with the metadata of its file, so that it can be written back unchanged."""

from __future__ import annotations

from dataclasses import dataclass, field

import torch
from torch import Tensor
from torch.nn import functional

from srkit.ops._carried import Carried

__all__ = ["Picture", "turn_back", "upright", "without_hidden_colours"]


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
        carried: what the file holds beside its pixels: EXIF, XMP, colour profile, resolution, texts.
    """

    rgb: Tensor
    alpha: Tensor | None = None
    grey: bool = False
    depth: int = 8
    format: str = "PNG"
    mode: str = "RGB"
    orientation: int = 1
    carried: Carried = field(default_factory=Carried)

    @property
    def dpi(self) -> tuple[float, float] | None:
        """Pixels per inch (horizontal, vertical), or None where the file does not say."""
        return self.carried.dpi


def without_hidden_colours(picture: Picture) -> Tensor:
    """Return ``rgb`` with the colours under full transparency replaced by those of the nearest visible pixels.

    What lies under an alpha of 0 is arbitrary, often black; enlarged with the rest it would reach into the visible
    pixels beside it. An opaque picture comes back as it is.

    Returns:
        ``(3, h, w)`` in [0, 1]; the very tensor of the picture where nothing is hidden.
    """
    if picture.alpha is None or bool((picture.alpha > 0).all()) or not bool((picture.alpha > 0).any()):
        return picture.rgb
    seen = (picture.alpha > 0).to(picture.rgb.dtype)  # (1, h, w)
    return torch.where(seen > 0, picture.rgb, _spread(picture.rgb * seen, seen))


def _spread(colours: Tensor, shares: Tensor) -> Tensor:
    """Return the mean of the colours that are there, from the smallest block around each pixel that holds any."""
    if colours.shape[-2:] == (1, 1) or bool((shares > 0).all()):
        return colours / shares.clamp(min=1e-12)
    height, width = colours.shape[-2:]
    padded = [functional.pad(x, (0, width % 2, 0, height % 2)) for x in (colours, shares)]
    coarse = _spread(*(functional.avg_pool2d(x[None], 2)[0] for x in padded))  # (3, ceil(h/2), ceil(w/2))
    around = coarse.repeat_interleave(2, -2).repeat_interleave(2, -1)[..., :height, :width]
    return torch.where(shares > 0, colours / shares.clamp(min=1e-12), around)


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
