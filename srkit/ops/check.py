"""What every function asks of an image before it touches it.

The convention of the package: an image is a float tensor ``(3, h, w)`` of RGB in [0, 1], a batch is ``(b, 3, h, w)``.
A network's output is unclamped and may leave that range a little, so values in [-1, 2] are accepted; a picture in 0 to
255 is not.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import torch
from torch import Tensor

from srkit.errors import BadInput

__all__ = ["check_finite", "check_image", "check_pair", "check_range", "check_same_shape", "describe"]

_LOW, _HIGH = (-1.0, 2.0)  # room for the overshoot of networks and for noise, but not for 0 to 255


def describe(thing: Any) -> str:
    """Say in a few words what ``thing`` is, for use in messages: ``a (3, 8, 8) tensor of torch.float32``."""
    shape = getattr(thing, "shape", None)
    if isinstance(thing, Tensor):
        return f"a {tuple(thing.shape)} tensor of {thing.dtype}"
    if shape is not None:
        return f"a {type(thing).__name__} of shape {tuple(shape)} and type {getattr(thing, 'dtype', '?')}"
    return f"{type(thing).__name__} {str(thing)[:60]!r}" if isinstance(thing, str) else f"a {type(thing).__name__}"


def check_image(x: Any, *, name: str = "image", channels: Sequence[int] = (3,)) -> Tensor:
    """Return ``x`` if it is an image ``(c, h, w)`` or a batch ``(b, c, h, w)`` of floats in [-1, 2]; else refuse it."""
    if not isinstance(x, Tensor):
        raise BadInput(f"{name} must be a tensor and is {describe(x)}. {_how_to_make_a_tensor(x)}")
    if not x.is_floating_point():
        raise BadInput(
            f"{name} must hold floats in [0, 1] and is {describe(x)}. "
            "srkit.ops.pixels.from_uint8(x) turns 0…255 into [0, 1]."
        )
    if x.ndim not in (3, 4) or x.shape[-3] not in channels or x.numel() == 0:
        wanted = " or ".join(str(c) for c in channels)
        raise BadInput(
            f"{name} must be ({wanted}, h, w) or (b, {wanted}, h, w) with at least one pixel and is {describe(x)}."
            f"{_shape_hint(x, channels)}"
        )
    return check_range(x, name=name)


def check_range(x: Tensor, *, name: str = "image") -> Tensor:
    """Return ``x`` if its values are those of a picture in [0, 1], with room for overshoot: from -1 to 2."""
    low, high = (float(end) for end in torch.aminmax(x.detach()))
    if low >= _LOW and high <= _HIGH:
        return x
    check_finite(x, name=name)
    raise BadInput(
        f"{name} is {describe(x)} with values from {low:.4g} to {high:.4g}; a picture is RGB in [0, 1] (a little more "
        f"or less is accepted, from {_LOW:g} to {_HIGH:g}). {_range_hint(low, high, name)}"
    )


def check_pair(sr: Tensor, hr: Tensor, *, names: tuple[str, str] = ("sr", "hr")) -> None:
    """Refuse a result and a true image of different shape, and a true image out of range.

    The result is not held to a range: a network that begins to learn may give anything. NaN passes, in the true image
    too: training skips such a batch.
    """
    check_same_shape(sr, hr, names=names)
    if hr.numel() and hr.is_floating_point() and bool(torch.isfinite(hr.detach().sum())):
        check_range(hr, name=names[1])


def check_finite(x: Tensor, *, name: str = "image") -> Tensor:
    """Return ``x`` if every value is finite."""
    if bool(torch.isfinite(x.detach().sum())):  # one NaN or infinity makes the whole sum so
        return x
    bad = ~torch.isfinite(x.detach())
    count = int(bad.sum())
    if count == 0:  # the sum of finite values overflowed
        return x
    where = tuple(int(i) for i in bad.nonzero()[0])
    axes = (
        ("batch", "channel", "row", "column")[-x.ndim :] if x.ndim <= 4 else tuple(f"axis {i}" for i in range(x.ndim))
    )
    place = ", ".join(f"{axis} {i}" for axis, i in zip(axes, where, strict=True))
    raise BadInput(
        f"{name} is {describe(x)} with {count} of its values not finite; the first is {float(x[where])} at {place}. "
        "A network that diverged, a division by zero or an uninitialised tensor makes such values; "
        "torch.autograd.set_detect_anomaly(True) finds where they begin."
    )


def check_same_shape(sr: Tensor, hr: Tensor, *, names: tuple[str, str] = ("sr", "hr")) -> None:
    """Refuse two images of different shape, and say what usually causes the difference found."""
    if sr.shape == hr.shape:
        return
    raise BadInput(
        f"{names[0]} is {describe(sr)} and {names[1]} is {describe(hr)}; they must have the same shape."
        f"{_mismatch_hint(tuple(sr.shape), tuple(hr.shape), names)}"
    )


def _mismatch_hint(a: tuple[int, ...], b: tuple[int, ...], names: tuple[str, str]) -> str:
    if len(a) != len(b):
        return f" One of them has a batch axis and the other has not; {names[0]}[0] or {names[1]}[None] aligns them."
    if a[:-2] != b[:-2]:
        return " Their batch or channel axes differ."
    (ha, wa), (hb, wb) = a[-2:], b[-2:]
    if (ha, wa) == (wb, hb):
        return " One is the other turned by 90 degrees; EXIF orientation or swapped axes cause that."
    if max(ha, hb) % min(ha, hb) == 0 and max(ha, hb) // min(ha, hb) == round(max(wa, wb) / min(wa, wb)) > 1:
        factor = max(ha, hb) // min(ha, hb)
        return f" They differ by a factor of {factor}: was the low-resolution image compared with the truth?"
    if abs(ha - hb) < 16 and abs(wa - wb) < 16:
        return (
            " The truth was probably not cropped to a multiple of the scale before it was made smaller: "
            "srkit.ops.pixels.modcrop(hr, scale) does that."
        )
    return " Do they belong to the same picture?"


def _range_hint(low: float, high: float, name: str) -> str:
    if low >= 0:
        whole = next((whole for whole in (255, 1023, 4095, 65535) if high <= whole), None)
        if whole:
            return f"Is it a picture in 0 to {whole}? Then hand in {name} / {whole}."
    if low >= -128 and high <= 128:
        return f"Was it normalised or centred? Undo that first; {name}.clamp(0, 1) is what a file would hold."
    return f"If a network made it, it has not learnt yet or has diverged; {name}.clamp(0, 1) is what a file would hold."


def _shape_hint(x: Tensor, channels: Sequence[int]) -> str:
    if x.ndim in (3, 4) and x.shape[-1] in channels and x.shape[-3] not in channels:
        order = "(2, 0, 1)" if x.ndim == 3 else "(0, 3, 1, 2)"
        return f" The channels seem to come last: x.permute{order}."
    if x.ndim == 2 or (x.ndim in (3, 4) and x.shape[-3] == 1):
        return " For a grey image, repeat the channel: x.expand(3, -1, -1)."
    if x.ndim in (3, 4) and x.shape[-3] == 4:
        return " A fourth channel is usually alpha: srkit.ops.files.read_picture keeps it apart."
    return ""


def _how_to_make_a_tensor(x: Any) -> str:
    if isinstance(x, str) or hasattr(x, "__fspath__"):
        return "srkit.read(path) gives the tensor of a file."
    if hasattr(x, "__array__"):
        return "torch.from_numpy(x).permute(2, 0, 1) gives one from a (h, w, 3) array."
    return "srkit.read(path) gives one from a file."
