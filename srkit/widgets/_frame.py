"""Convert the input of a widget to 8-bit pictures, and say in words what was changed.

A picture is never rescaled to fill the range: a dark result looks dark, and a result that leaves [0, 1] is clipped for
display and says so in words. Values that are no numbers are painted magenta.
"""

from __future__ import annotations

import os
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from srkit.errors import BadInput
from srkit.ops.check import check_range
from srkit.ops.files import read_picture
from srkit.ops.picture import without_hidden_colours
from srkit.ops.pixels import to_uint8

__all__ = ["NAN_COLOUR", "Frame", "frames"]

NAN_COLOUR = (255, 0, 255)

_ACCEPTED = (
    "A picture is a tensor (3, h, w), (1, h, w) or (h, w) with values in [0, 1] (or uint8), a batch (b, 3, h, w), "
    "a path, or what srkit.ops.files.read_picture returns"
)


@dataclass(frozen=True, eq=False)
class Frame:
    """One picture, ready to be drawn."""

    pixels: NDArray[np.uint8]  # uint8, ``(h, w, 3)`` for colour or ``(h, w)`` for grey
    size: str  # width and height in words
    values: str  # the range of the values in words
    warning: str = ""  # what was changed for display (clipped, painted), or an empty string

    @property
    def width(self) -> int:
        """Pixels across."""
        return int(self.pixels.shape[1])

    @property
    def height(self) -> int:
        """Pixels down."""
        return int(self.pixels.shape[0])

    @property
    def text(self) -> str:
        """Size, range and warning as one line."""
        return "; ".join(part for part in (self.size, self.values, self.warning) if part)


def frames(thing: Any, *, name: str = "the picture") -> list[Frame]:
    """Return the pictures held by ``thing``: one, or one per sample of a batch.

    Args:
        thing: tensor or numpy array ``(3, h, w)``, ``(1, h, w)``, ``(h, w)`` or a batch ``(b, c, h, w)``, floating
            point in [0, 1] or uint8; a path; an object with an ``rgb`` tensor.
    """
    if isinstance(thing, (str, os.PathLike)):
        thing = read_picture(thing)
    tensor = _as_tensor(thing, name)
    if tensor.ndim == 4:
        return [_frame(sample, name) for sample in tensor]
    frame, alpha = _frame(tensor, name), getattr(thing, "alpha", None)
    if alpha is None or float(alpha.min()) == 1:
        return [frame]
    return [replace(frame, warning="; ".join(filter(None, [frame.warning, "transparency is left out"])))]


def _as_tensor(thing: Any, name: str) -> Tensor:
    if isinstance(thing, np.ndarray):
        thing = torch.from_numpy(np.ascontiguousarray(thing))
    if not isinstance(thing, Tensor) and isinstance(getattr(thing, "rgb", None), Tensor):
        thing = without_hidden_colours(thing) if getattr(thing, "alpha", None) is not None else thing.rgb
    if not isinstance(thing, Tensor):
        raise BadInput(f"{name} is of type {type(thing).__name__}. {_ACCEPTED}.")
    return _checked(thing.detach().cpu(), name)


def _checked(tensor: Tensor, name: str) -> Tensor:
    shape = tuple(tensor.shape)
    if tensor.numel() == 0:
        raise BadInput(f"{name} is empty: its shape is {shape}. {_ACCEPTED}.")
    if tensor.is_complex() or not (tensor.is_floating_point() or tensor.dtype in (torch.uint8, torch.bool)):
        raise BadInput(f"{name} has dtype {tensor.dtype}. {_ACCEPTED}: convert it with x.float() / 255 or x.byte().")
    if tensor.ndim in (3, 4) and tensor.shape[-3] not in (1, 3):
        turned = tensor.ndim == 3 and tensor.shape[-1] in (1, 3)
        hint = " Colours come first here: x.permute(2, 0, 1)." if turned else ""
        raise BadInput(f"{name} has shape {shape}. {_ACCEPTED}.{hint}")
    if tensor.ndim not in (2, 3, 4):
        raise BadInput(f"{name} has shape {shape}. {_ACCEPTED}.")
    return tensor


def _frame(tensor: Tensor, name: str) -> Frame:
    planes = tensor[None] if tensor.ndim == 2 else tensor
    height, width = planes.shape[-2:]
    if planes.dtype in (torch.uint8, torch.bool):
        bytes_ = planes.to(torch.uint8) * (255 if planes.dtype == torch.bool else 1)
        least, most = int(bytes_.min()), int(bytes_.max())
        return Frame(_interleaved(bytes_), f"{width} x {height} px", f"8-bit values {least} to {most}")
    low, high = (float(end) for end in torch.aminmax(planes))  # NaN where any value is
    if low >= 0 and high <= 1:
        return Frame(
            _interleaved(to_uint8(planes)), f"{width} x {height} px", f"values {_short(low)} to {_short(high)}"
        )
    check_range(planes.nan_to_num(0.0, 1.0, 0.0), name=name)
    finite = planes[torch.isfinite(planes)]
    spoken = f"values {_short(float(finite.min()))} to {_short(float(finite.max()))}" if finite.numel() else "no number"
    return Frame(_interleaved(_eight_bit(planes)), f"{width} x {height} px", spoken, _warning(planes))


def _eight_bit(values: Tensor) -> Tensor:
    levels = to_uint8(values.nan_to_num(0.0, 1.0, 0.0))
    broken = values.isnan().any(dim=0)
    if broken.any():
        levels = levels.expand(3, -1, -1).clone()
        levels[:, broken] = torch.tensor(NAN_COLOUR, dtype=torch.uint8)[:, None]
    return levels


def _warning(values: Tensor) -> str:
    warnings = []
    n_broken = int(values.isnan().any(dim=0).sum())
    if n_broken:
        warnings.append(f"{n_broken} pixel{'s are' if n_broken > 1 else ' is'} NaN, painted magenta")
    outside = int(((values < 0) | (values > 1)).sum())
    if outside:
        share = 100 * outside / values.numel()
        warnings.append(f"{outside} values ({share:.2g} %) outside [0, 1], shown clipped")
    return "; ".join(warnings)


def _interleaved(planes: Tensor) -> NDArray[np.uint8]:
    if planes.shape[0] == 1:
        return np.ascontiguousarray(planes[0].numpy())
    return np.ascontiguousarray(planes.permute(1, 2, 0).numpy())


def _short(value: float) -> str:
    return f"{value:.3f}" if abs(value) < 100 else f"{value:.4g}"
