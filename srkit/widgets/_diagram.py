"""``diagram``: the drawing of a network, made from the network itself."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn

from srkit.errors import BadInput
from srkit.models import card, names
from srkit.models._figure import Drawing
from srkit.models.count import parameters
from srkit.ops.colours import data_uri
from srkit.widgets._blocks import graph_of, panels_of
from srkit.widgets._draw import sheet
from srkit.widgets._layout import Laid, laid_out
from srkit.widgets._nodes import Graph, Node
from srkit.widgets._source import source
from srkit.widgets._static import diagram_script, fill, style
from srkit.widgets._trace import Call, trace

__all__ = ["Diagram", "diagram"]

SMALL, PAGE, HEAD = (24, 32), 1060, 30
COLOURS = {
    "conv": "#a9cdf0", "activation": "#f7d98b", "norm": "#b9e0b0", "resize": "#f3b3a6", "attention": "#d3b9ea",
    "block": "#8fd0c6", "other": "#d9d9d9", "sum": "#ffffff", "join": "#ffffff",
}  # fmt: skip
SAID = {"+": "sum", "−": "difference", "×": "product", "÷": "quotient", "@": "matrix product", "C": "all side by side"}


@dataclass(eq=False)
class Panel:
    """One drawing of a diagram: of the whole network, or of one of its blocks."""

    title: str
    graph: Graph
    laid: Laid
    node: Node | None = None  # the block that is drawn


@dataclass(eq=False)
class Diagram:
    """What :func:`diagram` returns: a notebook draws it, ``print`` describes it, ``save`` writes the picture."""

    title: str
    panels: tuple[Panel, ...]  # the network, then every kind of block in it
    nodes: list[Node] = field(default_factory=list)  # in the order of their numbers in the picture

    def __repr__(self) -> str:
        return "\n".join(f"{panel.title}: {_sentence(panel.graph)}." for panel in self.panels)

    @cached_property
    def svg(self) -> str:
        """The picture alone, as SVG on a white ground."""
        return self._svg(ground=True)

    def save(self, path: str | Path, *, overwrite: bool = False) -> Path:
        """Write the picture to a file.

        Raises:
            BadFile: the file exists and ``overwrite`` is False.
        """
        return Drawing(self.svg).save(path, overwrite=overwrite)

    def _repr_html_(self) -> str:
        """Return the picture, and below it what is known of each of its parts, which a script shows one by one."""
        drawn = self._svg(ground=False)  # which numbers the parts
        sheets = style("source") + style("diagram")
        parts = map(_told, self.nodes)
        return fill("diagram", style=sheets, drawn=drawn, parts=parts, script=diagram_script())

    def _svg(self, *, ground: bool) -> str:
        self.nodes.clear()
        places, x, y, row, wide = [], 0.0, 0.0, 0.0, 0.0
        for panel in self.panels:
            width, height = max(panel.laid.width, 7.5 * len(panel.title)) + 30, panel.laid.height + HEAD + 12
            if x and (x + width > max(PAGE, wide) or panel is self.panels[1]):
                x, y, row = 0.0, y + row, 0.0
            places.append((x, y, panel))
            x, row = x + width, max(row, height)
            wide = max(wide, x)
        size = {"wide": wide, "high": y + row, "head": HEAD}
        how = {"ground": ground, "colours": COLOURS, "spoken": _spoken, "numbered": self._numbered}
        return fill("drawing", title=f"{self.title}. {self!r}", places=places, **size, **how)

    def _numbered(self, node: Node) -> int:
        """Return the number by which a part of the picture is known to what is told about it."""
        self.nodes.append(node)
        return len(self.nodes) - 1


def diagram(net: nn.Module, lr: Tensor | None = None, **inputs: Any) -> Diagram:
    """Draw a network: its blocks, skips, repetitions and shared weights, and below it each kind of block once.

    The drawing is made by following an image through the network. Three or more equal parts in a row are drawn once,
    with their number. A part is as tall as the image in it is large; a number on an arrow counts channels.
    A click on a part shows its code, its shapes and its parameters, and some of its channels where an image was given.

    Args:
        net: a network; it runs once, in eval mode, and is returned as it was.
        lr: ``(3, h, w)`` or ``(1, 3, h, w)``; grey, 24x32 pixels, where it is left out.
        **inputs: the extra keyword of networks that need one; networks of the library that do get an example.

    Raises:
        BadInput: ``lr`` is no image.

    Example:
        >>> diagram(srkit.models.create("edsr", scale=4))                                 # doctest: +SKIP
    """
    weight = next(net.parameters(), torch.empty(0))
    given = lr if lr is not None else torch.full((1, 3, *SMALL), 0.5).to(weight)
    if not inputs and lr is None and hasattr(net, "example_input"):
        inputs = _example(net, given)
    call = trace(net, given, maps=lr is not None, **inputs)
    if not call.leaves() or call.leaves() == [call]:
        raise BadInput(f"{type(net).__name__} does nothing with the image that can be drawn.")
    graph = graph_of(call)
    size = (int(given.shape[-2]), int(given.shape[-1]))
    title = _title(net)
    panels = [Panel(title, graph, laid_out(graph, size, names=[_given(port) for port in graph.ports]))]
    blocks = list(panels_of(graph))
    for node, inner in blocks:
        twins = sum(other.label == node.label for other, _ in blocks) > 1
        name = f"{node.label} ({node.call.name})" if twins else node.label
        panels.append(Panel(name, inner, laid_out(inner, size), node))
    return Diagram(f"{title}, {parameters(net):,} parameters", tuple(panels))


def _title(net: nn.Module) -> str:
    name, scale = getattr(net, "name", None), getattr(net, "scale", None)
    known = card(name).title if isinstance(name, str) and name in names() else type(net).__name__
    return f"{known} ×{scale}" if isinstance(scale, int) else known


def _example(net: Any, lr: Tensor) -> dict[str, Any]:
    import inspect

    names = list(inspect.signature(net.forward).parameters)
    return {names[1]: net.example_input(lr)} if len(names) > 1 else {}


def _given(port: Call) -> str:
    return "LR" if port.name == "lr" else port.name


def _spoken(node: Node) -> str:
    name = SAID.get(node.label, node.label)
    parts = [f"{name} {node.detail}".strip(), f"gives {_shape(node.call)}" if node.call.shape else ""]
    parts += [f"{node.times} in a row" if node.times > 1 else "", "same weights each time" if node.shared else ""]
    parts += [f"the same weights as the others marked {node.tie}" if node.tie else ""]
    return ", ".join(part for part in parts if part)


def _shape(call: Call) -> str:
    return "(" + ", ".join(map(str, call.shape)) + ")"


def _sentence(graph: Graph) -> str:
    """Return the drawing in words."""
    said = []
    for node in graph.nodes:
        if node.inside is not None:
            said.append(f"{node.times} times ({_sentence(node.inside)})")
            continue
        skips = [read for read in node.reads if read != len(said) - 1]
        beside = f" with {_named(graph, skips)}" if skips and node.kind in ("sum", "join") else ""
        said.append(_brief(node) + beside)
    return ", ".join(said)


def _brief(node: Node) -> str:
    name = f"{SAID.get(node.label, node.label)} {node.detail}".strip()
    return f"{node.times} {name}" + (" of the same weights" if node.shared else "") if node.times > 1 else name


def _named(graph: Graph, reads: list[int]) -> str:
    return " and ".join("the input" if read < 0 else f"part {read + 1}" for read in reads)


def _told(node: Node) -> dict[str, Any]:
    """Return what is told of a part when it is clicked."""
    call, module = node.call, node.call.module
    facts = [_spoken(node)]
    if module is not None:
        facts.append(
            f"{parameters(module):,} parameters"
            + (f", {node.times} times" if node.times > 1 and not node.shared else "")
        )
    told = {"name": SAID.get(node.label, call.kind), "place": call.name, "facts": facts, "channels": 0}
    if call.maps is not None:
        top = float(torch.quantile(call.maps.abs().flatten(), 0.995)) or 1.0
        told |= {"channels": len(call.maps), "uri": data_uri(sheet(call.maps, top=top, columns=8))}
    plain = repr(module) if module is not None and not call.parts else ""
    return {**told, "plain": plain, "code": "" if plain else _code(call)}


def _code(call: Call) -> str:
    if call.module is None:
        return ""
    try:
        return source(call.module)._repr_html_()
    except BadInput:  # typed where no file remembers it
        return ""
