"""torchvision beside the CPU build of PyTorch, and its VGG-19 as the referee of ours."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
import torch

from srkit.errors import BadInput
from srkit.layers.vgg import VGG19, import_torchvision, layer_names, read_vgg

WITHIN = 1e-5


def test_the_features_of_our_vgg19_are_those_of_torchvisions(tmp_path: Path) -> None:
    torch.manual_seed(0)
    vgg = import_torchvision().models.vgg
    theirs = vgg.make_layers(vgg.cfgs["E"]).eval()  # what vgg19 has before its large classifier
    torch.save({f"features.{name}": value for name, value in theirs.state_dict().items()}, tmp_path / "vgg19.pth")
    ours = VGG19(layers=layer_names())
    read_vgg(ours, tmp_path / "vgg19.pth")
    image = torch.rand(1, 3, 40, 48)
    features = (image - torch.tensor([0.485, 0.456, 0.406]).view(3, 1, 1)) / torch.tensor([0.229, 0.224, 0.225]).view(
        3, 1, 1
    )
    found = ours(image)
    assert len(theirs) == len(found) == 37
    for name, layer in zip(layer_names(), theirs, strict=True):
        features = layer(features)
        assert found[name].shape == features.shape
        assert (found[name] - features).abs().max() <= WITHIN * features.abs().max(), name


def test_what_torchvision_does_in_python_works_beside_this_pytorch() -> None:
    program = (
        "from srkit.layers.vgg import import_torchvision as get\n"
        "import torch\n"
        "torchvision = get(); assert get() is torchvision\n"
        "from torchvision.transforms import v2\n"
        "from torchvision.utils import make_grid\n"
        "with torch.device('meta'): net = torchvision.models.vgg19(weights=None)\n"
        "print(sum(p.numel() for p in net.parameters()),"
        " tuple(make_grid(v2.Resize(8)(torch.rand(4, 3, 16, 16)), nrow=2).shape))\n"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=False)
    assert done.stdout.strip() == "143667240 (3, 22, 22)", done.stderr


def test_without_torchvision_the_sentence_says_what_installs_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "torchvision", None)
    with pytest.raises(BadInput, match=r"srkit\[vgg\]"):
        import_torchvision()
