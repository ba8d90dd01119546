"""From what a network did to what is drawn of it: nodes, and the arrows between them."""

from __future__ import annotations

from collections.abc import Iterator

from torch import nn

from srkit.layers import Upsampler
from srkit.widgets._fold import folded
from srkit.widgets._nodes import Graph, Node, detail, signature
from srkit.widgets._trace import Call

__all__ = ["graph_of", "panels_of"]

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
    return folded(_tied(_pruned(_merged(graph))))


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
    return Node(LABELS.get(call.kind, call.kind.strip("_").replace("_", " ")), kind, call, reads, detail=detail(call))


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
