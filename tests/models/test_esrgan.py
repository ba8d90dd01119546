"""ESRGAN against the code of three houses, under the four ways its weights have been named."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
import torch
from torch import Tensor

import srkit
from srkit.errors import BadInput
from tests.models._formula import weights
from tests.models._published import golden, golden_input, published_file, same_as_golden


@pytest.mark.parametrize(
    ("record", "scale", "shrink"), [("esrgan", 4, 1), ("bsrgan", 2, 1), ("real_esrgan", 2, 2)], ids=lambda x: str(x)
)
def test_a_published_state_dict_gives_the_pixels_of_the_published_code(
    record: str, scale: int, shrink: int, tmp_path: Path
) -> None:
    recorded = golden(record)
    net = srkit.models.load(published_file(recorded, tmp_path))
    assert (net.name, net.scale) == ("esrgan", scale)
    assert net.arguments == {"channels": 16, "n_blocks": 2, "growth": 8, "shrink": shrink}
    with torch.no_grad():
        same_as_golden(recorded, net(golden_input(recorded)))


def _before_2019(state: dict[str, Tensor], scale: int) -> dict[str, Tensor]:
    """Give the entries of a new file the names of an old one, as the authors' conversion script pairs them."""
    steps = {
        4: {"upconv1": 3, "upconv2": 6, "HRconv": 8, "conv_last": 10},
        2: {"upconv1": 3, "HRconv": 5, "conv_last": 7},
    }
    places = {"conv_first": "0", "trunk_conv": "1.sub.2", **{name: str(n) for name, n in steps[scale].items()}}
    old = {}
    for key, value in state.items():
        name = re.sub(r"RRDB_trunk\.(.+)\.(weight|bias)", r"1.sub.\1.0.\2", key)
        head = name.split(".")[0]
        old[f"model.{name.replace(head, places.get(head, head), 1)}"] = value
    return old


@pytest.mark.parametrize(("record", "scale"), [("esrgan", 4), ("bsrgan", 2)])
def test_names_from_before_2019_are_understood(record: str, scale: int, tmp_path: Path) -> None:
    recorded = golden(record)
    torch.save(_before_2019(weights(recorded["shapes"]), scale), tmp_path / "old.pth")
    net = srkit.models.load(tmp_path / "old.pth")
    assert net.scale == scale
    with torch.no_grad():
        same_as_golden(recorded, net(golden_input(recorded)))


@pytest.mark.parametrize("scale", [1, 2, 4, 8, 16])
def test_files_from_before_2019_of_any_number_of_doublings_say_their_scale(scale: int, tmp_path: Path) -> None:
    net = srkit.models.create("esrgan", scale=scale, tiny=True).eval()
    steps = scale.bit_length() - 1
    places = {"head": 0, "body_end": "1.sub.1", "high": 3 * steps + 2, "tail": 3 * steps + 4}
    places |= {f"steps.{i}": 3 * i + 3 for i in range(steps)}  # a block is: enlarge, convolve, bend
    old = {}
    for key, value in net.state_dict().items():
        module, part = key.rsplit(".", 1)
        if found := re.fullmatch(r"body\.(\d)\.blocks\.(\d)\.convs\.(\d)", module):
            block, dense, conv = map(int, found.groups())
            module = f"1.sub.{block}.RDB{dense + 1}.conv{conv + 1}.0"
        old[f"model.{places.get(module, module)}.{part}"] = value
    torch.save(old, tmp_path / "old.pth")
    again = srkit.models.load(tmp_path / "old.pth")
    assert (again.name, again.scale) == ("esrgan", scale)
    assert all(torch.equal(value, again.state_dict()[key]) for key, value in net.state_dict().items())
    lr = torch.rand(1, 3, 8, 9)
    with torch.no_grad():
        assert again(lr).shape == (1, 3, 8 * scale, 9 * scale)


def test_an_image_of_odd_size_is_folded_as_if_it_were_one_pixel_larger() -> None:
    net = srkit.models.create("esrgan", scale=2, tiny=True, shrink=2).eval()
    lr = torch.rand(1, 3, 9, 11)
    larger = torch.nn.functional.pad(lr, (0, 1, 0, 1), mode="reflect")
    with torch.no_grad():
        assert torch.equal(net(lr), net(larger)[..., :18, :22])


def test_folding_keeps_every_pixel_and_puts_red_first() -> None:
    from srkit.models.esrgan import fold

    image = torch.arange(3 * 4 * 6.0).reshape(1, 3, 4, 6)
    folded = fold(image, 2)
    assert folded.shape == (1, 12, 2, 3)
    assert folded[0, :4, 0, 0].tolist() == [0, 1, 6, 7]
    assert torch.equal(fold(image, 1), image)


def test_a_dense_block_begins_close_to_doing_nothing() -> None:
    net: Any = srkit.models.create("esrgan", scale=4, tiny=True)
    features = torch.randn(1, 16, 12, 12)
    with torch.no_grad():
        change = net.body[0].blocks[0](features) - features
    assert 0 < float(change.std()) < 0.05
    assert all(not layer.bias.any() for block in net.body[0].blocks for layer in block.convs)


def test_two_networks_mixed_by_their_weights_give_either_at_the_ends() -> None:
    """Section 3.4: between them lies a path only if one was trained from the other."""
    ends = [srkit.models.create("esrgan", scale=2, tiny=True).eval() for _ in range(2)]
    lr = torch.rand(1, 3, 8, 8)
    for alpha in (0.0, 1.0):
        mixed = srkit.models.create("esrgan", scale=2, tiny=True).eval()
        pairs = zip(ends[0].state_dict().items(), ends[1].state_dict().values(), strict=True)
        mixed.load_state_dict({key: (1 - alpha) * one + alpha * other for (key, one), other in pairs})
        with torch.no_grad():
            assert torch.equal(mixed(lr), ends[int(alpha)](lr))


def test_squares_that_cannot_be_folded_are_refused() -> None:
    with pytest.raises(BadInput, match="1, 2 or 4"):
        srkit.models.create("esrgan", scale=2, shrink=3)
