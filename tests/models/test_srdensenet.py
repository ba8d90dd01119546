"""SRDenseNet against public code, and who reads what."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import torch
from torch import nn

import srkit
from tests.models._outputs import double_input, same_outputs
from tests.models._published import golden, published_file


def test_the_state_dict_of_the_widely_used_port_gives_the_pixels_of_its_code(tmp_path: Path) -> None:
    record = golden("srdensenet")
    net: Any = srkit.models.load(published_file(record, tmp_path)).double()
    assert (net.name, net.scale) == ("srdensenet", 4)
    assert net.arguments == {"growth": 4, "n_blocks": 3, "n_layers": 2, "bottleneck": 256}
    with torch.no_grad():
        same_outputs(record, [net.enlarge_luma(double_input(record))])


def test_it_has_69_layers_and_the_weights_of_the_card() -> None:
    with torch.device("meta"):
        net = srkit.models.create("srdensenet", scale=4)
    layers = [layer for layer in net.modules() if isinstance(layer, nn.Conv2d | nn.ConvTranspose2d)]
    assert len(layers) == 1 + 8 * 8 + 1 + 2 + 1
    assert sum(layer.weight.numel() for layer in layers) == 2_657_664


def test_the_first_layer_of_a_block_reads_everything_and_the_others_their_block() -> None:
    with torch.device("meta"):
        net: Any = srkit.models.create("srdensenet", scale=4)
    for n, block in enumerate(net.blocks):
        assert [layer.in_channels for layer in block.convs] == [128 * (n + 1), *range(16, 128, 16)]
    assert net.bottleneck[0].in_channels == 9 * 128 == 1_152


def test_a_silent_block_passes_nothing_on_but_hides_nothing() -> None:
    net: Any = srkit.models.create("srdensenet", scale=4, tiny=True)
    for layer in net.blocks[0].convs:
        nn.init.zeros_(layer.weight)
        nn.init.zeros_(layer.bias)
    luma = torch.rand(1, 1, 8, 8)
    assert not net.blocks[0](net.head(luma)).any()
    assert net.enlarge_luma(luma).std() > 0
