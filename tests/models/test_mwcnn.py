"""MWCNN beside its authors' PyTorch code, and the properties of its transforms."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch
from torch import nn

import srkit
from srkit.ops.resize import imresize
from tests.models._published import golden, golden_input, published_file, same_as_golden


def test_the_state_dict_of_the_authors_port_gives_the_pixels_of_its_code(tmp_path: Path) -> None:
    record = golden("mwcnn")
    net = srkit.models.load(published_file(record, tmp_path), scale=2)
    assert net.name == "mwcnn"
    assert net.arguments == {"channels": (160, 8, 8), "n_blocks": 3, "batch_norm": False}
    with torch.no_grad():
        restored = net.restore(golden_input(record))  # type: ignore[operator]
    assert (restored - golden_input(record)).abs().max() > 0.05, "the layers must matter"
    same_as_golden(record, restored)


@pytest.mark.parametrize("scale", [2, 3])
def test_a_zeroed_tail_leaves_the_bicubic_image(scale: int) -> None:
    net = srkit.models.create("mwcnn", scale=scale, tiny=True).eval()
    nn.init.zeros_(net.tail.weight)
    nn.init.zeros_(net.tail.bias)
    lr = torch.rand(1, 3, 9, 11)
    with torch.no_grad():
        torch.testing.assert_close(net(lr), imresize(lr, scale), atol=2e-6, rtol=0)


def test_it_has_twenty_four_convolutions_of_which_twenty_two_are_normalised() -> None:
    with torch.device("meta"):
        net = srkit.models.create("mwcnn", scale=2)
    assert sum(isinstance(layer, nn.Conv2d) for layer in net.modules()) == 24
    norms = [layer for layer in net.modules() if isinstance(layer, nn.BatchNorm2d)]
    assert len(norms) == 22
    assert sum(2 * layer.num_features for layer in norms) == 12_416


def test_the_widths_of_the_levels_survive_a_file(tmp_path: Path) -> None:
    net = srkit.models.create("mwcnn", scale=3, tiny=True).eval()
    path = srkit.models.save(net, tmp_path / "mwcnn.safetensors")
    lr = torch.rand(1, 3, 8, 8)
    with torch.no_grad():
        torch.testing.assert_close(srkit.models.load(path)(lr), net(lr))
