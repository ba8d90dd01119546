"""The convolutional part of VGG-19, whose features many perceptual losses compare.

Simonyan, Zisserman, "Very Deep Convolutional Networks for Large-Scale Image Recognition", ICLR 2015, table 1, column E.
"""

from __future__ import annotations

import importlib
import re
import sys
from collections.abc import Sequence
from functools import lru_cache
from pathlib import Path
from types import ModuleType
from typing import Any

import torch
from torch import Tensor, nn

from srkit.errors import BadFile, BadInput
from srkit.ops.pickles import check_pickle_reader

__all__ = ["IMAGENET_DEVIATION", "IMAGENET_MEAN", "VGG19", "import_torchvision", "layer_names", "read_vgg"]

IMAGENET_MEAN = (0.485, 0.456, 0.406)
"""Mean RGB in [0, 1] that torchvision's ImageNet networks subtract."""

IMAGENET_DEVIATION = (0.229, 0.224, 0.225)
"""Standard deviation they divide by."""

_STAGES = ((64, 2), (128, 2), (256, 4), (512, 4), (512, 4))  # channels and convolutions before each of the five pools


def layer_names() -> list[str]:
    """Return the names of the layers in order: ``conv1_1, relu1_1, conv1_2, …, pool5``; torchvision numbers them."""
    return [name for name, _, _ in _layers()]


class VGG19(nn.Module):
    """Features of an image at chosen layers; layers behind the deepest chosen one are not built.

    The weights are random until :func:`read_vgg` has been called: He's initialisation, drawn from ``seed``, without
    biases. Even then the distance of such features is a usable perceptual loss (Liu, Chen, Chen, Yin, Shen, "A Generic
    Perceptual Loss for Modeling Structured Output Dependencies", CVPR 2021).

    Args:
        layers: names as in :func:`layer_names`; ``conv5_4`` is before the activation, ``relu5_4`` behind it.
    """

    mean: Tensor
    deviation: Tensor

    def __init__(self, *, layers: Sequence[str], seed: int = 0) -> None:
        super().__init__()
        names = layer_names()
        unknown = [layer for layer in layers if layer not in names]
        if unknown or not layers:
            asked = f"has no layer {unknown[0]!r}" if unknown else "was asked for no layer"
            raise BadInput(f"VGG-19 {asked}; it has {', '.join(names)}.")
        self.layers = tuple(layers)
        self.names = names[: 1 + max(map(names.index, layers))]
        self.features = nn.Sequential(*map(_layer, _layers()[: len(self.names)])).to_empty(device="cpu")
        self.register_buffer("mean", torch.tensor(IMAGENET_MEAN).view(1, 3, 1, 1), persistent=False)
        self.register_buffer("deviation", torch.tensor(IMAGENET_DEVIATION).view(1, 3, 1, 1), persistent=False)
        _draw(self.features, seed)

    def forward(self, image: Tensor) -> dict[str, Tensor]:
        """Return the features ``(b, c, h/2^k, w/2^k)`` of ``(b, 3, h, w)`` images in [0, 1], by layer."""
        found: dict[str, Tensor] = {}
        features = (image - self.mean) / self.deviation  # (b, 3, h, w)
        for name, layer in zip(self.names, self.features, strict=True):
            features = layer(features)
            if name in self.layers:
                found[name] = features
        return found


def read_vgg(net: VGG19, path: Path) -> None:
    """Put the weights of torchvision's ``vgg19`` file into ``net``; what ``net`` does not reach is passed over."""
    check_pickle_reader(path)
    try:
        saved: Any = torch.load(path, map_location="cpu", weights_only=True)
    except FileNotFoundError as error:
        raise BadFile(f"There is no file {path}.") from error
    except Exception as error:
        raise BadFile(f"{path} is damaged or not a weight file ({type(error).__name__}).") from error
    wanted = net.features.state_dict()
    given = {re.sub(r"^features\.", "", key): value for key, value in dict(saved).items()}
    wrong = [key for key, value in wanted.items() if key not in given or given[key].shape != value.shape]
    if wrong:
        raise BadFile(
            f"{path} does not hold VGG-19: features.{wrong[0]} {tuple(wanted[wrong[0]].shape)} is missing or of "
            "another shape. Give torchvision's vgg19-dcbb9e9d.pth (without batch normalisation)."
        )
    net.features.load_state_dict({key: given[key] for key in wanted})


def import_torchvision() -> ModuleType:
    """Return torchvision, also beside a CPU build of PyTorch, where ``import torchvision`` fails on Linux.

    The package index has one wheel for Linux, whose compiled operators want CUDA libraries; without them the import
    ends with "operator torchvision::nms does not exist". Here the two operators that it asks for are declared, so that
    all that is written in Python works: ``models``, ``transforms.v2``, ``utils``. ``ops.nms`` itself still needs a
    torchvision built for this PyTorch. Nothing in srkit calls torchvision; weights are read without it.

    Raises:
        BadInput: torchvision is not installed, or does not import for another reason.
    """
    try:
        return importlib.import_module("torchvision")
    except ModuleNotFoundError as error:
        raise BadInput(f"torchvision is not installed ({error}). Run: python -m pip install 'srkit[vgg]'") from error
    except RuntimeError as error:
        if "torchvision::nms" not in str(error):
            raise BadInput(f"torchvision does not import beside PyTorch {torch.__version__}: {error}") from error
    for name in [name for name in sys.modules if name.partition(".")[0] == "torchvision"]:
        del sys.modules[name]
    _declare_operators()
    return importlib.import_module("torchvision")


@lru_cache  # an operator can be declared once in a process
def _declare_operators() -> None:
    for name in ("nms", "qnms"):
        torch.library.define(f"torchvision::{name}", "(Tensor dets, Tensor scores, float iou_threshold) -> Tensor")


def _layers() -> list[tuple[str, int, int]]:
    """Return name, channels read and channels written of every layer."""
    found: list[tuple[str, int, int]] = []
    before = 3
    for stage, (channels, depth) in enumerate(_STAGES, start=1):
        for number in range(1, depth + 1):
            found.append((f"conv{stage}_{number}", before, channels))
            found.append((f"relu{stage}_{number}", channels, channels))
            before = channels
        found.append((f"pool{stage}", channels, channels))
    return found


def _layer(row: tuple[str, int, int]) -> nn.Module:
    name, channels_in, channels_out = row
    if name.startswith("conv"):
        return nn.Conv2d(channels_in, channels_out, 3, padding=1, device="meta")  # drawn later, from a seed of its own
    return nn.ReLU() if name.startswith("relu") else nn.MaxPool2d(2)


def _draw(features: nn.Sequential, seed: int) -> None:
    rng = torch.Generator().manual_seed(seed)
    for layer in features:
        if isinstance(layer, nn.Conv2d):
            nn.init.kaiming_normal_(layer.weight, nonlinearity="relu", generator=rng)
            nn.init.zeros_(torch.as_tensor(layer.bias))
