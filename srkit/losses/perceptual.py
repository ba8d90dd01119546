"""The content loss: the distance between VGG-19 features of two images.

Johnson, Alahi, Fei-Fei, "Perceptual Losses for Real-Time Style Transfer and Super-Resolution", ECCV 2016.
"""

from __future__ import annotations

from collections.abc import Mapping

import torch
from torch import Tensor, nn

from srkit.errors import BadInput
from srkit.layers.vgg import VGG19, read_vgg
from srkit.layers.vgg_file import find_vgg
from srkit.losses._distance import Form, check_form, distance
from srkit.losses._registry import register_loss
from srkit.ops.check import check_pair

__all__ = ["UNTRAINED", "VGG22", "VGG54", "Content"]

UNTRAINED = "untrained"
"""What to write for ``weights`` to compare the features of a random VGG-19."""


@register_loss("Content")
class Content(nn.Module):
    """Weighted distance between the VGG-19 features of two images.

    Args:
        layers: names, each with a weight if it is not 1: ``"conv5_4"``, ``"conv1_2:0.1 conv2_2:0.1 conv5_4"``;
            ``conv`` is before the activation (ESRGAN, EDSR-PyTorch), ``relu`` behind it (SRGAN).
        form: ``"mse"`` (SRGAN, EDSR-PyTorch), ``"l1"`` (ESRGAN) or ``"norm"`` (the lecture's); see
            :func:`srkit.losses.distance`.
        rescale: the features are multiplied by it; SRGAN divides them by 12.75 (``rescale=0.0784``), so that the mean
            square becomes 0.006 of what it was.
        weights: path of torchvision's ``vgg19-dcbb9e9d.pth``; None looks where it usually is; ``"untrained"`` takes
            random weights, which no published number refers to.
        seed: decides the untrained weights.

    Raises:
        BadInput: a layer, weight or form cannot be used.
        BadFile: there are no weights.
    """

    def __init__(
        self,
        *,
        layers: str = "conv5_4",
        form: Form = "mse",
        rescale: float = 1.0,
        weights: str | None = None,
        seed: int = 0,
    ) -> None:
        super().__init__()
        check_form(form)
        self.shares = _shares(layers)
        self.form: Form = form
        self.rescale = float(rescale)
        self.net = VGG19(layers=tuple(self.shares), seed=seed).eval().requires_grad_(False)
        if weights != UNTRAINED:
            read_vgg(self.net, find_vgg(weights))

    def forward(self, sr: Tensor, hr: Tensor) -> Tensor:
        """Return the scalar loss of ``(b, 3, h, w)`` images."""
        check_pair(sr, hr)
        ours = self.net(sr)
        with torch.no_grad():
            theirs = self.net(hr)
        terms = [
            share * distance(ours[name] * self.rescale, theirs[name] * self.rescale, form=self.form)
            for name, share in self.shares.items()
        ]
        return torch.stack(terms).sum()  # (layers,) -> scalar


@register_loss("VGG22")
class VGG22(Content):
    """Mean square of the differences at ``conv2_2``, before the activation: ``VGG22`` of EDSR-PyTorch.

    Args:
        weights: as for :class:`Content`.
    """

    def __init__(self, *, weights: str | None = None) -> None:
        super().__init__(layers="conv2_2", weights=weights)


@register_loss("VGG54")
class VGG54(Content):
    """Mean square of the differences at ``conv5_4``, before the activation: ``VGG54`` of EDSR-PyTorch.

    SRGAN's own phi_5,4 is behind the activation, and divided by 12.75: ``Content(layers=relu5_4, rescale=0.0784)``.

    Args:
        weights: as for :class:`Content`.
    """

    def __init__(self, *, weights: str | None = None) -> None:
        super().__init__(layers="conv5_4", weights=weights)


def _shares(layers: str) -> Mapping[str, float]:
    shares: dict[str, float] = {}
    for word in layers.replace(",", " ").split():
        name, _, share = word.partition(":")
        try:
            shares[name] = float(share or 1)
        except ValueError:
            raise BadInput(f"The weight of layer {name!r} is {share!r}; write a number: 'conv5_4:0.5'.") from None
        if not 0 <= shares[name] < float("inf"):
            raise BadInput(f"The weight of layer {name!r} is {share}; weights are zero or positive.")
    return shares
