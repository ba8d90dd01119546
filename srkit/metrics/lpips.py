"""LPIPS: perceptual distance of two images, by the features of a classification network.

R. Zhang, P. Isola, A. Efros, E. Shechtman, O. Wang, "The Unreasonable Effectiveness of Deep Features as a Perceptual
Metric", CVPR 2018, https://arxiv.org/abs/1801.03924. The AlexNet version ("alex"). The weights are not shipped: bring
torchvision's AlexNet and the authors' linear layers (``alex.pth`` of richzhang/PerceptualSimilarity).
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from functools import lru_cache
from pathlib import Path
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from srkit.errors import BadFile, BadInput
from srkit.metrics._registry import register_metric
from srkit.ops.check import check_image, check_same_shape
from srkit.ops.pickles import check_pickle_reader

__all__ = ["Lpips"]

_LAYERS = (  # place in torchvision's list, channels in and out, side, stride, padding
    (0, 3, 64, 11, 4, 2),
    (3, 64, 192, 5, 1, 2),
    (6, 192, 384, 3, 1, 1),
    (8, 384, 256, 3, 1, 1),
    (10, 256, 256, 3, 1, 1),
)
_FILES = ("alexnet-owt-7be5be79.pth", "alex.pth")  # as torchvision and richzhang/PerceptualSimilarity call them
_SHIFT, _SCALE = (-0.030, -0.088, -0.188), (0.458, 0.448, 0.450)


class Lpips(nn.Module):
    """The distance as a module; ``Lpips.load(alexnet, linear)(sr, hr)``.

    Args:
        features: torchvision's AlexNet as a state dict (``features.0.weight`` …); other entries are left out.
        linear: the authors' linear layers (``lin0.model.1.weight`` …).

    Raises:
        BadInput: entries are missing or have other shapes; the message names the first.
    """

    def __init__(self, features: Mapping[str, Tensor], linear: Mapping[str, Tensor]) -> None:
        super().__init__()
        self.convolutions = nn.ModuleList()
        self.weights = nn.ParameterList()
        for number, (index, inputs, outputs, side, stride, padding) in enumerate(_LAYERS):
            layer = nn.Conv2d(inputs, outputs, side, stride, padding)
            shapes = {part: tuple(value.shape) for part, value in layer.state_dict().items()}
            layer.load_state_dict({p: _entry(features, f"features.{index}.{p}", shape) for p, shape in shapes.items()})
            self.convolutions.append(layer)
            weight = _entry(linear, f"lin{number}.model.1.weight", (1, outputs, 1, 1))
            self.weights.append(nn.Parameter(weight, requires_grad=False))
        self.requires_grad_(False)

    @classmethod
    def load(cls, features: str | Path, linear: str | Path) -> Lpips:
        """Read both files of weights.

        Raises:
            BadFile: a file is missing or holds something else than tensors.
            BadInput: the tensors are not those of AlexNet and LPIPS.
        """
        return cls(_read(Path(features)), _read(Path(linear)))

    def forward(self, sr: Tensor, hr: Tensor) -> Tensor:
        """Return the distances ``(b,)`` of images ``(b, 3, h, w)`` in [0, 1]; one number for ``(3, h, w)``."""
        check_image(sr, name="sr")
        check_same_shape(sr, hr)
        a, b = (x if x.ndim == 4 else x[None] for x in (sr, hr))  # (b, 3, h, w)
        total = a.new_zeros(len(a))
        for one, two, weight in zip(self._features(a), self._features(b), self.weights, strict=True):
            gap = (_unit(one) - _unit(two)).square()  # (b, c, h', w')
            total = total + (gap * weight).sum(1).mean((1, 2))  # (b)
        return total if sr.ndim == 4 else total[0]

    def _features(self, image: Tensor) -> list[Tensor]:
        x = (2 * image - 1 - image.new_tensor(_SHIFT).reshape(3, 1, 1)) / image.new_tensor(_SCALE).reshape(3, 1, 1)
        found = []
        for number, layer in enumerate(self.convolutions):
            if number in (1, 2):
                x = F.max_pool2d(x, 3, 2)
            x = F.relu(layer(x))
            found.append(x)
        return found


def _network() -> Lpips:
    """Read the weights the registered metric uses."""
    folder = Path(os.environ.get("SRKIT_LPIPS", "").strip() or Path(torch.hub.get_dir()) / "checkpoints").expanduser()
    missing = [name for name in _FILES if not (folder / name).is_file()]
    if missing:
        raise BadFile(
            f"The weights of LPIPS are not in {folder}: {' and '.join(missing)} missing. They are not shipped; put "
            "torchvision's AlexNet and the authors' linear layers (weights/v0.1/alex.pth of "
            "richzhang/PerceptualSimilarity) there, or name their folder in $SRKIT_LPIPS."
        )
    return _read_both(folder)


@lru_cache(maxsize=1)
def _read_both(folder: Path) -> Lpips:
    return Lpips.load(*(folder / name for name in _FILES))


@register_metric(
    "lpips", title="LPIPS", higher_is_better=False, conditions="AlexNet, RGB, the whole image", ready=_network
)
def _lpips(sr: Tensor, hr: Tensor) -> float:
    return float(_network().to(sr.device)(sr.float(), hr.to(sr.device).float()))


def _unit(x: Tensor) -> Tensor:
    return x / (x.square().sum(1, keepdim=True).sqrt() + 1e-10)


def _entry(state: Mapping[str, Tensor], name: str, shape: tuple[int, ...]) -> Tensor:
    if name not in state or tuple(state[name].shape) != shape:
        found = tuple(state[name].shape) if name in state else "nothing"
        raise BadInput(
            f"LPIPS needs {name!r} of shape {shape} and found {found}. Are the two files the right way round?"
        )
    return state[name].detach().float()


def _read(path: Path) -> dict[str, Any]:
    check_pickle_reader(path)
    try:
        state = torch.load(path, map_location="cpu", weights_only=True)
    except Exception as error:  # whatever a foreign file makes the reader trip over
        raise BadFile(f"{path} is no file of weights ({type(error).__name__}: {error}).") from error
    if not isinstance(state, dict):
        raise BadFile(f"{path} holds {type(state).__name__} and not a state dict.")
    return state
