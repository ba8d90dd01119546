"""RED-Net by its layer list, its symmetry, and convolution written two ways."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import torch
import torch.nn.functional as F
from torch import nn

import srkit
from srkit.errors import BadInput
from srkit.ops.resize import imresize


@pytest.mark.parametrize(("channels", "count"), [(128, 4_134_785), (64, 1_035_201)])
def test_the_count_is_the_sum_of_the_layer_list(channels: int, count: int) -> None:
    def layer(inside: int, outside: int) -> int:
        return 9 * inside * outside + outside

    assert layer(1, channels) + 28 * layer(channels, channels) + layer(channels, 1) == count
    with torch.device("meta"):
        net: Any = srkit.models.create("rednet", scale=2, channels=channels)
    assert srkit.models.parameters(net) == count
    assert [len(net.encoder), len(net.decoder)] == [15, 15]
    assert {layer.stride for layer in (*net.encoder, *net.decoder)} == {(1, 1)}


def test_it_is_fifteen_convolutions_and_their_mirror_images_unrolled_with_flipped_kernels() -> None:
    net: Any = srkit.models.create("rednet", scale=2, channels=3).double()
    x = bicubic = torch.rand(1, 1, 9, 8, dtype=torch.float64)
    outputs = {}
    for n, layer in enumerate(net.encoder, 1):
        x = outputs[n] = F.conv2d(x, layer.weight, layer.bias, padding=1).relu()
    skips = {1: 14, 3: 12, 5: 10, 7: 8, 9: 6, 11: 4, 13: 2}  # of which convolution each transposed one hears
    for n, layer in enumerate(net.decoder, 1):
        x = F.conv2d(x, layer.weight.flip(-2, -1).transpose(0, 1), layer.bias, padding=1)
        x = x + outputs[skips[n]] if n in skips else x
        x = x.relu() if n < 15 else x
    torch.testing.assert_close(net.sharpen(bicubic), bicubic + x)


def test_a_zeroed_last_layer_leaves_the_bicubic_image() -> None:
    net: Any = srkit.models.create("rednet", scale=3, tiny=True)
    for weight in net.decoder[-1].parameters():
        nn.init.zeros_(weight)
    lr = torch.rand(1, 3, 9, 8)
    torch.testing.assert_close(net(lr), imresize(lr, 3), atol=1e-5, rtol=0)


def test_a_skip_carries_the_image_past_a_layer_that_is_silent() -> None:
    net: Any = srkit.models.create("rednet", scale=2, tiny=True)
    nn.init.zeros_(net.encoder[-1].weight)
    image = torch.rand(1, 1, 8, 8)
    assert (net.sharpen(image) - image).std() > 1e-3
    bare: Any = srkit.models.create("rednet", scale=2, tiny=True, skip=99)
    nn.init.zeros_(bare.encoder[-1].weight)
    assert torch.equal(bare.sharpen(image), image), "without skips nothing passes"


def test_its_sizes_are_read_from_its_weights(tmp_path: Path) -> None:
    torch.save(srkit.models.create("rednet", scale=2, channels=8, depth=5).state_dict(), tmp_path / "red10.pt")
    net: Any = srkit.models.load(tmp_path / "red10.pt", scale=4)
    assert (net.name, net.arguments) == ("rednet", {"channels": 8, "depth": 5})


def test_a_network_without_layers_is_refused() -> None:
    with pytest.raises(BadInput, match="at least one layer"):
        srkit.models.create("rednet", scale=2, depth=0)
