"""Synthetic HDR scenes with their SDR version: batches for training, pairs for evaluation, all from a seed.

No HDR photographs are free to ship. A scene here is a smooth sky-like gradient, textured surfaces in wide colours, and
a few small lamps of thousands of cd/m^2: enough to show what is lost where SDR clips, not a statistic of the world.
"""

from __future__ import annotations

import math

import numpy as np
import torch
from torch import Tensor

from srkit.datasets.pair import Pairs, Source
from srkit.errors import BadInput
from srkit.ops.hdr import from_pq, sdr_from_hdr, to_pq
from srkit.ops.resize import imresize

__all__ = ["HDRScenes"]

_LAMPS = 4
_BRIGHTEST = 4000.0


class HDRScenes:
    """HDR scenes and what SDR shows of them, reduced: joint super-resolution and inverse tone mapping.

    LR is BT.709 SDR of 8 bits, HR is PQ-coded BT.2020, both ``(b, 3, h, w)`` in [0, 1]; :func:`srkit.ops.hdr.from_pq`
    gives the light back. Batch k is a function of (seed, k) alone.

    Args:
        scale: enlargement factor; 1 is inverse tone mapping alone.
        patch: side of the HR images, a multiple of ``scale``.
        batch: images per batch.
        seed: decides everything.

    Raises:
        BadInput: a patch that is no multiple of the scale, or smaller than 16.
    """

    def __init__(self, *, scale: int = 2, patch: int = 64, batch: int = 8, seed: int = 0) -> None:
        if scale < 1 or patch < 16 or patch % scale:
            raise BadInput(f"patch={patch} must be 16 or more and a multiple of scale={scale}.")
        self.name, self.scale = "hdr_scenes", scale
        self.size, self.count, self.seed = patch, batch, seed

    def light(self, number: int) -> Tensor:
        """Return scene ``number`` as linear BT.2020 light in cd/m^2, ``(3, patch, patch)``."""
        rng = torch.Generator().manual_seed(int(np.random.SeedSequence([self.seed, number]).generate_state(1)[0]))
        axis = torch.linspace(0, 1, self.size)
        y, x = axis[:, None], axis[None, :]
        colours = torch.rand(_LAMPS + 3, 3, 1, 1, generator=rng)
        draws = torch.rand(_LAMPS + 3, 5, generator=rng)
        scene = colours[0] * 20 * (0.2 + y) + colours[1] * 200 * (1 - y) ** 3  # ground and sky
        waves = torch.sin(2 * math.pi * (draws[2, 0] * 12 * x + draws[2, 1] * 12 * y + draws[2, 2]))
        scene = scene * (1 + 0.5 * colours[2] * waves)
        for colour, (top, left, radius, power, _) in zip(colours[3:], draws[3:], strict=True):
            distance = (y - top) ** 2 + (x - left) ** 2
            scene = scene + colour * _BRIGHTEST * power**3 * torch.exp(-distance / (0.002 + 0.02 * radius))
        return scene.clamp(0, _BRIGHTEST)

    def batch(self, step: int, /) -> tuple[Tensor, Tensor]:
        """Return SDR ``(b, 3, patch/scale, patch/scale)`` and PQ-coded HDR ``(b, 3, patch, patch)`` of a step."""
        light = torch.stack([self.light(step * self.count + row) for row in range(self.count)])  # (b, 3, h, w)
        return self._pair(light)

    def pairs(self, count: int, *, first: int = 1_000_000) -> Pairs:
        """Return ``count`` scenes that no batch of a usual run holds, as pairs to evaluate on.

        Args:
            count: how many.
            first: number of the first scene.
        """
        sources = []
        for number in range(first, first + count):
            lr, hr = self._pair(self.light(number)[None])
            sources.append(Source(f"scene_{number}", hr[0], lr[0]))
        return Pairs(sources, name=self.name, scale=self.scale)

    def _pair(self, light: Tensor) -> tuple[Tensor, Tensor]:
        hr = to_pq(light)  # (b, 3, h, w)
        small = light if self.scale == 1 else from_pq(imresize(hr, 1 / self.scale).clamp(0, 1))
        return sdr_from_hdr(small), hr
