"""Networks that degrade clean images like real ones: the generators of DSGAN and of Bulat et al.

They do not enlarge, so they are not registered in ``srkit.models``. Each takes ``(b, 3, h, w)`` in [0, 1] and
gives an image of the same size, or one that is ``reduces`` times smaller.
"""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from srkit.errors import BadInput
from srkit.layers import conv

__all__ = ["Degrader", "HighToLow"]


class NoiseSource(nn.Module):
    """White noise through a learned filter of 5x5 pixels over all colours, which gives it strength, colour and grain.

    After JPEG the noise of photographs is neither white nor alike in all colours; a discriminator rejects white noise.

    Args:
        strength: standard deviation of the noise at the start, when it is white.
    """

    def __init__(self, strength: float = 0.02) -> None:
        super().__init__()
        self.mix = nn.Conv2d(3, 3, 5, padding=2, padding_mode="reflect", bias=False)
        with torch.no_grad():
            nn.init.dirac_(self.mix.weight).mul_(strength)

    def forward(self, noise: Tensor) -> Tensor:
        """Filter white noise ``(b, 3, h, w)`` of deviation 1; the shape stays."""
        mixed: Tensor = self.mix(noise)
        return mixed


class DegraderBlock(nn.Module):
    """Convolution, PReLU, convolution, and the skip."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.layers = nn.Sequential(conv(channels, channels), nn.PReLU(), conv(channels, channels))

    def forward(self, features: Tensor) -> Tensor:
        """Refine ``(b, channels, h, w)``; the shape stays."""
        residual: Tensor = self.layers(features)
        return features + residual


class Degrader(nn.Module):
    """DSGAN's generator (Fritsche et al., ICCV Workshops 2019, section 3.1): gives a clean image natural corruptions.

    Args:
        channels: of every layer.
        n_blocks: residual blocks.
        skip: add a tenth of the result to the image, without the sigmoid. The paper's does not; a training of minutes
            needs it.
        noisy: add a :class:`NoiseSource` besides. The paper's network draws no noise, and so cannot make any that is
            not in its image.
    """

    def __init__(self, *, channels: int = 64, n_blocks: int = 8, skip: bool = False, noisy: bool = False) -> None:
        super().__init__()
        self.reduces, self.skip = 1, skip
        self.source = NoiseSource() if noisy else None
        self.head = nn.Sequential(conv(3, channels), nn.PReLU())
        self.body = nn.Sequential(*(DegraderBlock(channels) for _ in range(n_blocks)))
        self.tail = conv(channels, 3)

    def forward(self, image: Tensor, noise: Tensor | None = None) -> Tensor:
        """Degrade ``(b, 3, h, w)``; the shape stays.

        Args:
            image: the clean image.
            noise: white, of the same shape, for a network with a source of it; None draws it from torch's global
                generator.
        """
        made: Tensor = self.tail(self.body(self.head(image)))
        made = image + 0.1 * made if self.skip else torch.sigmoid(made)
        if self.source is None:
            return made
        grain: Tensor = self.source(torch.randn_like(image) if noise is None else noise)
        return made + grain


class ReducerBlock(nn.Module):
    """Convolution, batch normalisation, ReLU, convolution, batch normalisation, and the skip."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.layers = nn.Sequential(
            *(conv(channels, channels), nn.BatchNorm2d(channels), nn.ReLU()),
            *(conv(channels, channels), nn.BatchNorm2d(channels)),
        )

    def forward(self, features: Tensor) -> Tensor:
        """Refine ``(b, channels, h, w)``; the shape stays."""
        residual: Tensor = self.layers(features)
        return features + residual


class HighToLow(nn.Module):
    """The high-to-low network of Bulat et al. (ECCV 2018, section 3.1): 64x64 to 16x16, through 4x4.

    White noise enters with a learned strength for each colour, as in the authors' code; the paper projects a noise
    vector onto a channel of its own.

    Args:
        channels: of every layer.
        n_blocks: residual blocks before each change of size.
        halvings: how often the image is halved before it is doubled again; 4 in the paper, at least 2.
        skip: add a tenth of the result to the mean of 4x4 pixels, and a :class:`NoiseSource` to that. The paper's does
            not; a training of minutes needs it, and 2 halvings.

    Raises:
        BadInput: fewer than 2 halvings.
    """

    strength: nn.Parameter  # None with a skip

    def __init__(self, *, channels: int = 64, n_blocks: int = 2, halvings: int = 4, skip: bool = False) -> None:
        super().__init__()
        if halvings < 2:
            raise BadInput(f"halvings={halvings}: the small image is a quarter of the large one, so give 2 or more.")
        self.reduces, self.skip, c = 4, skip, channels
        self.source = NoiseSource() if skip else None
        self.register_parameter("strength", None if skip else nn.Parameter(torch.zeros(3)))
        self.head = conv(3, c)
        halves = [
            (*(ReducerBlock(c) for _ in range(n_blocks)), nn.BatchNorm2d(c), nn.ReLU(), nn.Conv2d(c, c, 3, 2, 1))
            for _ in range(halvings)
        ]
        self.down = nn.Sequential(*(layer for half in halves for layer in half))
        doubles = [
            (*(ReducerBlock(c) for _ in range(n_blocks)), conv(c, 4 * c), nn.PixelShuffle(2), nn.ReLU())
            for _ in range(halvings - 2)
        ]
        self.up = nn.Sequential(*(layer for double in doubles for layer in double))
        self.tail = conv(c, 3)

    def forward(self, image: Tensor, noise: Tensor | None = None) -> Tensor:
        """Reduce ``(b, 3, h, w)``, sides multiples of 16, to ``(b, 3, h/4, w/4)`` in [0, 1].

        Args:
            image: the large image.
            noise: white, ``(b, 1, h, w)``, with a skip ``(b, 3, h/4, w/4)``; None draws it from torch's global
                generator.
        """
        mean = F.avg_pool2d(image, 4)  # (b, 3, h/4, w/4)
        noise = torch.randn_like(mean if self.skip else image[:, :1]) if noise is None else noise
        grain = self.source(noise) if self.source else noise * self.strength.view(1, 3, 1, 1)  # (b, 3, …)
        small = self.down(F.relu(self.head(2 * image - 1 + (0 if self.skip else grain))))  # (b, channels, h/16, w/16)
        made: Tensor = torch.tanh(self.tail(self.up(small)))  # (b, 3, h/4, w/4)
        return mean + grain + 0.1 * made if self.skip else (made + 1) / 2
