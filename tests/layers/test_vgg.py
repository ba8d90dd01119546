"""VGG-19's features beside plain convolutions with trained weights, and beside torchvision's own network."""

from __future__ import annotations

import pytest
import torch
import torch.nn.functional as F
from torch import Tensor

from srkit.errors import BadFile, BadInput
from srkit.layers.vgg import VGG19, layer_names, read_vgg
from tests._shared import shared

IMAGE = torch.rand(2, 3, 48, 52, generator=torch.Generator().manual_seed(0))
TORCHVISION = {0: "conv1_1", 7: "conv2_2", 8: "relu2_2", 16: "conv3_4", 18: "pool3", 34: "conv5_4", 35: "relu5_4"}


def test_layers_have_the_numbers_they_have_in_torchvision() -> None:
    names = layer_names()
    assert {number: names[number] for number in TORCHVISION} == TORCHVISION
    assert len(names) == 37


def test_the_convolutions_have_the_published_number_of_weights() -> None:
    net = VGG19(layers=["pool5"])
    assert sum(p.numel() for p in net.parameters()) == 20_024_384  # 143,667,240 less the classifier's 123,642,856


def test_nothing_behind_the_deepest_layer_is_built_and_each_stage_halves_the_image() -> None:
    net = VGG19(layers=["relu1_2", "conv3_1"])
    assert len(net.features) == 11
    found = net(IMAGE)
    assert {name: tuple(value.shape) for name, value in found.items()} == {
        "relu1_2": (2, 64, 48, 52),
        "conv3_1": (2, 256, 12, 13),
    }


def test_features_before_the_activation_are_negative_too_and_behind_it_never() -> None:
    found = VGG19(layers=["conv2_2", "relu2_2"])(IMAGE)
    assert found["conv2_2"].min() < 0
    assert torch.equal(found["conv2_2"].relu(), found["relu2_2"])


def test_with_trained_weights_the_features_are_those_of_plain_convolutions(tmp_path) -> None:
    """The trained file is the VGG of a style-transfer program; its layers 2, 5, … are VGG-19's."""
    theirs = torch.load(shared("checkpoints/vgg_normalised_conv3_1.pth"), weights_only=True)
    numbers = dict(zip((2, 5, 9, 12, 16), (0, 2, 5, 7, 10), strict=True))
    ours = {
        f"features.{numbers[int(key.split('.')[0])]}.{key.split('.')[1]}": value
        for key, value in theirs.items()
        if not key.startswith("0.")
    }
    torch.save(ours, tmp_path / "vgg.pth", _use_new_zipfile_serialization=False)  # as torchvision's old file is
    net = VGG19(layers=["conv3_1"])
    read_vgg(net, tmp_path / "vgg.pth")
    found = net(IMAGE)["conv3_1"]
    inner = _without_padding(IMAGE, theirs)
    torch.testing.assert_close(found[..., 3:9, 3:10], inner, rtol=1e-4, atol=1e-5)
    assert found.std() > 0.1, "the features are not nothing"


def _without_padding(image: Tensor, weights: dict[str, Tensor]) -> Tensor:
    """Compute conv3_1 with convolutions that read no border; it lies 3 pixels inside the padded one."""
    mean, deviation = torch.tensor([0.485, 0.456, 0.406]), torch.tensor([0.229, 0.224, 0.225])
    x = ((image.movedim(1, -1) - mean) / deviation).movedim(-1, 1)
    for layers, skipped in (((2, 5), 0), ((9, 12), 1), ((16,), None)):
        for layer in layers:
            x = F.conv2d(x, weights[f"{layer}.weight"], weights[f"{layer}.bias"])
            x = x.clamp_min(0) if layer != 16 else x
        if skipped is not None:  # begin where the padded network's pooling windows begin
            x = F.max_pool2d(x[..., skipped:, skipped:], 2)
    return x


def test_untrained_weights_are_the_seeds_and_touch_no_global_generator() -> None:
    before = torch.get_rng_state()
    one, same, other = (VGG19(layers=["conv1_2"], seed=seed)(IMAGE)["conv1_2"] for seed in (0, 0, 1))
    assert torch.equal(one, same)
    assert not torch.equal(one, other)
    assert torch.equal(torch.get_rng_state(), before)


def test_a_layer_that_does_not_exist_is_refused_with_those_that_do() -> None:
    with pytest.raises(BadInput, match=r"no layer 'conv1_3'; it has conv1_1, relu1_1"):
        VGG19(layers=["conv1_3"])
    with pytest.raises(BadInput, match="asked for no layer"):
        VGG19(layers=[])


@pytest.mark.parametrize("content", [b"", b"not weights", None])
def test_a_file_that_is_not_vgg_is_refused_with_the_reason(tmp_path, content: bytes | None) -> None:
    path = tmp_path / "weights.pth"
    if content is None:
        torch.save({"features.0.weight": torch.zeros(64, 3, 5, 5)}, path)
    else:
        path.write_bytes(content)
    with pytest.raises(BadFile, match=r"damaged or not a weight file|features\.0\.weight \(64, 3, 3, 3\) is missing"):
        read_vgg(VGG19(layers=["conv1_1"]), path)
