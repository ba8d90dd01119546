"""Enlarge within the memory there is: the largest tiles that fit, smaller ones where memory runs out all the same."""

from __future__ import annotations

import warnings
from collections import deque
from collections.abc import Callable, Iterator
from functools import partial
from typing import Any, Literal

import torch
from torch import Tensor, nn
from torch.nn import functional

from srkit.errors import BadInput
from srkit.inference.ensemble import Ensemble, self_ensemble
from srkit.inference.mode import evaluating, place_of, remembered, scale_of
from srkit.inference.tiling import LEAST, Forward, Halo, Plan, Progress, check_sizes, plan_of, strips
from srkit.models.count import living_at_once
from srkit.ops.device import free_bytes

__all__ = [
    "TileChoice",
    "affordable_tile",
    "bytes_per_pixel",
    "enlarge",
    "enlarge_whole",
    "foreseen_bytes",
    "is_out_of_memory",
    "views_fit",
]

TileChoice = int | Literal["auto"] | None
Take = Callable[[Iterator[Tensor]], object]

_SMALLEST = 16
_STRIP = 2**28  # bytes of a result that are put together at once
_FLATTEST = 128  # LR rows; flatter strips would mostly compute their halos
_WHOLE = Plan(halo=0, align=1, exact=True)


def enlarge_whole(lr: Tensor, net: nn.Module, **options: Any) -> Tensor:
    """Return the enlargement of ``(b, 3, h, w)`` as one tensor, clamped to [0, 1]; options as in :func:`enlarge`."""
    (height, width), scale = lr.shape[-2:], scale_of(net)
    sr = _room_for(_at_least(LEAST, lr), scale)
    enlarge(lr, net, deque[Tensor](maxlen=0).extend, into=sr, **options)
    return sr[..., : scale * height, : scale * width]


def enlarge(
    lr: Tensor,
    net: nn.Module,
    take: Take,
    *,
    tile: TileChoice,
    halo: Halo,
    ensemble: bool | Ensemble,
    progress: Progress | None,
    orientation: int = 1,
    into: Tensor | None = None,
) -> None:
    """Enlarge ``(b, 3, h, w)`` and hand the result over in strips.

    Args:
        take: called with an iterator of strips ``(b, 3, n, scale*w)``, clamped, from the top down. It is called again,
            and the strips begin anew, where memory ran out and smaller tiles are tried.
        orientation: how ``lr`` lies, and the strips shall lie, as EXIF says; the network sees it upright.
        into: where the whole result is wanted, room for it: at least 8 pixels a side, times the scale.
    """
    wanted, scale = (lr.shape[-2], lr.shape[-1]), scale_of(net)
    lr = _at_least(LEAST, lr)
    longest = max(lr.shape[-2:])
    how = _way_of(ensemble)
    size = min(_chosen_tile(tile, lr, net, scale if into is not None else 0, halo, how) or longest, longest)
    batched = how is not None and views_fit(net, lr, side=size)
    while True:
        plan = _WHOLE if size >= longest else _plan_for(net, lr, size, halo, asked=isinstance(tile, int))
        forward: Forward = partial(self_ensemble, net, how=how, batched=batched) if how else net
        rows = min(size, _rows_of_a_strip(lr, scale)) if into is None and plan.exact and size < longest else size
        options: dict[str, Any] = {"tile": (rows, size), "plan": plan, "scale": scale, "progress": progress}
        with evaluating(net):
            made = strips(forward, lr, place_of(net, lr), orientation=orientation, into=into, **options)
            error = _attempt(take, _finished(made, wanted, scale))
        if error is None:
            return
        if size <= _SMALLEST and not batched:
            raise BadInput(
                f"Memory ran out on {place_of(net, lr)[0]} even with tiles of {size} x {size} pixels ({error}). Close "
                "other programs, use a smaller network, or move it to a device with more memory."
            )
        size = size if batched else max(_SMALLEST, size // 2)
        batched = False


def _way_of(ensemble: bool | Ensemble) -> Ensemble | None:
    if ensemble not in (False, True, "mean", "median"):
        raise BadInput(f"ensemble={ensemble!r} was given; write True, 'mean', 'median' or False.")
    if isinstance(ensemble, str):
        return ensemble
    return "mean" if ensemble else None


def _plan_for(net: nn.Module, lr: Tensor, size: int, halo: Halo, *, asked: bool) -> Plan:
    """Choose how to cut into tiles, and say so where they were not requested and they change the result."""
    plan = plan_of(net, halo, channels=lr.shape[-3])
    if not (plan.exact or asked):
        warnings.warn(
            f"{type(net).__name__} looks at the whole image, which does not fit into the memory set aside for it. It "
            f"is enlarged in tiles of {size} x {size} pixels that fade into each other, and differs slightly from the "
            "whole: tile=None takes the whole at once, tile=N says that tiles are meant.",
            RuntimeWarning,
            stacklevel=5,
        )
    return plan


def _at_least(side: int, lr: Tensor) -> Tensor:
    """Return a batch whose sides are no shorter than a network accepts, the last row and column repeated."""
    below, right = (max(0, side - length) for length in lr.shape[-2:])
    return functional.pad(lr, (0, right, 0, below), mode="replicate") if below or right else lr


def _chosen_tile(
    tile: TileChoice, lr: Tensor, net: nn.Module, scale: int, halo: Halo, how: Ensemble | None
) -> int | None:
    if isinstance(tile, str) and tile != "auto":
        raise BadInput(f"tile={tile!r} was given; write a number of pixels (tile=256), 'auto', or None.")
    check_sizes(None if isinstance(tile, str) else tile, halo)
    return affordable_tile(net, lr, scale=scale, ensemble=how, halo=halo) if isinstance(tile, str) else tile


def foreseen_bytes(
    net: nn.Module, size: tuple[int, int], *, tile: TileChoice = "auto", halo: Halo = None, ensemble: bool | Ensemble
) -> float:
    """Return the bytes that :func:`enlarge` will hold of an image of ``size`` LR pixels: itself, a strip, a tile."""
    own = getattr(net, "foreseen_bytes", None)  # of a method, which is no sum of layers
    if own is not None:
        return float(own(size))
    lr, scale, how = torch.empty(1).expand(1, 3, *size), scale_of(net), _way_of(ensemble)
    side = _chosen_tile(tile, lr, net, 0, halo, how) or max(size)
    margin, rows = 0, side
    if side < max(size):
        plan = plan_of(net, halo, channels=3)
        margin, rows = plan.halo, min(side, _rows_of_a_strip(lr, scale)) if plan.exact else side
    height, width = (min(whole, part + 2 * margin) for whole, part in zip(size, (rows, side), strict=True))
    pixels = lr[..., : min(rows, size[0]), :].numel() * scale**2 + lr.numel()
    return pixels * lr.element_size() + bytes_per_pixel(net, ensemble=how) * height * width


def _rows_of_a_strip(lr: Tensor, scale: int) -> int:
    row = lr[..., :1, :].numel() * scale**2 * lr.element_size()
    return max(_FLATTEST, _STRIP // row)


def _room_for(lr: Tensor, scale: int) -> Tensor:
    shape = (*lr.shape[:-2], lr.shape[-2] * scale, lr.shape[-1] * scale)
    try:
        return lr.new_empty(shape)
    except (RuntimeError, MemoryError) as error:
        if not is_out_of_memory(error):
            raise
        gigabytes = torch.Size(shape).numel() * lr.element_size() / 1e9
        raise BadInput(
            f"The result alone, {shape[-1]} x {shape[-2]} pixels, needs {gigabytes:.1f} GB of memory on {lr.device}, "
            "more than there is. Cut the image first, or use a smaller scale."
        ) from error


def _finished(made: Iterator[Tensor], size: tuple[int, int], scale: int) -> Iterator[Tensor]:
    """Clamp the strips and cut off what was enlarged of an image that is smaller than a network accepts."""
    for strip in made:  # an image that small is one strip
        yield strip.clamp_(0, 1)[..., : size[0] * scale, : size[1] * scale]


def _attempt(take: Take, made: Iterator[Tensor]) -> str | None:
    """Hand over what is made; return None, or what the allocator said when memory ran out."""
    try:
        take(made)
    except (RuntimeError, MemoryError) as error:
        if not is_out_of_memory(error):
            raise
        said = str(error).strip().splitlines()
    else:
        return None
    if torch.cuda.is_available():
        torch.cuda.empty_cache()
    return said[0] if said else "out of memory"


_SIGNS = (
    "out of memory",
    "can't allocate memory",
    "not enough memory",
    "alloc_cpu",
    "failed to allocate",
    "size calculation overflowed",
)
_PROBE = 32
_SAFETY = 0.5
_VIEWS = 8
_WORKSPACE = 1.5
_ENOUGH = 2**29  # larger tiles are not faster
_WITH_MARGINS = 1.7
_SMALL = 96**2  # LR pixels that fit anywhere


def is_out_of_memory(error: BaseException) -> bool:
    """Return whether ``error`` says that memory ran out, on any device."""
    if isinstance(error, torch.OutOfMemoryError | MemoryError):
        return True
    return isinstance(error, RuntimeError) and any(sign in str(error).lower() for sign in _SIGNS)


def bytes_per_pixel(net: nn.Module, *, channels: int = 3, ensemble: Ensemble | None = None) -> float:
    """Estimate the peak of activations in bytes per LR pixel, from one pass over 32 x 32 pixels.

    Counts what is alive at the same time, and half of it again for the workspace of the convolutions. It is found out
    once and remembered for as long as the network stays as it is.

    Args:
        ensemble: also count the answers to the eight views, one view after the other.
    """
    forward = partial(self_ensemble, net, how=ensemble) if ensemble else net
    return remembered(net, ("bytes", channels, ensemble), lambda: _weighed(net, forward, channels))


def _weighed(net: nn.Module, forward: Callable[[Tensor], Tensor], channels: int) -> float:
    device, dtype = place_of(net, torch.zeros(()))
    image = torch.full((1, channels, _PROBE, _PROBE), 0.5, device=device, dtype=dtype)
    with evaluating(net):
        peak = living_at_once(lambda: forward(image))
    return float(_WORKSPACE * (peak + image.nbytes) / _PROBE**2)


def affordable_tile(
    net: nn.Module, lr: Tensor, *, scale: int, ensemble: Ensemble | None = None, halo: Halo = None
) -> int | None:
    """Return the tile that fits into half of the free memory and 512 MiB, or None where the whole image fits.

    Where free memory is not known, 512 MiB are assumed.

    Args:
        scale: the network's factor; the result itself is counted too.
        ensemble: how eight views of a tile become one.
        halo: as in :func:`srkit.upscale`; a tile with its margins may take 1.7 times as much.
    """
    if len(lr) * lr.shape[-2] * lr.shape[-1] <= _SMALL:
        return None
    device, _ = place_of(net, lr)
    free = free_bytes(device)
    result = lr.numel() * scale**2 * lr.element_size() if device == lr.device else 0
    room = _ENOUGH if free is None else min(max(free - result, 0) * _SAFETY, _ENOUGH)
    pixels = room / (bytes_per_pixel(net, channels=lr.shape[-3], ensemble=ensemble) * len(lr))
    if pixels >= lr.shape[-2] * lr.shape[-1]:
        return None
    margin = plan_of(net, halo, channels=lr.shape[-3]).halo
    side = min(pixels**0.5, (_WITH_MARGINS * pixels) ** 0.5 - 2 * margin)
    return max(32, int(side) // 32 * 32)


def views_fit(net: nn.Module, lr: Tensor, *, side: int) -> bool:
    """Return whether all views of a self-ensemble go through a network at once: on a GPU, in half of the free memory.

    On a CPU one view after the other is as fast.
    """
    device, _ = place_of(net, lr)
    free = free_bytes(device) if device.type == "cuda" else None
    if free is None:
        return False
    pixels = min(side, lr.shape[-2]) * min(side, lr.shape[-1]) * len(lr)
    return _VIEWS * pixels * bytes_per_pixel(net, channels=lr.shape[-3]) < free * _SAFETY
