"""SwinIR against the authors' code, and windows that keep to themselves."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch

import srkit
from srkit.errors import BadInput
from tests.models._published import golden, golden_input, published_file, same_as_golden

GOLDENS = ["swinir-x2", "swinir-x3", "swinir_light-x4", "swinir_real-x2", "swinir_real-x4", "swinir_real_large-x4"]


@pytest.mark.parametrize("name", GOLDENS)
def test_a_published_file_gives_the_pixels_of_the_published_code(name: str, tmp_path: Path) -> None:
    record = golden(name)
    net = srkit.models.load(published_file(record, tmp_path))
    assert net.scale == record["scale"]
    assert any(key.endswith("relative_position_index") for key in record["buffers"]), "official files hold these, too"
    with torch.no_grad():
        same_as_golden(record, net(golden_input(record)))


@pytest.mark.parametrize(
    ("name", "scale"), [("swinir", 4), ("swinir_light", 2), ("swinir_real", 4), ("swinir_real_large", 4)]
)
def test_a_full_size_file_is_recognised_as_its_own_variant(name: str, scale: int, tmp_path: Path) -> None:
    with torch.device("meta"):
        net = srkit.models.create(name, scale=scale)
    state = {key: torch.zeros(()).expand(value.shape) for key, value in net.state_dict().items()}
    theirs = {_published_name(key): value for key, value in state.items()}
    torch.save({"params_ema": {key: value.clone() for key, value in theirs.items()}}, tmp_path / "official.pth")
    found = srkit.models.load(tmp_path / "official.pth")
    assert (found.name, found.scale) == (name, scale)


def test_an_unshifted_layer_keeps_a_change_inside_its_window() -> None:
    net = srkit.models.create("swinir", scale=2, tiny=True).double()
    still, shifted = net.groups[0].layers  # type: ignore[index, union-attr]
    features = torch.rand(1, 12, 12, 12, dtype=torch.float64)
    changed = features.clone()
    changed[0, 5, 6, 0] += 1  # of one channel: LayerNorm does not see what all have in common
    mask = srkit.layers.shift_mask(12, 12, 4).double()
    for layer, rows in ((still, (4, 8)), (shifted, (2, 6))):
        moved = (layer(changed, mask) - layer(features, mask)).abs().sum(-1)[0] > 0
        assert moved.any(1).nonzero().flatten().tolist() == list(range(*rows))
        assert moved.any(0).nonzero().flatten().tolist() == list(range(4, 8)) if layer is still else list(range(6, 10))


def test_shifted_windows_never_join_opposite_borders() -> None:
    net = srkit.models.create("swinir", scale=2, tiny=True).double()
    layer = net.groups[0].layers[1]  # type: ignore[index, union-attr]
    features = torch.rand(1, 8, 8, 12, dtype=torch.float64)
    changed = features.clone()
    changed[0, 0, 0, 0] += 1
    mask = srkit.layers.shift_mask(8, 8, 4).double()
    moved = (layer(changed, mask) - layer(features, mask)).abs().sum(-1)[0] > 1e-12
    assert moved.nonzero().tolist() == [[0, 0], [0, 1], [1, 0], [1, 1]]


def test_an_image_and_its_extension_to_whole_windows_are_enlarged_alike() -> None:
    net = srkit.models.create("swinir_light", scale=2, tiny=True)
    lr = torch.rand(1, 3, 9, 10)
    whole = torch.nn.functional.pad(lr, (0, 2, 0, 3), mode="reflect")
    torch.testing.assert_close(net(lr), net(whole)[..., :18, :20])


def test_a_reconstruction_that_cannot_be_is_refused() -> None:
    with pytest.raises(BadInput, match="'nearest' enlarges by 2 or 4"):
        srkit.models.create("swinir", scale=3, reconstruction="nearest")
    with pytest.raises(BadInput, match="no reconstruction 'bilinear'"):
        srkit.models.create("swinir", scale=2, reconstruction="bilinear")


def _published_name(key: str) -> str:
    """Turn our name into that of the authors, the other way round than the network's own table."""
    parts = key.split(".")
    if parts[0] == "groups" and parts[2] == "layers":
        last = {"table": "relative_position_bias_table"}.get(parts[-1], parts[-1])
        middle = {"attention": ["attn"], "widen": ["mlp", "fc1"], "narrow": ["mlp", "fc2"]}
        inner = [word for part in parts[4:-1] for word in middle.get(part, [part])]
        return ".".join(["layers", parts[1], "residual_group", "blocks", parts[3], *inner, last])
    whole = {
        "head": "conv_first",
        "norm_in": "patch_embed.norm",
        "norm_out": "norm",
        "body_end": "conv_after_body",
        "tail.first": "conv_before_upsample.0",
        "tail.upsampler": "upsample",
        "tail.grow.0": "conv_up1",
        "tail.grow.1": "conv_up2",
        "tail.refine": "conv_hr",
        "tail.last": "conv_last",
    }
    for ours, theirs in whole.items():
        if key.startswith(ours + "."):
            return theirs + key.removeprefix(ours)
    return key.replace("groups.", "layers.").replace(".end.", ".conv.")
