"""From what a network did to what is drawn of it: nodes with the arrows between them, repetitions folded."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from functools import cached_property

from torch import nn

from srkit.layers import Upsampler
from srkit.widgets._trace import Call

__all__ = ["Graph", "Node", "graph_of", "panels_of", "signature"]

LONGEST = 12
"""Nodes of the longest pattern whose repetitions are folded."""
KINDS = {
    "sum": "add sub mul div matmul bmm einsum",
    "join": "cat stack setitem",
    "conv": "Conv2d Conv1d Conv3d Linear conv2d linear",
    "resize": "ConvTranspose2d PixelShuffle PixelUnshuffle Upsample conv_transpose2d interpolate pixel_shuffle "
    "pixel_unshuffle imresize upscale",
    "activation": "ReLU PReLU LeakyReLU GELU SiLU Sigmoid Tanh ELU relu leaky_relu prelu gelu silu sigmoid tanh "
    "softmax Softmax Softplus softplus selu",
    "norm": "BatchNorm2d LayerNorm GroupNorm InstanceNorm2d layer_norm batch_norm normalize",
    "attention": "scaled_dot_product_attention MultiheadAttention multi_head_attention_forward",
}
"""What a function or one of torch's modules is drawn as."""
LABELS = {
    "add": "+", "sub": "−", "mul": "×", "div": "÷", "matmul": "@", "bmm": "@", "einsum": "@", "cat": "C", "stack": "C",
    "setitem": "C", "Conv2d": "conv", "conv2d": "conv", "ConvTranspose2d": "deconv", "conv_transpose2d": "deconv",
    "Linear": "linear", "PixelShuffle": "pixel shuffle", "pixel_shuffle": "pixel shuffle", "imresize": "bicubic",
    "PixelUnshuffle": "unshuffle", "pixel_unshuffle": "unshuffle", "relu": "ReLU", "leaky_relu": "LeakyReLU",
    "BatchNorm2d": "batch norm", "LayerNorm": "layer norm", "layer_norm": "layer norm", "mean": "mean",
    "rgb_to_ycbcr": "to YCbCr", "rgb_to_y": "to Y", "with_chroma": "add colour",
    "scaled_dot_product_attention": "attention",
    "AdaptiveAvgPool2d": "mean", "adaptive_avg_pool2d": "mean", "sigmoid": "sigmoid", "Sigmoid": "sigmoid",
}  # fmt: skip


@dataclass(eq=False)
class Node:
    """One thing in a drawing.

    Attributes:
        label: what is written in it.
        kind: what it is drawn as: a key of ``KINDS``, ``"block"``, ``"other"`` or ``"run"``.
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


def graph_of(scope: Call) -> Graph:
    """Return the drawing of what happens inside one call."""
    calls = list(_inlined(scope))
    place = {leaf: number for number, call in enumerate(calls) for leaf in call.leaves()}
    ports: list[Call] = []

    def numbers(sources: list[Call]) -> list[int]:
        for source in sources:
            if source not in place and source not in ports:
                ports.append(source)
        return list(dict.fromkeys(place[s] if s in place else -1 - ports.index(s) for s in sources))

    nodes = []
    for number, call in enumerate(calls):
        read = numbers([source for leaf in call.leaves() for source in leaf.sources])
        nodes.append(_node(call, [source for source in read if source != number]))
    graph = Graph(nodes, ports, numbers(scope.gives))
    return _folded(_tied(_pruned(_merged(graph))))


def panels_of(graph: Graph) -> Iterator[tuple[Node, Graph]]:
    """Yield every kind of block below ``graph`` once, in order, with its drawing."""
    seen: dict[str, set[tuple[str, ...]]] = {}
    waiting = [graph]
    while waiting:
        found = []
        for node in _all_nodes(waiting.pop(0)):
            kinds = seen.setdefault(node.label, set())
            if node.kind == "block" and signature(node.call) not in kinds and len(kinds) < 2:
                inner = graph_of(node.call)
                kinds.add(signature(node.call))
                if len(inner.nodes) > 1:
                    yield node, inner
                    found.append(inner)
        waiting = found + waiting


def signature(call: Call) -> tuple[str, ...]:
    """Return what two calls of equal structure have in common."""
    return (call.kind, *(_detailed(leaf) for leaf in call.leaves()))


def _detailed(call: Call) -> str:
    width = "" if call.kind == "cat" else str(call.shape[1:2])
    return f"{call.kind}{_detail(call)}{width if call.module is not None else ''}"


def _all_nodes(graph: Graph) -> Iterator[Node]:
    for node in graph.nodes:
        yield node
        if node.inside is not None:
            yield from _all_nodes(node.inside)


def _inlined(scope: Call) -> Iterator[Call]:
    """Yield what a call uses; plain sequences, and blocks around a single thing, are seen through."""
    for part in scope.parts:
        plain = type(part.module) in (nn.Sequential, Upsampler)
        if part.module is not None and part.parts and (plain or len(part.leaves()) == 1):
            yield from _inlined(part)
        else:
            yield part


def _node(call: Call, reads: list[int]) -> Node:
    known = [call.kind, *(base.__name__ for base in type(call.module).__mro__[1:])]
    kind = next((kind for name in known for kind, names in KINDS.items() if name in names.split()), "other")
    if kind in ("sum", "join") and call.parts:
        kind = "other"
    if call.module is not None and call.parts:
        kind = "block"
    return Node(LABELS.get(call.kind, call.kind.strip("_").replace("_", " ")), kind, call, reads, detail=_detail(call))


def _detail(call: Call) -> str:
    layer = call.module
    if isinstance(layer, nn.Conv2d | nn.ConvTranspose2d):
        size = "×".join(map(str, layer.kernel_size))
        stride = "" if layer.stride[0] == 1 else f" /{layer.stride[0]}"
        stride = stride.replace("/", "↑") if isinstance(layer, nn.ConvTranspose2d) else stride
        apart = " dw" if layer.groups == layer.in_channels > 1 else f" g{layer.groups}" if layer.groups > 1 else ""
        wide = f" d{layer.dilation[0]}" if layer.dilation[0] > 1 else ""
        return f"{size}{stride}{apart}{wide}"
    return f"↑{layer.upscale_factor}" if isinstance(layer, nn.PixelShuffle) else ""


def _merged(graph: Graph) -> Graph:
    """Make one sum of sums of sums, one joint of joints, and one function of equal ones that read the same."""
    readers = _readers(graph)
    known: dict[tuple[object, ...], int] = {}
    renamed: dict[int, int] = {}
    for number, node in enumerate(graph.nodes):
        node.reads = list(dict.fromkeys(renamed.get(source, source) for source in node.reads))
        merged: list[int] = []
        for source in node.reads:
            other = graph.nodes[source] if source >= 0 else None
            same = other is not None and node.label == other.label and node.label in ("+", "C")
            merged += other.reads if same and other is not None and readers[source] == 1 else [source]
        node.reads = list(dict.fromkeys(merged))
        if node.call.module is None:
            key = (node.call.kind, *node.reads)
            renamed[number] = known.setdefault(key, number)
    graph.outs = list(dict.fromkeys(renamed.get(out, out) for out in graph.outs))
    return graph


def _readers(graph: Graph) -> list[int]:
    counts = [0] * len(graph.nodes)
    for source in [*(source for node in graph.nodes for source in node.reads), *graph.outs]:
        if source >= 0:
            counts[source] += 1
    return counts


def _pruned(graph: Graph) -> Graph:
    """Leave out what nothing of the result depends on."""
    needed, waiting = set[int](), [out for out in graph.outs if out >= 0]
    while waiting:
        number = waiting.pop()
        if number not in needed:
            needed.add(number)
            waiting += [source for source in graph.nodes[number].reads if source >= 0]
    return _renumbered(graph, {old: new for new, old in enumerate(sorted(needed))}) if needed else graph


def _renumbered(graph: Graph, new: dict[int, int]) -> Graph:
    nodes = []
    for number, node in enumerate(graph.nodes):
        if number in new:
            node.reads = [new.get(source, source) for source in node.reads]
            nodes.append(node)
    return Graph(nodes, graph.ports, [new.get(out, out) for out in graph.outs], graph.every)


def _tied(graph: Graph) -> Graph:
    """Note which nodes use the same module, and so the same weights."""
    uses: dict[nn.Module, list[Node]] = {}
    for node in graph.nodes:
        if node.call.module is not None and any(True for _ in node.call.module.parameters()):
            uses.setdefault(node.call.module, []).append(node)
    for letter, nodes in zip(
        "ABCDEFGHIJKLMNOPQRSTUVWXYZ", (many for many in uses.values() if len(many) > 1), strict=False
    ):
        for node in nodes:
            node.tie = letter
    return graph


def _folded(graph: Graph) -> Graph:
    """Draw what is repeated three times or more once."""
    start, signs = 0, [node.sign for node in graph.nodes]
    while start < len(graph.nodes):
        runs = ((size, _repeats(graph, signs, start, size)) for size in range(1, LONGEST + 1))
        size, times = max(runs, key=lambda run: (run[0] * run[1] if run[1] >= 3 else 0, -run[0]))
        if graph.nodes[start].kind == "activation" and _repeats(graph, signs, start + 1, size) >= times:
            times = 1  # a repetition begins with what is learned
        if times >= 3:
            graph = _fold(graph, start, size, times)
            signs[start : start + size * times] = [graph.nodes[start].sign]
        start += 1
    return graph


def _repeats(graph: Graph, signs: list[tuple[str, ...]], start: int, size: int) -> int:
    """Return how often the ``size`` nodes from ``start`` on are repeated, so that one drawing of them says all."""
    times = 1
    while (
        start + size < len(signs)
        and signs[start : start + size] == signs[start + times * size : start + (times + 1) * size]
    ):
        if not _alike(graph, start, size, times):
            break
        times += 1
    while times >= 3 and not _read_alike(graph, start, size, times):
        times -= 1
    return times


def _alike(graph: Graph, start: int, size: int, turn: int) -> bool:
    """Tell whether repetition ``turn`` reads what the ones before it read, one pattern further on."""
    for place in range(size):
        zero, one, two, now = (
            _Reads(graph.nodes[start + n * size + place].reads, start, size, n) for n in (0, 1, min(turn, 2), turn)
        )
        if (now.own, now.last, now.outside) != (one.own, one.last, one.outside) or zero.own != one.own:
            return False
        if now.places != two.places or len(now.older) != len(now.places) * max(0, turn - 1):
            return False
        if not one.outside <= zero.outside or bool(one.last or one.outside) != bool(zero.outside):
            return False
        if not one.last and one.outside != zero.outside:
            return False
    return True


class _Reads:
    """What a node of repetition ``turn`` reads: of its own pattern, of the last one, of older ones, from outside."""

    def __init__(self, reads: list[int], start: int, size: int, turn: int) -> None:
        begin = start + turn * size
        self.own = {read - begin for read in reads if read >= begin}
        self.last = {read - begin for read in reads if max(begin - size, start) <= read < begin}
        self.older = {read for read in reads if start <= read < begin - size}
        self.places = {(read - start) % size for read in self.older}
        self.outside = {read for read in reads if read < start}


def _read_alike(graph: Graph, start: int, size: int, times: int) -> bool:
    """Tell whether what stands after reads the last repetition alone, or the same node of all of them."""
    end = start + times * size
    for reads in [*(node.reads for node in graph.nodes[end:]), graph.outs]:
        early = {read for read in reads if start <= read < end - size}
        if early != {start + n * size + (read - start) % size for read in early for n in range(times - 1)} or not {
            (read - start) % size + end - size for read in early
        } <= set(reads):
            return False
    return True


def _fold(graph: Graph, start: int, size: int, times: int) -> Graph:
    end = start + times * size
    turns = [graph.nodes[start + n * size : start + (n + 1) * size] for n in range(times)]
    run = _run(graph, turns, start, size)
    new = {number: number for number in range(-len(graph.ports), start)}
    new |= dict.fromkeys(range(start, end), start) | {n: n - times * size + 1 for n in range(end, len(graph.nodes))}
    after = graph.nodes[end:]
    for node in after:
        node.every = {new[n] for n in node.every}
        if any(start <= read < end - size for read in node.reads):
            node.every.add(start)
        node.reads = list(dict.fromkeys(new[read] for read in node.reads))
    every = {new[n] for n in graph.every} | {start for out in graph.outs if start <= out < end - size}
    outs = list(dict.fromkeys(new[out] for out in graph.outs))
    return Graph([*graph.nodes[:start], run, *after], graph.ports, outs, every)


def _run(graph: Graph, turns: list[list[Node]], start: int, size: int) -> Node:
    """Return the one node that stands for all ``turns``."""
    outside = [read for turn in (turns[0], turns[1]) for node in turn for read in node.reads if read < start]
    outside = list(dict.fromkeys(outside))
    recalls = any(start <= read < start + size for node in turns[2] for read in node.reads)
    shared = [
        len({node.call.module for node in place}) == 1 and place[0].tie != "" for place in zip(*turns, strict=True)
    ]
    if size == 1:
        return replace(turns[1][0], reads=outside, times=len(turns), shared=shared[0], recalls=recalls, tie="")
    readers: dict[int, frozenset[int]] = {}  # of what comes from outside, or from other repetitions
    for read in (read for node in turns[1] for read in node.reads if read < start + size):
        readers[read] = frozenset(place for place, node in enumerate(turns[1]) if read in node.reads)
    ports = list(dict.fromkeys(readers.values()))  # what is read by the same nodes is one arrow
    nodes = []
    for node, same in zip(turns[1], shared, strict=True):
        reads = [-1 - ports.index(readers[read]) if read in readers else read - start - size for read in node.reads]
        nodes.append(replace(node, reads=list(dict.fromkeys(reads)), shared=same, tie="" if same else node.tie))
    last = [place for place in range(size) if not any(place in node.reads for node in nodes)]
    inside_graph = Graph(nodes, [turns[1][0].call] * len(ports), last)
    return Node("", "run", turns[-1][max(last)].call, outside, times=len(turns), recalls=recalls, inside=inside_graph)
