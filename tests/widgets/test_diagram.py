"""The drawing of a network, beside what its modules themselves report."""

from __future__ import annotations

import copy
import xml.etree.ElementTree as ET
from collections.abc import Iterator
from itertools import combinations, pairwise
from typing import Any

import pytest
import torch
from torch import Tensor, nn

import srkit
from srkit.errors import BadInput
from srkit.widgets import diagram
from srkit.widgets._blocks import graph_of
from srkit.widgets._diagram import Diagram
from srkit.widgets._layout import Laid
from srkit.widgets._nodes import Graph, Node
from srkit.widgets._trace import Call


def drawn(name: str, *, tiny: bool = True) -> tuple[nn.Module, Diagram]:
    with torch.device("meta"):
        card = srkit.models.card(name)
        net = srkit.models.create(name, scale=max(s for s in card.scales if s <= 4), tiny=tiny)
        return net, diagram(net)


def uses(graph: Graph) -> Iterator[Call]:
    """Yield the uses of torch's modules that a drawing stands for, every repetition of each."""
    for node in graph.nodes:
        inside = node.inside or (graph_of(node.call) if node.kind == "block" else None)
        for _ in range(node.times):
            yield from uses(inside) if inside is not None else [node.call]


def convolutions(net: nn.Module, lr: Tensor, inputs: dict[str, Any]) -> tuple[int, int]:
    """Count the convolutions that the result depends on, by gradients, and all that were used, by hooks."""
    made: list[Tensor] = []
    for module in net.modules():
        if isinstance(module, nn.Conv2d | nn.ConvTranspose2d):
            module.register_forward_hook(lambda _module, _args, output: made.append(output.clone()) or made[-1])
    sr = net(lr.requires_grad_(), **inputs)
    grads = torch.autograd.grad(sr, [lr, *made], torch.ones_like(sr), allow_unused=True)
    return sum(grad is not None for grad in grads[1:]), len(made)


def numbered(nodes: list[Node]) -> list[tuple[str, int]]:
    return [(node.label, node.times) for node in nodes]


@pytest.mark.parametrize("name", ["drcn", "dsrn", "fsrcnn", "lapsrn", "msrn", "srfbn", "swinir"])
def test_a_drawing_unfolded_has_every_convolution_that_the_result_depends_on(name: str) -> None:
    check_unfolded(name)


def check_unfolded(name: str) -> None:
    """Compare the drawing of the network ``name`` with what its modules and its gradients say."""
    net, drawing = drawn(name)
    with torch.device("meta"):
        lr = torch.full((1, 3, 24, 32), 0.5)
        extra = srkit.models.card(name).extra_input
        needed, used = convolutions(net, lr, {extra: net.example_input(lr)} if extra else {})  # type: ignore[operator]
    found = [call for call in uses(drawing.panels[0].graph) if isinstance(call.module, nn.Conv2d | nn.ConvTranspose2d)]
    assert needed <= len(found) <= used  # a block's second result may be read once and not the next time
    assert not any(overlap(panel.laid) for panel in drawing.panels)
    ET.fromstring(drawing.svg)


def overlap(laid: Laid) -> bool:
    places = [(box.x, box.right, box.y - box.up, box.bottom) for box in laid.boxes if box.width]
    pairs = ((a, b) for a, b in combinations(places, 2))
    return any(a[0] < b[1] and b[0] < a[1] and a[2] < b[3] and b[2] < a[3] for a, b in pairs)


def test_rcan_is_drawn_as_its_paper_says_ten_groups_of_twenty_blocks() -> None:
    _, drawing = drawn("rcan", tiny=False)
    network, group, block, attention = drawing.panels
    assert ("ResidualGroup", 10) in numbered(network.graph.nodes)
    assert numbered(group.graph.nodes) == [("AttentionBlock", 20), ("conv", 1), ("+", 1)]
    assert numbered(block.graph.nodes)[-2:] == [("ChannelAttention", 1), ("+", 1)]
    assert attention.graph.nodes[-1].reads == [-1, 4]


def test_drrns_unit_is_drawn_once_with_the_weights_that_its_25_runs_share_and_the_norms_that_they_do_not() -> None:
    _, drawing = drawn("drrn", tiny=False)
    (run,) = (node for node in drawing.panels[0].graph.nodes if node.inside)
    assert run.times == 25
    assert run.inside is not None
    assert [(node.label, node.shared) for node in run.inside.nodes if node.label != "ReLU"] == [
        ("batch norm", False), ("conv", True), ("batch norm", False), ("conv", True), ("+", False)
    ]  # fmt: skip


def test_rdns_fusion_reads_all_sixteen_blocks_and_not_the_last_one_alone() -> None:
    _, drawing = drawn("rdn", tiny=False)
    nodes = drawing.panels[0].graph.nodes
    joint = next(node for node in nodes if node.label == "C")
    assert [(nodes[read].label, nodes[read].times, read in joint.every) for read in joint.reads] == [
        ("ResidualDenseBlock", 16, True)
    ]
    assert ">all 16<" in drawing.svg


class Winding(nn.Module):
    """Loops as often as a number in the image says, uses one layer twice, and skips."""

    def __init__(self) -> None:
        super().__init__()
        self.twice, self.other = nn.Conv2d(3, 3, 3, padding=1), nn.Conv2d(6, 3, 1)

    def forward(self, lr: Tensor) -> Tensor:
        features = lr
        for _ in range(int(lr[0, 0, 0, 0] * 10)):
            features = self.twice(features)
        return lr + self.other(torch.cat([features, lr], dim=1))


def test_a_loop_whose_length_the_image_decides_is_drawn_as_it_ran() -> None:
    image = torch.full((3, 8, 10), 0.21)
    (panel,) = diagram(Winding(), image).panels
    assert [(node.label, node.reads, node.tie) for node in panel.graph.nodes] == [
        ("conv", [-1], "A"), ("conv", [0], "A"), ("C", [1, -1], ""), ("conv", [2], ""), ("+", [-1, 3], "")
    ]  # fmt: skip
    (panel,) = diagram(Winding(), image + 0.3).panels
    assert (panel.graph.nodes[0].times, panel.graph.nodes[0].shared) == (5, True)


def test_three_parts_of_which_a_later_one_reads_the_middle_one_are_not_folded() -> None:
    class Peeking(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.layers = nn.ModuleList(nn.Conv2d(3, 3, 1) for _ in range(3))

        def forward(self, lr: Tensor) -> Tensor:
            results = [lr]
            for layer in self.layers:
                results.append(layer(results[-1]))
            return results[3] + results[2]

    (panel,) = diagram(Peeking()).panels
    assert [node.reads for node in panel.graph.nodes] == [[-1], [0], [1], [2, 1]]


def test_what_is_larger_is_drawn_taller_and_channels_stand_where_they_change() -> None:
    _, drawing = drawn("espcn", tiny=False)
    heights = {box.node.label: box.height for box in drawing.panels[0].laid.boxes if box.node is not None}
    assert heights["pixel shuffle"] > heights["conv"]
    assert [wire.words for wire in drawing.panels[0].laid.wires if wire.words] == ["3", "64", "32", "16", "1", "3"]


def test_channels_are_found_where_they_come_last() -> None:
    _, drawing = drawn("swinir")
    words = {panel.title: {wire.words for wire in panel.laid.wires} for panel in drawing.panels}
    assert words["Group"] == {"", "12"}
    assert words["WindowAttention"] == {"", "36", "12"}  # windows of tokens, from query, key and value to one result


def test_a_function_that_changes_the_form_last_has_the_shape_that_it_returns() -> None:
    _, drawing = drawn("mwcnn", tiny=False)
    bands = [node.call.shape for node in drawing.panels[0].graph.nodes if node.label in ("analyse", "synthesise")]
    assert [shape[1] for shape in bands] == [4, 4 * 160, 4 * 256, 256, 160, 1]  # four bands of what the blocks give


def test_drawing_a_network_leaves_it_as_it_was() -> None:
    net = srkit.models.create("rcan", scale=2, tiny=True).train()
    before = copy.deepcopy(net.state_dict())
    diagram(net, torch.rand(3, 9, 11))
    assert all(module.training for module in net.modules())
    assert all(torch.equal(before[name], tensor) for name, tensor in net.state_dict().items())
    assert not any(module._forward_hooks for module in net.modules())


def test_every_part_of_a_picture_has_a_name_and_something_to_tell() -> None:
    drawing = diagram(srkit.models.create("edsr", scale=2, tiny=True), torch.rand(3, 9, 11))
    page = drawing._repr_html_()
    assert page.count('role="button" tabindex="0"') == page.count("<template>") == len(drawing.nodes) == 12
    assert page.count("channels, blue below zero") == 12
    assert 'aria-label="conv 3×3, gives (1, 16, 9, 11)"' in page
    assert "class ResidualBlock" in page.replace('<span class="kw">', "").replace('<span class="na">', "").replace(
        "</span>", ""
    )
    assert str(drawing) == (
        "EDSR ×2: conv 3×3, ResidualBlock, ResidualBlock, conv 3×3, sum with part 1, conv 3×3, pixel shuffle ↑2, "
        "conv 3×3.\n"
        "ResidualBlock: conv 3×3, ReLU, conv 3×3, sum with the input."
    )


def test_the_saved_picture_is_an_svg_that_says_in_words_what_it_shows(tmp_path: Any) -> None:
    _, drawing = drawn("vdsr")
    picture = ET.parse(drawing.save(tmp_path / "vdsr.svg")).getroot()
    assert "sum with part 2" in picture.attrib["aria-label"]
    assert picture.find("{*}rect") is not None


def test_a_network_that_is_given_no_image_says_what_it_expects() -> None:
    with pytest.raises(BadInput, match=r"One image \(3, h, w\)"):
        diagram(srkit.models.create("espcn", scale=2, tiny=True), torch.rand(2, 3, 8, 8))


def test_the_arrows_of_a_chain_go_from_part_to_part_in_order() -> None:
    _, drawing = drawn("srcnn")
    boxes = drawing.panels[0].laid.boxes
    assert all(one.right < other.x for one, other in pairwise(box for box in boxes if box.row == 0))
