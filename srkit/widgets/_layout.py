"""Where the nodes of a drawing of a network lie, and which way the arrows between them take.

The longest path is one straight line. What runs beside it lies in rows below, and what skips something is an arc above.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from math import log2

from torch import nn

from srkit.widgets._nodes import Graph, Node

__all__ = ["Box", "Laid", "Wire", "laid_out"]

GAP, LANE, CORNER = 27, 10, 4
"""Between neighbours, between arcs, and the radius of a bend, in pixels."""
WIDTHS = {"conv": 24, "activation": 17, "norm": 17, "sum": 18, "join": 18, "resize": 25, "attention": 25, "block": 30}
LETTER, TALL = 6.3, 74


@dataclass
class Box:
    """A node and its place; a port, and the end, have no node."""

    node: Node | None
    width: float
    height: float
    reads: list[int] = field(default_factory=list)  # numbers of boxes
    inside: Laid | None = None
    words: str = ""
    x: float = 0.0
    y: float = 0.0
    row: int = 0

    @property
    def right(self) -> float:
        """The right end."""
        return self.x + self.width

    @property
    def up(self) -> float:
        """From the axis, on which arrows arrive and leave, to the top."""
        return 7 + self.inside.axis if self.inside is not None else self.height / 2

    @property
    def top(self) -> float:
        """The top, with the edges of the copies that lie behind."""
        return self.y - self.up - (8 if self.node is not None and self.node.times > 1 and self.inside is None else 0)

    @property
    def bottom(self) -> float:
        """The bottom."""
        return self.y - self.up + self.height

    @property
    def middle(self) -> float:
        """The middle of its width."""
        return self.x + self.width / 2

    @property
    def round(self) -> bool:
        """Whether it is drawn as a circle."""
        return self.node is not None and self.node.kind in ("sum", "join")


@dataclass(frozen=True)
class Wire:
    """An arrow: its path, where a word on it starts, and that word."""

    path: str
    at: tuple[float, float]
    words: str = ""
    dot: tuple[float, float] | None = None  # where it leaves another arrow


@dataclass
class Laid:
    """A finished drawing: its top left corner is (0, 0)."""

    boxes: list[Box]
    wires: list[Wire]
    width: float
    height: float
    axis: float  # the height of the long straight line


def laid_out(graph: Graph, lr_size: tuple[int, int], *, names: Sequence[str] = (), frame: bool = False) -> Laid:
    """Lay a graph out.

    Args:
        graph: what is drawn.
        lr_size: rows and columns of the small image; larger maps are drawn taller.
        names: of the ports; ``"x"`` where left out.
        frame: draw no ports and no end: the graph is repeated, in a frame.
    """
    boxes = _boxes(graph, lr_size, names, frame)
    _columns(boxes)
    spine = _spine(boxes)
    _rows(boxes, spine)
    lanes = _lanes(boxes)
    _heights(boxes, lanes)
    wires = [
        _wire(boxes, source, target, lanes, _words(boxes, source, target, graph, lr_size))
        for target, box in enumerate(boxes)
        for source in box.reads
    ]
    bottom = max(box.bottom for box in boxes) + (14 if frame else 26)
    return Laid(boxes, wires, max(box.right for box in boxes), bottom, boxes[spine[0]].y)


def _boxes(graph: Graph, lr_size: tuple[int, int], names: Sequence[str], frame: bool) -> list[Box]:
    """Return the ports, the nodes and the end, in this order."""
    side = 0.0 if frame else 10.0
    n = len(graph.ports)
    boxes = [Box(None, side, side, words=names[k] if k < len(names) else "") for k in range(n)]
    for node in graph.nodes:
        reads = [n + read if read >= 0 else -1 - read for read in node.reads]
        inside = laid_out(node.inside, lr_size, frame=True) if node.inside is not None else None
        width, height = _size(node, lr_size) if inside is None else (inside.width + 12, inside.height + 14)
        boxes.append(Box(node, width, height, reads, inside))
    boxes.append(Box(None, side, side, [n + out if out >= 0 else -1 - out for out in graph.outs], words="end"))
    return boxes


def _size(node: Node, lr_size: tuple[int, int]) -> tuple[float, float]:
    if node.kind in ("sum", "join"):
        return WIDTHS[node.kind], WIDTHS[node.kind]
    grown = log2(max(_form(node, lr_size)[1], 1 / 8))
    height = max(TALL * (1 + 0.22 * grown), 40, LETTER * len(node.label) + 12)
    return WIDTHS.get(node.kind, 22) + (8 if node.times > 1 else 0), height


def _columns(boxes: list[Box]) -> None:
    for box in boxes:
        ends = [boxes[read].right + GAP for read in box.reads]
        box.x = max(ends, default=0.0)


def _spine(boxes: list[Box]) -> list[int]:
    """Return the path from a port to the end that passes most things."""
    length = [0.0] * len(boxes)
    before = [-1] * len(boxes)
    for number, box in enumerate(boxes):
        weight = 1.0 if box.node is None else box.node.times + len(box.node.call.leaves())
        for read in box.reads:
            if length[read] + weight > length[number]:
                length[number], before[number] = length[read] + weight, read
    path = [len(boxes) - 1]
    while before[path[-1]] >= 0:
        path.append(before[path[-1]])
    return path[::-1]


def _rows(boxes: list[Box], spine: list[int]) -> None:
    """Give what is not on the long path a row below it where nothing else lies."""
    placed = set(spine)
    taken: dict[int, list[tuple[float, float]]] = {}
    for number in range(len(boxes)):
        if number in placed:
            continue
        chain = [number]
        while True:
            after = [n for n, box in enumerate(boxes) if chain[-1] in box.reads]
            if len(after) != 1 or after[0] in placed:
                break
            chain.append(after[0])
        start = min((boxes[read].right for read in boxes[number].reads), default=boxes[number].x)
        end = max([boxes[chain[-1]].right, *(boxes[n].middle for n in after)])
        row = 1
        while any(start < right and left < end for left, right in taken.get(row, [])):
            row += 1
        taken.setdefault(row, []).append((start, end))
        for n in chain:
            boxes[n].row = row
        placed.update(chain)


def _lanes(boxes: list[Box]) -> dict[tuple[int, int], int]:
    """Return for each arrow that passes something in its row how many arcs lie between."""
    arcs = []
    for target, box in enumerate(boxes):
        for source in box.reads:
            if _is_arc(boxes, source, target):
                arcs.append((box.middle - boxes[source].right, source, target))
    lanes: dict[tuple[int, int], int] = {}
    for _, source, target in sorted(arcs):
        left, right, row = boxes[source].right, boxes[target].middle, max(boxes[source].row, boxes[target].row)
        others = {
            lane for (s, t), lane in lanes.items()
            if max(boxes[s].row, boxes[t].row) == row and boxes[s].right < right and left < boxes[t].middle
        }  # fmt: skip
        lanes[source, target] = next(lane for lane in range(len(arcs)) if lane not in others)
    return lanes


def _is_arc(boxes: list[Box], source: int, target: int) -> bool:
    """Tell whether something lies between two boxes on the row that the arrow would run along."""
    row = max(boxes[source].row, boxes[target].row)
    left, right = boxes[source].right, boxes[target].x
    return any(box.row == row and left <= box.x and box.right <= right for box in boxes if box.width) or (
        boxes[source].row == boxes[target].row and right - left > 4 * GAP and boxes[source].node is None and row > 0
    )


def _heights(boxes: list[Box], lanes: dict[tuple[int, int], int]) -> None:
    """Put the rows below each other, with room for the arcs above each."""
    y = 0.0
    for row in range(max(box.row for box in boxes) + 1):
        mine = [box for box in boxes if box.row == row]
        arcs = [lane for (s, t), lane in lanes.items() if max(boxes[s].row, boxes[t].row) == row]
        y += (max(arcs) + 1) * LANE + 6 if arcs else 6
        y += max(box.up for box in mine) + (8 if any(box.y > box.top + box.up for box in mine) else 0)
        for box in mine:
            box.y = y
        y = max(box.bottom for box in mine) + 20


def _wire(boxes: list[Box], source: int, target: int, lanes: dict[tuple[int, int], int], words: str) -> Wire:
    a, b = boxes[source], boxes[target]
    start, y0, y1 = (a.right, a.y), a.y, b.y
    lane = lanes.get((source, target))
    if lane is not None:
        row = max(a.row, b.row)
        between = [box.top for box in boxes if box.row == row and a.right <= box.x < b.middle]
        top = min(min(between), min(a.y, b.y) - 12) - 5 - LANE * lane
        tap = a.right + min(7.0, GAP / 3)
        points = [(tap, y0), (tap, top), (b.middle, top), (b.middle, b.y - b.up)]
        return Wire(_bent([start, *points] if a.width else points), (tap + 3, top - 2), words, (tap, y0))
    if y0 == y1:
        tapped = any(s == source for s, _ in lanes)
        return Wire(_bent([start, (b.x, y1)]), (a.right + 2, y0 + 10 if tapped else y0 - 4), words)
    if b.row > a.row:
        tap = a.right + min(7.0, GAP / 3)
        return Wire(_bent([start, (tap, y0), (tap, y1), (b.x, y1)]), (tap + 3, y1 - 4), words, (tap, y0))
    return Wire(_bent([start, (b.middle, y0), (b.middle, b.bottom)]), (a.right + 2, y0 - 4), words)


def _words(boxes: list[Box], source: int, target: int, graph: Graph, lr_size: tuple[int, int]) -> str:
    """Return what stands on an arrow: how many results it carries, or channels where their number has changed."""
    a, b = boxes[source], boxes[target]
    every = graph.every if b.node is None else b.node.every
    n = len(graph.ports)
    if source - n in every and a.node is not None:
        return f"all {a.node.times}"
    first = next((t for t in range(len(boxes)) if source in boxes[t].reads), target)
    if a.node is None or first != target:
        return ""
    width, read = _form(a.node, lr_size)[0], [boxes[r].node for r in a.reads]
    before = {_form(node, lr_size)[0] if node is not None else None for node in read}
    grows = a.node.kind == "join" and boxes[-1].width == 0  # in a repetition it is another number each time
    return str(width) if width and before != {width} and not grows else ""


def _form(node: Node, lr_size: tuple[int, int]) -> tuple[int, float]:
    """Return the channels of what a node gives, and how much larger than the small image it is; 0 and 1 if unknown."""
    shape, known = node.call.shape, _width(node.call.module)
    if len(shape) != 4:
        return known, 1.0
    if shape[-2:] == (1, 1):
        return shape[1], 1.0
    for channels, rows, columns in (shape[1:], (shape[3], *shape[1:3])):
        tall, wide = rows / lr_size[0], columns / lr_size[1]
        if abs(tall / wide - 1) < 0.05:
            return channels, tall
    return known, 1.0


def _width(layer: nn.Module | None) -> int:
    """Return the channels that a layer of torch gives, whichever dimension they are; 0 if unknown."""
    if isinstance(layer, nn.Linear):
        return layer.out_features
    if isinstance(layer, nn.LayerNorm):
        return layer.normalized_shape[-1]
    return int(getattr(layer, "out_channels", 0))


def _bent(points: Sequence[tuple[float, float]]) -> str:
    """Return a path along points, with round bends."""
    path = f"M{points[0][0]:.1f} {points[0][1]:.1f}"
    for before, here, after in zip(points, points[1:], points[2:], strict=False):
        r = min(CORNER, _distance(before, here) / 2, _distance(here, after) / 2)
        (x0, y0), (x1, y1) = _towards(here, before, r), _towards(here, after, r)
        path += f"L{x0:.1f} {y0:.1f}Q{here[0]:.1f} {here[1]:.1f} {x1:.1f} {y1:.1f}"
    return f"{path}L{points[-1][0]:.1f} {points[-1][1]:.1f}"


def _distance(one: tuple[float, float], other: tuple[float, float]) -> float:
    return abs(one[0] - other[0]) + abs(one[1] - other[1])


def _towards(here: tuple[float, float], there: tuple[float, float], by: float) -> tuple[float, float]:
    whole = _distance(here, there) or 1.0
    return here[0] + (there[0] - here[0]) * by / whole, here[1] + (there[1] - here[1]) * by / whole
