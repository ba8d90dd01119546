"""LR images made by a chain of degradations: from HR, a seed and the image's number, and nothing else."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from srkit.degrade.chain import Chain
from srkit.ops import pixels

__all__ = ["Maker", "generator_for"]


def generator_for(*numbers: int) -> torch.Generator:
    """Return a generator that depends on nothing but the numbers, for example a seed and a step."""
    state = np.random.SeedSequence(numbers).generate_state(1, np.uint64)[0]
    return torch.Generator().manual_seed(int(state) >> 1)


@dataclass(frozen=True, slots=True)
class Maker:
    """Makes the LR image of one pair."""

    chain: Chain  # what happens to HR
    seed: int  # with the number it decides every draw
    number: int  # of the image in its set

    def __call__(self, hr: Tensor) -> Tensor:
        """Return LR for ``(3, h, w)``, on the 256 levels of a file."""
        return pixels.quantise(self.chain(hr, rng=generator_for(self.seed, self.number)))

    def __repr__(self) -> str:
        return f"<{self.chain}, seed {self.seed}, image {self.number}>"
