"""CinCGAN: one network cleans a small image, and another enlarges the clean one.

Y. Yuan, S. Liu, J. Zhang, Y. Zhang, C. Dong, L. Lin, "Unsupervised Image Super-Resolution using Cycle-in-Cycle
Generative Adversarial Networks", CVPR Workshops 2018, 701-710, https://arxiv.org/abs/1809.00437. The idea in one
sentence: without pairs, learn by a cycle to clean noisy small images, and by a second cycle around it to enlarge what
the first one cleans. This file holds what enlarges once the training is over, G1 and SR of figure 2; the training, with
the other two generators and both discriminators, is :func:`srkit.papers.train_cincgan` (``srkit weak cincgan``).

Deviations: any registered network can take the place of SR; the paper's is EDSR with 16 blocks of 64 channels.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from torch import Tensor, nn

from srkit.layers.translator import Translator
from srkit.models._build import build
from srkit.models._registry import Card, register_model

__all__ = ["CARD", "CleanAndEnlarge"]


class CleanAndEnlarge(nn.Module):
    """G1 and SR of figure 2.

    Args:
        scale: enlargement factor of ``enlarge``.
        channels: of G1.
        n_blocks: of G1.
        skip: see :class:`srkit.layers.translator.Translator`.
        enlarge: the registered network that enlarges.
        enlarge_arguments: its constructor arguments, where they are not its paper's.
    """

    def __init__(
        self,
        *,
        scale: int,
        channels: int = 64,
        n_blocks: int = 6,
        skip: bool = False,
        enlarge: str = "edsr_baseline",
        enlarge_arguments: Mapping[str, Any] | None = None,
    ) -> None:
        super().__init__()
        self.scale = scale
        self.clean = Translator(channels=channels, n_blocks=n_blocks, skip=skip)
        self.enlarge = build(enlarge, scale=scale, **(enlarge_arguments or {}))

    def forward(self, lr: Tensor) -> Tensor:
        """Enlarge ``(b, 3, h, w)`` to ``(b, 3, scale*h, scale*w)``."""
        cleaned = self.clean(lr)  # (b, 3, h, w)
        sr: Tensor = self.enlarge(cleaned)  # (b, 3, scale*h, scale*w)
        return sr


CARD = Card(
    title="CinCGAN",
    year=2018,
    citation="Y. Yuan, S. Liu, J. Zhang, Y. Zhang, C. Dong, L. Lin, Unsupervised Image Super-Resolution using "
    "Cycle-in-Cycle Generative Adversarial Networks, CVPR Workshops 2018, 701-710",
    url="https://arxiv.org/abs/1809.00437",
    framework="post-upsampling",
    idea="Without pairs, learn by a cycle to clean small images and by a second one to enlarge what the first cleans.",
    lesson="14",
    scales=(2, 4),
    parameters={2: 1_979_590, 4: 2_127_302},
    parameters_source="609,731 of G1, counted by hand from figure 3, and those of the EDSR baseline",
    tiny={"channels": 16, "n_blocks": 1, "enlarge_arguments": {"channels": 16, "n_blocks": 2}},
    deviations=("any registered network can take the place of SR",),
)

register_model("cincgan", CARD)(CleanAndEnlarge)
