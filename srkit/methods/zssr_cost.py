"""Memory and time that ZSSR will need for a picture, estimated before it begins."""

from __future__ import annotations

import math
import time

import torch

from srkit.methods._method import IMAGE, LOADED
from srkit.methods.pieces import pieces_of
from srkit.methods.reduction import Reduction
from srkit.methods.zssr_net import TESTED, TILE, ZSSRNet, margin_of
from srkit.methods.zssr_presets import Settings

__all__ = ["cost_of", "memory_of"]

_TRIED = 128  # pixels a side of the pass that is timed
_HELD = 12 * 36  # bytes for each pixel of a piece: eight views, their corrections, and what these are made by
_LAYERS = 16  # bytes for each pixel and channel of a tile in the network


def cost_of(settings: Settings, size: tuple[int, int]) -> tuple[float, float]:
    """Return the bytes beside PyTorch and, at the speed this machine has just now, the most seconds.

    The time is that of the network alone: every step that the settings allow, the tests, and the last enlargement. The
    learning rate usually ends the training sooner.
    """
    pixels, learnt = size[0] * size[1], min(settings.crop**2, size[0] * size[1])
    tested = min(TESTED**2, pixels) / settings.test_every
    passed = 0.0  # pixels through the network
    for read in _read(settings, size):
        passed += settings.max_steps * (3 * learnt + tested)
        passed += (8 if settings.ensemble else 1) * sum(read)
    return memory_of(settings, size), passed * _seconds_a_pixel(settings)


def memory_of(settings: Settings, size: tuple[int, int]) -> float:
    """Return the bytes beside PyTorch that a picture needs: those of :func:`cost_of`."""
    largest = max(max(read) for read in _read(settings, size))
    enlarged = sum(math.prod(factor) for factor in settings.factors)
    whole = IMAGE * size[0] * size[1] * (3 + enlarged)
    return LOADED + whole + _HELD * largest + _LAYERS * settings.width * min(TILE**2, largest)


def _read(settings: Settings, size: tuple[int, int]) -> list[list[float]]:
    """Return, for each factor, how many enlarged pixels each piece of the last stage reads."""
    found = []
    for (down, across), back_projections in zip(settings.factors, settings.back_projections, strict=True):
        reduction = Reduction((down, across))
        margin = margin_of(settings.depth, reduction, back_projections)
        pieces = pieces_of(torch.empty(1).expand(3, *size), reduction, margin=margin)
        sides = [(row.stop - row.start, column.stop - column.start) for row, column in pieces]
        found.append([high * wide * down * across for high, wide in sides])
    return found


def _seconds_a_pixel(settings: Settings) -> float:
    net = ZSSRNet(width=settings.width, depth=settings.depth, rng=torch.Generator().manual_seed(0))
    image = torch.zeros(1, 3, _TRIED, _TRIED)
    with torch.inference_mode():
        net(image)
        begin = time.perf_counter()
        net(image)
    return (time.perf_counter() - begin) / _TRIED**2
