"""IDN: a block written out by hand, where its large kernel puts its pixels, and the authors' weights."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import torch
import torch.nn.functional as F
from torch import Tensor

import srkit
from srkit.models.readers import read_caffe
from srkit.ops.resize import imresize
from tests._shared import shared


def test_a_block_written_out_keeps_the_first_quarter_and_refines_the_rest() -> None:
    block: Any = srkit.models.create("idn", scale=2).body[0]  # type: ignore[index]
    held, x = block.state_dict(), torch.rand(1, 64, 9, 8)

    def layer(x: Tensor, name: str, groups: int = 1) -> Tensor:
        weight = held[f"{name}.weight"]
        y = F.conv2d(x, weight, held[f"{name}.bias"], padding=weight.shape[-1] // 2, groups=groups)
        return torch.where(y > 0, y, 0.05 * y)

    with torch.no_grad():
        enhanced = layer(layer(layer(x, "enhance.0"), "enhance.1", 4), "enhance.2")
        refined = layer(layer(layer(enhanced[:, 16:], "refine.0"), "refine.1", 4), "refine.2")
        expected = layer(refined + torch.cat([x, enhanced[:, :16]], 1), "press")
        torch.testing.assert_close(block(x), expected, atol=1e-6, rtol=1e-5)


def test_the_layers_are_as_wide_as_in_the_authors_definition() -> None:
    with torch.device("meta"):
        block: Any = srkit.models.create("idn", scale=3).body[3]  # type: ignore[index]
    layers = [*block.enhance, *block.refine, block.press]
    assert [layer.out_channels for layer in layers] == [48, 32, 64, 64, 48, 80, 64]
    assert [layer.groups for layer in layers] == [1, 4, 1, 1, 4, 1, 1]


@pytest.mark.parametrize("scale", [2, 3, 4])
def test_the_large_kernel_begins_where_the_authors_begin_to_measure(scale: int) -> None:
    """Caffe pads by 8; its first pixel is added to bicubic row ``scale - 1``, as test_IDN.m cuts it (mycrop.m)."""
    net: Any = srkit.models.create("idn", scale=scale, tiny=True)
    features = torch.rand(1, 16, 9, 11)
    with torch.no_grad():
        net.body, net.head = torch.nn.Identity(), torch.nn.ModuleList([torch.nn.Identity(), torch.nn.Identity()])
        theirs = F.conv_transpose2d(features, net.enlarge.weight, net.enlarge.bias, stride=scale, padding=8)
        ours = net.enlarge(features)[..., : scale * 9, : scale * 11]
    assert theirs.shape[-2:] == (scale * 8 + 1, scale * 10 + 1)
    torch.testing.assert_close(ours[..., scale - 1 :, scale - 1 :], theirs, atol=1e-6, rtol=1e-5)


def test_a_silent_last_layer_leaves_the_bicubic_image() -> None:
    net: Any = srkit.models.create("idn", scale=3, tiny=True)
    torch.nn.init.zeros_(net.enlarge.weight)
    torch.nn.init.zeros_(net.enlarge.bias)
    lr = torch.rand(1, 3, 9, 8)
    torch.testing.assert_close(net(lr), imresize(lr, 3), atol=1e-5, rtol=0)


def test_a_hand_made_caffe_file_is_read(tmp_path: Path) -> None:
    numbers = bytes.fromhex("0000803f 00000040 00004040 00008040 0000a040 0000c040")  # 1 to 6
    weight = b"\x3a\x04\x0a\x02\x02\x03" + b"\x2a\x18" + numbers
    bias = b"\x3a\x03\x0a\x01\x02" + b"\x2a\x08" + numbers[:8]
    layer = b"\x0a\x04down" + b"\x3a" + bytes([len(weight)]) + weight + b"\x3a" + bytes([len(bias)]) + bias
    (tmp_path / "x").write_bytes(b"\x0a\x03net" + b"\x08\x01" + b"\xa2\x06" + bytes([len(layer)]) + layer)
    state = read_caffe(tmp_path / "x")
    assert state["down.weight"].tolist() == [[1, 2, 3], [4, 5, 6]]
    assert state["down.bias"].tolist() == [1, 2]


def test_the_authors_weights_fill_the_network_and_nothing_is_left_over(tmp_path: Path) -> None:
    net = srkit.models.load(shared("checkpoints/IDN_x2.caffemodel"), scale=2)
    assert (net.name, net.arguments) == ("idn", {"channels": 64, "n_blocks": 4})
