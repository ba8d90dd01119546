"""What is repeated in a drawing of a network is drawn once, with its number."""

from __future__ import annotations

from dataclasses import replace

from srkit.widgets._nodes import Graph, Node

__all__ = ["folded"]

LONGEST = 12
"""Nodes of the longest pattern whose repetitions are folded."""


def folded(graph: Graph) -> Graph:
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
