"""``shapes``: the shapes inside a network, one foldable line for each part."""

from __future__ import annotations

from dataclasses import dataclass
from math import prod
from typing import Any

from torch import Tensor, nn

from srkit.widgets._static import fill, style
from srkit.widgets._walk import Layer, merged, walk

__all__ = ["Shapes", "shapes"]


@dataclass(frozen=True)
class Shapes:
    """What :func:`shapes` returns: a notebook folds and unfolds it, ``print`` shows all of it."""

    layer: Layer  # the network and, inside it, all its parts
    size: tuple[int, ...]  # shape of the image that went in
    outputs: int  # pixels that came out, per image

    @property
    def summary(self) -> str:
        """The whole network in a line."""
        per_pixel = self.layer.multiply_adds / self.outputs
        return (
            f"{self.layer.kind}: {self.layer.parameters:,} parameters, {_short(self.layer.multiply_adds)} "
            f"multiply-adds for an image {_spoken(self.size)}, {per_pixel:,.0f} for each pixel that comes out"
        )

    def __repr__(self) -> str:
        return "\n".join([self.summary, *_lines(self.layer, 1)])

    def _repr_html_(self) -> str:
        """Return nested ``<details>``, which fold without any script."""
        values = {"summary": self.summary, "parts": self.layer.parts, "merged": merged, "facts": _facts}
        return fill("shapes", style=style("shapes"), **values)


def shapes(net: nn.Module, lr: Tensor, **inputs: Any) -> Shapes:
    """Show what each part of a network gives out, how many numbers it holds and how much it computes.

    Args:
        net: a network; it runs once, in eval mode, and is returned as it was.
        lr: ``(3, h, w)`` or ``(1, 3, h, w)``.
        **inputs: the extra keyword of networks that need one.

    Raises:
        BadInput: ``lr`` is no image.

    Example:
        >>> shapes(net, lr)                                                               # doctest: +SKIP
    """
    layer = walk(net, lr, **inputs)
    outputs = prod(layer.shape[-2:]) if layer.shape else 1
    return Shapes(layer, tuple(lr.shape), outputs)


def _facts(layer: Layer) -> str:
    shape = "never called as a whole" if layer.shape is None else f"gives {_spoken(layer.shape)}"
    numbers = [shape]
    if layer.parameters:
        numbers.append(f"{layer.parameters:,} parameters")
    if layer.multiply_adds:
        numbers.append(f"{_short(layer.multiply_adds)} multiply-adds")
    if layer.calls > 1:
        numbers.append(f"used {layer.calls} times")
    if layer.alike > 1:
        numbers.append(f"{layer.alike} alike, added up")
    return ", ".join(numbers)


def _lines(layer: Layer, depth: int) -> list[str]:
    lines = []
    for part in merged(layer.parts):
        lines.append(f"{'  ' * depth}{part.name} ({part.kind}): {_facts(part)}")
        lines += _lines(part, depth + 1)
    return lines


def _spoken(shape: tuple[int, ...]) -> str:
    return "(" + ", ".join(map(str, shape)) + ")"


def _short(count: float) -> str:
    for unit, name in ((1e12, "T"), (1e9, "G"), (1e6, "M"), (1e3, "k")):
        if count >= unit:
            return f"{count / unit:.3g} {name}"
    return f"{count:.0f}"
