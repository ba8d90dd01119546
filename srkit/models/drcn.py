"""DRCN, one convolution applied sixteen times, every intermediate result supervised.

J. Kim, J. K. Lee, K. M. Lee, "Deeply-Recursive Convolutional Network for Image Super-Resolution", CVPR 2016, 1637-1645,
https://arxiv.org/abs/1511.04491. The idea in one sentence: apply the same layer again and again, let the same
reconstruction turn every state into an image, and learn how to weigh these images.

Deviations from the paper: none known. The ensemble's weights start equal, at 1/16; their sum is not held at one.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn

from srkit.layers import Prediction, conv, on_luma, with_chroma
from srkit.models._published import published
from srkit.models._registry import Card, register_model
from srkit.ops.color import rgb_to_y
from srkit.ops.resize import imresize

__all__ = ["CARD", "DRCN"]


class DRCN(nn.Module):
    """Embedding, one recursive layer, a reconstruction shared by all its states, and their ensemble; on luma.

    Args:
        scale: enlargement factor; only the bicubic image depends on it.
        channels: of the features.
        n_recursions: D, runs of the recursive layer.
        alpha: what the intermediate images together weigh in the loss; the rest is the final image's. The paper
            begins with 1 and lets it fall to 0 while it trains: assign ``net.alpha``.
    """

    def __init__(self, *, scale: int, channels: int = 256, n_recursions: int = 16, alpha: float = 1.0) -> None:
        super().__init__()
        self.scale, self.n_recursions, self.alpha = scale, n_recursions, alpha
        self.embed = nn.Sequential(conv(1, channels), nn.ReLU(), conv(channels, channels), nn.ReLU())
        self.infer = conv(channels, channels)
        self.reconstruct = nn.Sequential(conv(channels, channels), nn.ReLU(), conv(channels, 1))
        self.ensemble = nn.Parameter(torch.full((n_recursions,), 1 / n_recursions))
        for layer in self.modules():
            if isinstance(layer, nn.Conv2d):
                nn.init.kaiming_normal_(layer.weight)
                nn.init.zeros_(layer.bias)  # type: ignore[arg-type]  # all of them have one
        nn.init.dirac_(self.infer.weight)  # the recursion starts as the identity

    def forward(self, lr: Tensor) -> Tensor:
        """Enlarge ``(b, 3, h, w)`` to ``(b, 3, scale*h, scale*w)``; only luma passes through the network."""
        return on_luma(self.enlarge_luma, lr, scale=self.scale)  # (b, 3, s*h, s*w)

    def enlarge_luma(self, luma: Tensor) -> Tensor:
        """Enlarge Y ``(b, 1, h, w)`` to ``(b, 1, scale*h, scale*w)``."""
        return self._weigh(self.recursions(luma))  # (b, 1, s*h, s*w)

    def recursions(self, luma: Tensor) -> list[Tensor]:
        """Return the image of every recursion, ``(b, 1, scale*h, scale*w)``, from Y ``(b, 1, h, w)``."""
        bicubic = imresize(luma, self.scale)  # (b, 1, s*h, s*w)
        state, images = self.embed(bicubic), []  # (b, 256, s*h, s*w)
        for _ in range(self.n_recursions):
            state = self.infer(state).relu()
            images.append(bicubic + self.reconstruct(state))  # (b, 1, s*h, s*w)
        return images

    def predictions(self, lr: Tensor) -> list[Prediction]:
        """Return the image of every recursion and then the final one, from ``(b, 3, h, w)``."""
        images = self.recursions(rgb_to_y(lr))
        names = [*(f"recursion {n}" for n in range(1, len(images) + 1)), "ensemble"]
        weights = [*[self.alpha / len(images)] * len(images), 1 - self.alpha]
        return [
            Prediction(name, with_chroma(image, lr, scale=self.scale), self.scale, weight)
            for name, image, weight in zip(names, [*images, self._weigh(images)], weights, strict=True)
        ]

    def _weigh(self, images: list[Tensor]) -> Tensor:
        return torch.einsum("n,nbchw->bchw", self.ensemble, torch.stack(images))


CARD = Card(
    title="DRCN",
    year=2016,
    citation="J. Kim, J. K. Lee, K. M. Lee, Deeply-Recursive Convolutional Network for Image Super-Resolution, CVPR "
    "2016, 1637-1645",
    url="https://arxiv.org/abs/1511.04491",
    framework="pre-upsampling",
    idea="One convolution applied 16 times; every state is reconstructed, supervised, and weighed into the result.",
    lesson="05",
    scales=(2, 3, 4),
    parameters=dict.fromkeys((2, 3, 4), 1_775_121),
    parameters_source="layer list: 1 774 080 weights (the 1 774K of tables), 1 025 biases, 16 of the ensemble",
    tiny={"channels": 16, "n_recursions": 3},
    published=published("drcn"),
    checkpoints="none that is the paper's network",
    luma_only=True,
)

register_model("drcn", CARD)(DRCN)
