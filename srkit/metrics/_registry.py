"""The shelf of metrics."""

from __future__ import annotations

from collections.abc import Callable
from typing import Protocol as Shape
from typing import TypeVar

from torch import Tensor

from srkit._registry import Registry
from srkit.metrics.protocol import Protocol

__all__ = ["METRICS", "Metric", "register_metric"]


class Metric(Shape):
    """A function that compares two images, or the images of two batches one by one."""

    def __call__(self, sr: Tensor, hr: Tensor, *, protocol: Protocol | None = None) -> float | Tensor:
        """Give a float for images ``(3, h, w)`` and a tensor ``(b,)`` for batches."""


METRICS: Registry[Metric] = Registry("metric")

M = TypeVar("M", bound=Metric)


def register_metric(name: str) -> Callable[[M], M]:
    """Put a metric on the shelf under ``name``; returns a decorator.

    Raises:
        BadInput: the name is not made of lower case letters, digits and underscores.
        DuplicateName: the name is taken.

    Example:
        >>> @register_metric("mae")                      # doctest: +SKIP
        ... def mae(sr, hr, *, protocol=None): ...
    """
    register: Callable[[M], M] = METRICS.register(name)  # type: ignore[assignment]
    return register
