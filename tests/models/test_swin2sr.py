"""Swin2SR: attention by angle; its pixels are compared with spandrel's in ``test_community.py``."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch
from torch import Tensor

import srkit
from srkit.models.swin2sr import CosineAttention, log_spaced_offsets
from tests.models._published import golden


@pytest.fixture
def attention() -> CosineAttention:
    """A small attention of two heads whose values depend on the pixel."""
    torch.manual_seed(0)
    return CosineAttention(8, n_heads=2, window=3)


@pytest.fixture
def windows() -> Tensor:
    """Two windows of 3x3 pixels."""
    return torch.randn(1, 2, 9, 8)


def test_pixels_are_compared_by_angle_not_by_length(attention: CosineAttention, windows: Tensor) -> None:
    before = attention(windows, None)
    with torch.no_grad():
        attention.qkv.weight[:16] *= 7  # queries and keys
    torch.testing.assert_close(attention(windows, None), before)
    with torch.no_grad():
        attention.qkv.weight[16:] *= 7  # values
    assert not torch.allclose(attention(windows, None), before, atol=1e-3)


def test_the_sharpness_of_a_head_ends_at_a_hundred(attention: CosineAttention, windows: Tensor) -> None:
    seen = []
    for sharpness in (90.0, 100.0, 1e6):
        torch.nn.init.constant_(attention.sharpness, torch.tensor(sharpness).log().item())
        seen.append(attention(windows, None))
    torch.testing.assert_close(seen[1], seen[2])
    assert not torch.equal(seen[0], seen[1])


def test_offsets_are_those_that_published_files_hold() -> None:
    spaced = log_spaced_offsets(8)
    assert spaced.shape == (225, 2)
    assert spaced[0].tolist() == pytest.approx([-1.0566, -1.0566], abs=1e-4)  # log2(9) / log2(8)
    assert spaced[112].tolist() == [0, 0]
    assert spaced[113].tolist() == pytest.approx([0, 0.36651], abs=1e-5)  # log2(8/7 + 1) / log2(8)


def test_a_file_of_the_paper_s_size_is_recognised_as_its_own_variant(tmp_path: Path) -> None:
    with torch.device("meta"):
        net = srkit.models.create("swin2sr_light", scale=3)
    shapes = {_published(key): value.shape for key, value in net.state_dict().items()}
    assert set(golden("swin2sr_light-x4")["shapes"]) <= set(shapes), "names as in the golden"
    shapes["layers.0.residual_group.blocks.0.attn.relative_coords_table"] = torch.Size((1, 15, 15, 2))
    torch.save({"params": {key: torch.zeros(shape) for key, shape in shapes.items()}}, tmp_path / "official.pth")
    found = srkit.models.load(tmp_path / "official.pth")
    assert (found.name, found.scale, found.window) == ("swin2sr_light", 3, 8)


@pytest.mark.parametrize("name", ["swin2sr_light", "swin2sr_compressed"])
def test_an_image_and_its_extension_to_whole_windows_are_enlarged_alike(name: str) -> None:
    net = srkit.models.create(name, scale=2, tiny=True)
    lr = torch.rand(1, 3, 9, 10)
    whole = torch.nn.functional.pad(lr, (0, 2, 0, 3), mode="reflect")
    torch.testing.assert_close(net(lr), net(whole)[..., :18, :20])


def _published(key: str) -> str:
    """Turn our name into that of the authors, the other way round than the network's own table."""
    ours = {
        "groups.": "layers.",
        ".layers.": ".residual_group.blocks.",
        "attention.sharpness": "attn.logit_scale",
        "attention.bias": "attn.cpb_mlp",
        "attention.query_bias": "attn.q_bias",
        "attention.value_bias": "attn.v_bias",
        "attention.": "attn.",
        "perceptron.0": "mlp.fc1",
        "perceptron.2": "mlp.fc2",
        ".end.": ".conv.",
        "mix.": "patch_embed.proj.",
        "norm_in": "patch_embed.norm",
        "norm_out": "norm",
        "body_end": "conv_after_body",
        "tail.upsampler": "upsample",
        "head": "conv_first",
    }
    for word, theirs in ours.items():
        key = key.replace(word, theirs)
    return key
