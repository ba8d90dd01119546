"""Checks of images, which every function that takes one makes first.

The convention of the package: an image is a float tensor ``(3, h, w)`` of RGB in [0, 1], a batch is ``(b, 3, h, w)``.
A network's output is unclamped and noise has no bounds, so single values in [-2, 3] are accepted as long as values lie
outside [0, 1] by at most 0.12 on average. Pictures in 0 to 255 and in [-1, 1] are refused, and so are integers,
booleans, complex numbers, NaN and infinity.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import torch
from torch import Tensor

from srkit.errors import BadInput

__all__ = ["check_finite", "check_image", "check_kind", "check_pair", "check_range", "check_same_shape", "describe"]

_LOW, _HIGH = -2.0, 3.0  # of a single value: room for overshoot and noise
_OUTSIDE = 0.12  # mean distance from [0, 1]: noise of sigma 75 on black has 0.117, the samples in [-1, 1] 0.127 to 0.84


def describe(thing: Any) -> str:
    """Say in a few words what ``thing`` is, for use in messages: ``a (3, 8, 8) tensor of torch.float32``."""
    shape = getattr(thing, "shape", None)
    if isinstance(thing, Tensor):
        return f"a {tuple(thing.shape)} tensor of {thing.dtype}"
    if shape is not None:
        return f"a {type(thing).__name__} of shape {tuple(shape)} and type {getattr(thing, 'dtype', '?')}"
    return f"{type(thing).__name__} {str(thing)[:60]!r}" if isinstance(thing, str) else f"a {type(thing).__name__}"


def check_image(x: Any, *, name: str = "image", channels: Sequence[int] = (3,)) -> Tensor:
    """Return ``x`` if it is an image ``(c, h, w)`` or a batch ``(b, c, h, w)`` of floats in range; else refuse it."""
    check_kind(x, name=name)
    if x.ndim not in (3, 4) or x.shape[-3] not in channels or x.numel() == 0:
        wanted = " or ".join(str(c) for c in channels)
        raise BadInput(
            f"{name} must be ({wanted}, h, w) or (b, {wanted}, h, w) with at least one pixel and is {describe(x)}."
            f"{_shape_hint(x, channels)}"
        )
    return check_range(x, name=name)


def check_kind(x: Any, *, name: str = "image") -> Tensor:
    """Return ``x`` if it is a tensor of floating point numbers, of any shape and range; else refuse it."""
    if not isinstance(x, Tensor):
        raise BadInput(f"{name} must be a tensor and is {describe(x)}. {_how_to_make_a_tensor(x)}")
    if not x.is_floating_point():
        raise BadInput(f"{name} must hold floats in [0, 1] and is {describe(x)}. {_how_to_make_floats(x, name)}")
    return x


def check_range(x: Tensor, *, name: str = "image") -> Tensor:
    """Return ``x`` if its values are those of a picture in [0, 1], with room for overshoot and noise.

    Single values may lie in [-2, 3], and the mean distance of all values from [0, 1] may be at most 0.12.
    """
    seen = x.detach()
    low, high = (float(end) for end in torch.aminmax(seen))
    if low >= _LOW and high <= _HIGH:
        if low >= -_OUTSIDE and high <= 1 + _OUTSIDE:
            return x
        outside = float((seen - seen.clamp(0, 1)).abs().mean(dtype=torch.float32))
        if outside <= _OUTSIDE:
            return x
    check_finite(x, name=name)
    raise BadInput(
        f"{name} is {describe(x)} with values from {low:.4g} to {high:.4g}; a picture is RGB in [0, 1] (a little more "
        f"or less is accepted: from {_LOW:g} to {_HIGH:g}, and at most {_OUTSIDE:g} outside on average). "
        f"{_range_hint(low, high, name if name.isidentifier() else 'x')}"
    )


def check_pair(sr: Tensor, hr: Tensor, *, names: tuple[str, str] = ("sr", "hr")) -> None:
    """Refuse a result and a true image of different shape or not of floats, and a true image out of range.

    The range of the result is not checked: a network at the beginning of its training may give any values. NaN passes,
    in the true image too: training skips such a batch.
    """
    check_kind(sr, name=names[0])
    check_kind(hr, name=names[1])
    check_same_shape(sr, hr, names=names)
    if hr.numel() and bool(torch.isfinite(hr.detach().sum())):
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
    clamped = f"of a network's output {name}.clamp(0, 1)"
    if low >= -0.5 and high <= 0.5:
        return f"Is it a picture in [-0.5, 0.5]? Then hand in {name} + 0.5; {clamped}."
    if low >= -1 and high <= 1:
        return f"Is it a picture in [-1, 1]? Then hand in ({name} + 1) / 2; {clamped}."
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


def _how_to_make_floats(x: Tensor, name: str) -> str:
    if x.is_complex():
        return f"{name}.real is the real part."
    if x.dtype == torch.bool:
        return f"{name}.float() turns False and True into 0 and 1."
    if x.dtype == torch.uint8:
        return f"srkit.ops.pixels.from_uint8({name}) turns 0…255 into [0, 1]."
    return f"{name}.float() / 255 turns 0…255 into [0, 1]."


def _how_to_make_a_tensor(x: Any) -> str:
    if isinstance(x, str) or hasattr(x, "__fspath__"):
        return "srkit.read(path) gives the tensor of a file."
    if hasattr(x, "__array__"):
        return "torch.from_numpy(x).permute(2, 0, 1) gives one from a (h, w, 3) array."
    return "srkit.read(path) gives one from a file."
