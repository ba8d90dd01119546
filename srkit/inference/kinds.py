"""The kinds of image that :func:`srkit.upscale` takes: each comes back as what it was."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor

from srkit.errors import BadInput
from srkit.ops._decode import from_levels, from_pillow
from srkit.ops._encode import as_levels, planes_of
from srkit.ops.check import check_image, describe
from srkit.ops.files import read
from srkit.ops.picture import Picture, without_hidden_colours

__all__ = ["unpacked"]

_DEPTHS = {np.dtype(np.uint8): 8, np.dtype(np.uint16): 16}


def unpacked(image: Any) -> tuple[Tensor, Callable[[Tensor], Any]]:
    """Return an image as a tensor, and what makes its enlargement the kind of thing it was.

    Args:
        image: a tensor ``(3, h, w)`` or ``(b, 3, h, w)``; the path of a file, which comes back as a tensor; a NumPy
            array ``(h, w)``, ``(h, w, 1)``, ``(h, w, 3)`` or ``(h, w, 4)`` of uint8, uint16 or of floats in [0, 1]; a
            Pillow image.

    Raises:
        BadInput: anything else; the message says what to do.
        BadFile: the path holds no readable image.
    """
    if isinstance(image, str | Path):
        _refuse_addresses(str(image))
        return read(image), lambda sr: sr
    if isinstance(image, np.ndarray):
        return _of_array(image)
    if hasattr(image, "getbands") and hasattr(image, "mode"):
        picture = from_pillow(image)
        return without_hidden_colours(picture), partial(_to_pillow, like=picture, info=dict(image.info))
    return check_image(image, name="image"), lambda sr: sr


def _refuse_addresses(text: str) -> None:
    if text.startswith(("http:/", "https:/", "ftp:/")):
        raise BadInput(
            f"{text} is an address on the network, and nothing is fetched unasked. Save the picture first "
            f"(urllib.request.urlretrieve(address, 'photo.png')) and give the file."
        )


def _of_array(array: Any) -> tuple[Tensor, Callable[[Tensor], Any]]:
    planes = array[:, :, None] if array.ndim == 2 else array
    if planes.ndim != 3 or planes.shape[2] not in (1, 3, 4) or planes.size == 0:
        turned = " The channels seem to come first: x.transpose(1, 2, 0)." if len(array) in (1, 3, 4) else ""
        raise BadInput(f"A NumPy image is (h, w), (h, w, 3) or (h, w, 4), and {describe(array)} was given.{turned}")
    depth = _DEPTHS.get(array.dtype)
    if depth is None and not np.issubdtype(array.dtype, np.floating):
        raise BadInput(f"A NumPy image holds uint8, uint16 or floats in [0, 1], and {describe(array)} was given.")
    if depth is None:
        channels = torch.from_numpy(np.ascontiguousarray(planes)).permute(2, 0, 1)  # (c, h, w)
        check_image(channels, name="image", channels=(1, 3, 4))
        picture = Picture(
            rgb=channels[:3].expand(3, -1, -1),
            alpha=channels[3:] if len(channels) == 4 else None,
            grey=len(channels) == 1,
        )
    else:
        picture = from_levels(planes, depth)
    return without_hidden_colours(picture), partial(_to_array, like=picture, given=array, depth=depth)


def _planes(sr: Tensor, like: Picture) -> Tensor:
    return torch.cat(list(planes_of([sr], like, (sr.shape[-2], sr.shape[-1]))), dim=-2)  # (c, scale*h, scale*w)


def _to_array(sr: Tensor, *, like: Picture, given: Any, depth: int | None) -> Any:
    planes = _planes(sr, like)
    if depth is None:
        made = np.ascontiguousarray(planes.permute(1, 2, 0).cpu().numpy().astype(given.dtype))
    else:
        made = as_levels(planes, depth)
    return made[:, :, 0] if given.ndim == 2 else made


def _to_pillow(sr: Tensor, *, like: Picture, info: dict[Any, Any]) -> Any:
    from PIL import Image

    planes = _planes(sr, like)
    depth = 16 if like.depth == 16 and len(planes) == 1 else 8  # Pillow holds 16 bits in grey alone
    levels = as_levels(planes, depth)
    made = Image.fromarray(levels[:, :, 0] if len(planes) == 1 else levels)
    made.info = {name: value for name, value in info.items() if name in ("icc_profile", "dpi", "exif")}
    return made
