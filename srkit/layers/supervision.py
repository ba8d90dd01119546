"""The predictions that a network with supervision in several places gives to the training loop."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from torch import Tensor

__all__ = ["Prediction"]


@dataclass(frozen=True)
class Prediction:
    """One of several images a network predicts on its way, each compared with the truth while it is trained.

    A network that has them offers ``predictions(lr) -> list[Prediction]``, in the order in which they are made; the
    image of the last one is what ``forward(lr)`` returns. The weights need not add up to one.

    Attributes:
        name: what it is, for the log: ``"x2"``, ``"recursion 3"``.
        image: ``(b, 3, scale*h, scale*w)``.
        scale: its enlargement of the LR image; the target is the HR image, reduced where this is less than the net's.
        weight: what the paper multiplies its loss by.
        beside: further terms of its loss, scalars by name, that only the network can compute: the error of a kernel.
    """

    name: str
    image: Tensor
    scale: int
    weight: float
    beside: Mapping[str, Tensor] = field(default_factory=dict)
