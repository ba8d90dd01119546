"""Memory: how much is free, how much a network needs, and recognising that it ran out."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

import torch
from torch import Tensor, nn

from srkit.inference.ensemble import Ensemble, self_ensemble
from srkit.inference.mode import evaluating, place_of, remembered
from srkit.models.count import living_at_once
from srkit.ops.memory import free_bytes

__all__ = ["affordable_tile", "bytes_per_pixel", "is_out_of_memory", "views_fit"]

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


def affordable_tile(net: nn.Module, lr: Tensor, *, scale: int, ensemble: Ensemble | None = None) -> int | None:
    """Return the tile that fits into half of the free memory and 512 MiB, or None where the whole image fits.

    Where free memory is not known, 512 MiB are assumed.

    Args:
        scale: the network's factor; the result itself is counted too.
        ensemble: how eight views of a tile become one.
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
    return max(32, int(pixels**0.5) // 32 * 32)


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
