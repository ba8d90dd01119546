"""The types of image that :func:`srkit.upscale` takes; the result has the type of the input."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor

from srkit.datasets.transfer import fetched, is_address
from srkit.errors import BadInput
from srkit.ops._decode import decode_bytes, from_levels, from_pillow
from srkit.ops._encode import as_levels, planes_of
from srkit.ops.check import check_image, describe
from srkit.ops.files import read_picture
from srkit.ops.picture import Picture

__all__ = ["opened", "packed"]

_DEPTHS = {np.dtype(np.uint8): 8, np.dtype(np.uint16): 16}


def opened(image: Any) -> Picture:
    """Return an image of any kind as a picture.

    Args:
        image: a tensor ``(3, h, w)`` or ``(b, 3, h, w)`` (the only picture whose ``rgb`` may be a batch); the path or
            the address of a file, or its bytes; a NumPy array ``(h, w)``, ``(h, w, 1)``, ``(h, w, 3)`` or ``(h, w, 4)``
            of uint8, uint16 or of floats in [0, 1]; a Pillow image.
    """
    if is_address(image):
        return decode_bytes(fetched(image).read_bytes(), image)
    if isinstance(image, str | Path):
        return read_picture(image)
    if isinstance(image, bytes | bytearray | memoryview):
        return decode_bytes(bytes(image), f"What was given ({len(image)} bytes)")
    if isinstance(image, np.ndarray):
        return _of_array(image)
    if hasattr(image, "getbands") and hasattr(image, "mode"):
        return from_pillow(image)
    return Picture(rgb=check_image(image, name="image"))


def packed(sr: Tensor, given: Any, picture: Picture) -> Any:
    """Return an enlargement in the type that was given: an array, a Pillow image, or a tensor."""
    if isinstance(given, np.ndarray):
        return _to_array(sr, given, picture)
    if hasattr(given, "getbands") and hasattr(given, "mode"):
        return _to_pillow(sr, picture, dict(given.info))
    return sr


def _of_array(array: Any) -> Picture:
    planes = array[:, :, None] if array.ndim == 2 else array
    if planes.ndim != 3 or planes.shape[2] not in (1, 3, 4) or planes.size == 0:
        turned = " The channels seem to come first: x.transpose(1, 2, 0)." if len(array) in (1, 3, 4) else ""
        raise BadInput(f"A NumPy image is (h, w), (h, w, 3) or (h, w, 4), and {describe(array)} was given.{turned}")
    depth = _DEPTHS.get(array.dtype)
    if depth is not None:
        return from_levels(planes, depth)
    if not np.issubdtype(array.dtype, np.floating):
        raise BadInput(f"A NumPy image holds uint8, uint16 or floats in [0, 1], and {describe(array)} was given.")
    channels = torch.from_numpy(np.ascontiguousarray(planes)).permute(2, 0, 1)  # (c, h, w)
    check_image(channels, name="image", channels=(1, 3, 4))
    alpha = channels[3:] if len(channels) == 4 else None
    return Picture(rgb=channels[:3].expand(3, -1, -1), alpha=alpha, grey=len(channels) == 1)


def _planes(sr: Tensor, like: Picture) -> Tensor:
    return torch.cat(list(planes_of([sr], like, (sr.shape[-2], sr.shape[-1]))), dim=-2)  # (c, scale*h, scale*w)


def _to_array(sr: Tensor, given: Any, like: Picture) -> Any:
    planes, depth = _planes(sr, like), _DEPTHS.get(given.dtype)
    if depth is None:
        made = np.ascontiguousarray(planes.permute(1, 2, 0).cpu().numpy().astype(given.dtype))
    else:
        made = as_levels(planes, depth)
    return made[:, :, 0] if given.ndim == 2 else made


def _to_pillow(sr: Tensor, like: Picture, info: dict[Any, Any]) -> Any:
    from PIL import Image

    planes = _planes(sr, like)
    depth = 16 if like.depth == 16 and len(planes) == 1 else 8  # Pillow holds 16 bits in grey alone
    levels = as_levels(planes, depth)
    made = Image.fromarray(levels[:, :, 0] if len(planes) == 1 else levels)
    made.info = {name: value for name, value in info.items() if name in ("icc_profile", "dpi", "exif")}
    return made
