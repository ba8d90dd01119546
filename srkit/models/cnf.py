"""CNF, three networks of different depth, fused at the end.

H. Ren, M. El-Khamy, J. Lee, "Image Super Resolution Based on Fusing Multiple Convolution Neural Networks", CVPR
Workshops 2017, 1050-1057, https://openaccess.thecvf.com/content_cvpr_2017_workshops/w12/html/Ren_Image_Super_Resolution_CVPR_2017_paper.html.
The idea in one sentence: networks of different depth see contexts of different size, and a small convolution over their
results, trained last, takes the best of each.

Deviations from the paper: none known; no code was published. Layers of 11, 13 and 15 are the reading whose number of
weights is the paper's, exactly (448 059). Borders are filled with zeros, which the paper does not say.
"""

from __future__ import annotations

from functools import reduce
from itertools import pairwise

import torch
from torch import Tensor, nn

from srkit.errors import BadInput
from srkit.layers import Prediction, conv, on_luma, with_chroma
from srkit.models._registry import Card, register_model
from srkit.ops.color import rgb_to_y
from srkit.ops.resize import imresize

__all__ = ["CARD", "CNF"]


class Member(nn.Sequential):
    """One network of table 1: 9x9, 5x5, 3x3 convolutions, a last 5x5 one, ReLU between them.

    Args:
        depth: number of convolutions.
        channels: channels after the first convolution, and between the others.
    """

    def __init__(self, depth: int, channels: tuple[int, int]) -> None:
        wide, narrow = channels
        widths = [1, wide, *[narrow] * (depth - 2), 1]
        sizes = [9, 5, *[3] * (depth - 3), 5]
        layers = [conv(*pair, size) for pair, size in zip(pairwise(widths), sizes, strict=True)]
        super().__init__(*(part for layer in layers[:-1] for part in (layer, nn.ReLU())), layers[-1])


class CNF(nn.Module):
    """Figure 3: members side by side on bicubic luma, and a 3x3 kernel for each that weighs its result.

    The members are trained alone first, then the fusion; it begins as their mean.

    Args:
        scale: enlargement factor; only the bicubic image depends on it.
        depths: number of convolutions of each member, at least 4.
        channels: channels after the first convolution, and between the others.

    Raises:
        BadInput: no member, or one of fewer than 4 layers.
    """

    def __init__(
        self, *, scale: int, depths: tuple[int, ...] = (11, 13, 15), channels: tuple[int, int] = (64, 32)
    ) -> None:
        super().__init__()
        if not depths or min(depths) < 4:
            raise BadInput(f"CNF fuses at least one network of at least 4 layers; given: depths={depths}.")
        self.scale = scale
        self.members = nn.ModuleList(Member(depth, channels) for depth in depths)
        self.fusion = nn.ModuleList(conv(1, 1) for _ in depths)
        for name, weight in self.fusion.named_parameters():
            nn.init.zeros_(weight)
            if name.endswith("weight"):
                weight.data[..., 1, 1] = 1 / len(depths)

    def forward(self, lr: Tensor) -> Tensor:
        """Enlarge ``(b, 3, h, w)`` to ``(b, 3, scale*h, scale*w)``; only luma passes through the networks."""
        return on_luma(lambda luma: self.fuse(self.opinions(luma)), lr, scale=self.scale)  # (b, 3, s*h, s*w)

    def opinions(self, luma: Tensor) -> list[Tensor]:
        """Return what each member makes of Y ``(b, 1, h, w)``, each ``(b, 1, scale*h, scale*w)``."""
        bicubic = imresize(luma, self.scale)  # (b, 1, s*h, s*w)
        return [member(bicubic) for member in self.members]

    def fuse(self, opinions: list[Tensor]) -> Tensor:
        """Return one image ``(b, 1, s*h, s*w)`` of the members' images of that shape, equation 3."""
        weighed = [kernel(image) for kernel, image in zip(self.fusion, opinions, strict=True)]
        fused: Tensor = reduce(torch.add, weighed)  # (b, 1, s*h, s*w)
        return fused

    def predictions(self, lr: Tensor) -> list[Prediction]:
        """Return each member's image and the fused one, from ``(b, 3, h, w)``.

        The paper trains them one after the other; with weights of 1 for all, they are trained together.
        """
        opinions = self.opinions(rgb_to_y(lr))
        names = [f"{len(member) // 2 + 1} layers" for member in self.members]  # type: ignore[arg-type]
        return [
            Prediction(name, with_chroma(luma, lr, scale=self.scale), self.scale, 1.0)
            for name, luma in zip([*names, "fused"], [*opinions, self.fuse(opinions)], strict=True)
        ]


CARD = Card(
    title="CNF",
    year=2017,
    citation="H. Ren, M. El-Khamy, J. Lee, Image Super Resolution Based on Fusing Multiple Convolution Neural "
    "Networks, CVPR Workshops 2017, 1050-1057",
    url="https://openaccess.thecvf.com/content_cvpr_2017_workshops/w12/html/"
    "Ren_Image_Super_Resolution_CVPR_2017_paper.html",
    framework="pre-upsampling",
    idea="Networks of different depth see contexts of different size; a small convolution fuses their results.",
    lesson="06",
    scales=(2, 3, 4),
    parameters={2: 449_313, 3: 449_313, 4: 449_313},
    parameters_source="layer list: 448 059 weights, which is the number the paper prints, and 1 254 biases",
    tiny={"depths": (4, 5, 6), "channels": (16, 8)},
    deviations=("borders are filled with zeros, which the paper does not say",),
    luma_only=True,
)

register_model("cnf", CARD)(CNF)
