"""RDN against public code, and what dense connections make of the channels."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import torch
import torch.nn.functional as F

import srkit
from tests.models._published import golden, golden_input, published_file, same_as_golden


def test_a_published_state_dict_gives_the_pixels_of_the_published_code(tmp_path: Path) -> None:
    record = golden("rdn")
    net = srkit.models.load(published_file(record, tmp_path))
    assert (net.name, net.scale) == ("rdn", 2)
    assert net.arguments == {"channels": 16, "n_blocks": 20, "n_layers": 6, "growth": 32}
    with torch.no_grad():
        same_as_golden(record, net(golden_input(record)))


@pytest.mark.parametrize(("scale", "count"), [(2, 5_541_795), (3, 5_634_115), (4, 5_578_787)])
def test_configuration_a_of_the_paper_has_the_counts_of_public_code(scale: int, count: int) -> None:
    with torch.device("meta"):
        net = srkit.models.create("rdn", scale=scale, n_blocks=20, n_layers=6, growth=32)
    assert srkit.models.parameters(net) == count


def test_layer_i_of_a_block_reads_the_input_and_all_layers_before_it() -> None:
    with torch.device("meta"):
        block: Any = srkit.models.create("rdn", scale=2).body[0]  # type: ignore[index]
    assert [layer.in_channels for layer in block.convs] == [64 + i * 64 for i in range(8)]
    assert block.fusion.in_channels == 64 + 8 * 64


def test_a_block_written_out_gives_the_same() -> None:
    block: Any = srkit.models.create("rdn", scale=2, tiny=True).body[1]  # type: ignore[index]
    held, x = block.state_dict(), torch.rand(2, 16, 9, 8)
    with torch.no_grad():
        first = F.conv2d(x, held["convs.0.weight"], held["convs.0.bias"], padding=1).relu()
        both = torch.cat([x, first], 1)
        second = F.conv2d(both, held["convs.1.weight"], held["convs.1.bias"], padding=1).relu()
        fused = F.conv2d(torch.cat([both, second], 1), held["fusion.weight"], held["fusion.bias"])
        torch.testing.assert_close(block(x), x + fused, atol=1e-6, rtol=1e-5)


def test_every_block_reaches_the_end_by_itself() -> None:
    """Global feature fusion: with all blocks but one cut out of it, that one still decides the image."""
    for kept in range(2):
        net: Any = srkit.models.create("rdn", scale=2, tiny=True).eval()
        with torch.no_grad():
            net.gather.weight[:, [c for c in range(32) if c // 16 != kept]] = 0
            lr = torch.rand(1, 3, 8, 8)
            before = net(lr)
            net.body[kept].fusion.bias.add_(0.5)
            assert not torch.allclose(net(lr), before)
            net.body[kept].fusion.bias.sub_(0.5)
            net.gather.weight.zero_()
            silent = net(lr)
            net.body[kept].fusion.bias.add_(0.5)
            assert torch.equal(net(lr), silent)
