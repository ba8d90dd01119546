"""What a drawing of a network consists of."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property

from torch import nn

from srkit.widgets._trace import Call

__all__ = ["Graph", "Node", "detail", "signature"]


@dataclass(eq=False)
class Node:
    """One thing in a drawing.

    Attributes:
        label: what is written in it.
        kind: what it is drawn as: a kind of layer, ``"block"``, ``"other"`` or ``"run"``.
        call: what it stands for; of a repetition, one of them.
        reads: what arrows lead to it: numbers of other nodes, or -1, -2, … for what comes from outside.
        every: those of them of which all repetitions are read, and not the last one alone.
        detail: kernel size and the like, written below.
        times: how often it is repeated.
        shared: whether all repetitions use the same weights.
        recalls: whether each repetition reads all earlier ones.
        tie: a letter common to all nodes that use the same weights.
        inside: the pattern that is repeated, for a ``"run"``.
    """

    label: str
    kind: str
    call: Call
    reads: list[int]
    every: set[int] = field(default_factory=set)
    detail: str = ""
    times: int = 1
    shared: bool = False
    recalls: bool = False
    tie: str = ""
    inside: Graph | None = None

    @cached_property
    def sign(self) -> tuple[str, ...]:
        """What nodes that are repetitions of each other have in common."""
        return (self.kind, str(self.times), str(self.call.shape[-2:]), *signature(self.call))


@dataclass(eq=False)
class Graph:
    """Nodes in the order in which they were used, what comes from outside, and which nodes give the result."""

    nodes: list[Node]
    ports: list[Call]
    outs: list[int]
    every: set[int] = field(default_factory=set)  # as of a node that reads the results


def signature(call: Call) -> tuple[str, ...]:
    """Return what two calls of equal structure have in common."""
    return (call.kind, *(_detailed(leaf) for leaf in call.leaves()))


def _detailed(call: Call) -> str:
    width = "" if call.kind == "cat" else str(call.shape[1:2])
    return f"{call.kind}{detail(call)}{width if call.module is not None else ''}"


def detail(call: Call) -> str:
    """Return kernel size, stride, groups and the like of a layer in a few letters."""
    layer = call.module
    if isinstance(layer, nn.Conv2d | nn.ConvTranspose2d):
        size = "×".join(map(str, layer.kernel_size))
        stride = "" if layer.stride[0] == 1 else f" /{layer.stride[0]}"
        stride = stride.replace("/", "↑") if isinstance(layer, nn.ConvTranspose2d) else stride
        apart = " dw" if layer.groups == layer.in_channels > 1 else f" g{layer.groups}" if layer.groups > 1 else ""
        wide = f" d{layer.dilation[0]}" if layer.dilation[0] > 1 else ""
        return f"{size}{stride}{apart}{wide}"
    return f"↑{layer.upscale_factor}" if isinstance(layer, nn.PixelShuffle) else ""
