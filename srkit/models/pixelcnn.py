"""Pixel recursive super resolution, a PixelCNN that draws the large image pixel by pixel.

R. Dahl, M. Norouzi, J. Shlens, "Pixel Recursive Super Resolution", ICCV 2017, 5439-5448,
https://arxiv.org/abs/1702.00783. The idea in one sentence: a small image leaves most of the large one open, so predict
a distribution for each pixel from two sources, what the LR image says and what the pixels drawn so far say, and draw.

Deviations from the paper: as in the public TensorFlow code, the three colours of one pixel do not see each other.
``net(lr, rng=...)`` draws as the paper does. Without ``rng`` nothing is drawn: the result is the mean of each pixel's
distribution, where the prior reads the conditioning network's own mean image instead of drawn pixels. That is ours; it
makes the network deterministic and every parameter part of the result, as the contract demands.
"""

from __future__ import annotations

from itertools import product
from typing import Literal

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from srkit.layers import conv
from srkit.models._registry import Card, register_model

__all__ = ["CARD", "PixelCNN"]

LEVELS = 256


class MaskedConv(nn.Conv2d):
    """A convolution that does not see pixels that come later in reading order.

    Args:
        channels_in: channels read.
        channels_out: channels written.
        size: height and width of the kernel, odd.
        sees: ``"above"`` the rows above alone; ``"before"`` also what is left of the pixel; ``"upto"`` also itself.
    """

    mask: Tensor

    def __init__(
        self, channels_in: int, channels_out: int, size: tuple[int, int], *, sees: Literal["above", "before", "upto"]
    ) -> None:
        h, w = size
        super().__init__(channels_in, channels_out, size, padding=(h // 2, w // 2))
        mask = torch.zeros(h, w)
        mask[: h // 2] = 1
        mask[h // 2, : {"above": 0, "before": w // 2, "upto": w // 2 + 1}[sees]] = 1
        self.register_buffer("mask", mask, persistent=False)

    def forward(self, features: Tensor) -> Tensor:
        """Map ``(b, channels_in, h, w)`` to ``(b, channels_out, h, w)``."""
        seen: Tensor = self._conv_forward(features, self.weight * self.mask, self.bias)  # (b, channels_out, h, w)
        return seen


def by_level(logits: Tensor) -> Tensor:
    """Reorder ``(b, 768, h, w)``, colour after colour, to ``(b, 256, 3, h, w)``."""
    b, _, h, w = logits.shape
    return logits.reshape(b, 3, LEVELS, h, w).transpose(1, 2)  # (b, 256, 3, h, w)


def gate(features: Tensor) -> Tensor:
    """Return tanh of the first half of ``(b, 2*channels, h, w)`` times sigmoid of the second."""
    value, door = features.chunk(2, dim=1)  # (b, channels, h, w) each
    return value.tanh() * door.sigmoid()


class GatedLayer(nn.Module):
    """A layer of the gated PixelCNN: a vertical stack for the rows above, a horizontal one for the row itself.

    Args:
        channels: of each stack.
        size: side of the kernel.
    """

    def __init__(self, channels: int, *, size: int = 5) -> None:
        super().__init__()
        self.vertical = MaskedConv(channels, 2 * channels, (size, size), sees="above")
        self.across = conv(2 * channels, 2 * channels, 1)
        self.horizontal = MaskedConv(channels, 2 * channels, (1, size), sees="upto")
        self.end = conv(channels, channels, 1)

    def forward(self, row: Tensor, above: Tensor) -> tuple[Tensor, Tensor]:
        """Refine both stacks, each ``(b, channels, h, w)``; the shapes stay."""
        seen = self.vertical(above)  # (b, 2*channels, h, w)
        change: Tensor = self.end(gate(self.horizontal(row) + self.across(seen)))  # (b, channels, h, w)
        return row + change, gate(seen)


class Prior(nn.Module):
    """Section 3.3: what the pixels before say about a pixel.

    Args:
        channels: of the gated layers.
        n_layers: gated layers.
        hidden: channels before the last convolution.
    """

    def __init__(self, *, channels: int, n_layers: int, hidden: int) -> None:
        super().__init__()
        self.head = MaskedConv(3, channels, (7, 7), sees="before")
        self.body = nn.ModuleList(GatedLayer(channels) for _ in range(n_layers))
        self.tail = nn.Sequential(conv(channels, hidden, 1), nn.ReLU(), conv(hidden, 3 * LEVELS, 1))

    def forward(self, image: Tensor) -> Tensor:
        """Map ``(b, 3, h, w)`` in [0, 1] to logits ``(b, 256, 3, h, w)``."""
        row = above = self.head(image - 0.5)  # (b, 64, h, w)
        for layer in self.body:
            row, above = layer(row, above)
        logits: Tensor = self.tail(row)  # (b, 768, h, w)
        return by_level(logits)  # (b, 256, 3, h, w)


class ResidualBlock(nn.Module):
    """Convolution, normalisation, ReLU, convolution, normalisation, and the skip."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.conv1, self.norm1 = conv(channels, channels), nn.BatchNorm2d(channels, eps=1e-3)
        self.conv2, self.norm2 = conv(channels, channels), nn.BatchNorm2d(channels, eps=1e-3)

    def forward(self, features: Tensor) -> Tensor:
        """Refine ``(b, channels, h, w)``; the shape stays."""
        residual: Tensor = self.norm2(self.conv2(self.norm1(self.conv1(features)).relu_()))
        return features + residual


class Doubling(nn.Module):
    """A transposed 3x3 convolution of stride 2 and a ReLU; like TensorFlow's, it is cut at the far sides only."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.conv = nn.ConvTranspose2d(channels, channels, 3, stride=2)

    def forward(self, features: Tensor) -> Tensor:
        """Enlarge ``(b, channels, h, w)`` to ``(b, channels, 2*h, 2*w)``."""
        large: Tensor = self.conv(features)[..., :-1, :-1]  # (b, channels, 2*h, 2*w)
        return large.relu()


class Conditioning(nn.Sequential):
    """Section 3.2: what the LR image says about a pixel, ``(b, 3, h, w)`` to ``(b, 768, 4*h, 4*w)``.

    Args:
        scale: a power of two.
        channels: feature channels.
        n_blocks: residual blocks at each size.
    """

    def __init__(self, *, scale: int, channels: int, n_blocks: int) -> None:
        blocks: list[nn.Module] = []
        for step in range(scale.bit_length()):
            blocks += [Doubling(channels)] if step else []
            blocks += [ResidualBlock(channels) for _ in range(n_blocks)]
        super().__init__(conv(3, channels, 1), *blocks, conv(channels, 3 * LEVELS, 1))


def mean_of(logits: Tensor) -> Tensor:
    """Return the mean pixel ``(b, 3, h, w)`` in [0, 1] of distributions ``(b, 256, 3, h, w)``."""
    levels = torch.arange(LEVELS, dtype=logits.dtype, device=logits.device) / (LEVELS - 1)
    return torch.einsum("bkchw,k->bchw", logits.softmax(dim=1), levels)  # (b, 3, h, w)


def levels_of(image: Tensor) -> Tensor:
    """Return the 8-bit values of ``(b, 3, h, w)`` in [0, 1], as whole numbers of that shape."""
    return (image.clamp(0, 1) * (LEVELS - 1)).round().long()


class PixelCNN(nn.Module):
    """Figure 3: a conditioning network and a prior, whose logits are added.

    Args:
        scale: enlargement factor, a power of two; the paper's 8x8 to 32x32 is 4.
        channels: channels of the conditioning network.
        n_blocks: its residual blocks at each size.
        prior_channels: channels of the prior.
        n_layers: its gated layers.
        prior_hidden: channels before its last convolution.
    """

    def __init__(
        self,
        *,
        scale: int,
        channels: int = 32,
        n_blocks: int = 6,
        prior_channels: int = 64,
        n_layers: int = 20,
        prior_hidden: int = 1024,
    ) -> None:
        super().__init__()
        self.scale = scale
        self.conditioning = Conditioning(scale=scale, channels=channels, n_blocks=n_blocks)
        self.prior = Prior(channels=prior_channels, n_layers=n_layers, hidden=prior_hidden)

    def forward(self, lr: Tensor, *, rng: torch.Generator | None = None) -> Tensor:
        """Enlarge ``(b, 3, h, w)`` to ``(b, 3, scale*h, scale*w)``; with ``rng`` by drawing, see :meth:`sample`."""
        if rng is not None:
            return self.sample(lr, rng=rng)
        said = self.condition(lr)  # (b, 256, 3, s*h, s*w)
        return mean_of(said + self.prior(mean_of(said.detach())))  # (b, 3, s*h, s*w)

    def condition(self, lr: Tensor) -> Tensor:
        """Return the conditioning network's logits ``(b, 256, 3, s*h, s*w)``, from ``(b, 3, h, w)``."""
        logits: Tensor = self.conditioning(lr - 0.5)  # (b, 768, s*h, s*w)
        return by_level(logits)  # (b, 256, 3, s*h, s*w)

    @torch.no_grad()
    def sample(self, lr: Tensor, *, rng: torch.Generator, sharpness: float = 1.1) -> Tensor:
        """Draw an image ``(b, 3, scale*h, scale*w)``, one pixel after the other in reading order (section 3.4).

        Args:
            lr: RGB in [0, 1], ``(b, 3, h, w)``.
            rng: draws; on the network's device.
            sharpness: factor on the logits; above 1 likely values become likelier, the public code takes 1.1.
        """
        said = self.condition(lr)  # (b, 256, 3, s*h, s*w)
        b, _, _, h, w = said.shape
        drawn = lr.new_zeros(b, 3, h, w)
        for y, x in product(range(h), range(w)):
            before = self.prior(drawn[..., : y + 1, :])[..., y, x]  # (b, 256, 3)
            chances = ((said[..., y, x] + before) * sharpness).softmax(dim=1)  # (b, 256, 3)
            level = torch.multinomial(chances.mT.reshape(-1, LEVELS), 1, generator=rng)  # (b*3, 1)
            drawn[..., y, x] = level.reshape(b, 3) / (LEVELS - 1)
        return drawn

    def log_likelihood(self, lr: Tensor, hr: Tensor) -> Tensor:
        """Return ``log p(hr | lr)`` in nats ``(b,)``, summed over pixels and colours (equation 3).

        Args:
            lr: RGB in [0, 1], ``(b, 3, h, w)``.
            hr: the large image, read as 8-bit values, ``(b, 3, scale*h, scale*w)``.
        """
        logits, levels = self.condition(lr) + self.prior(hr), levels_of(hr)
        return -F.cross_entropy(logits, levels, reduction="none").sum(dim=(1, 2, 3))  # (b,)

    def loss(self, lr: Tensor, hr: Tensor) -> Tensor:
        """Return what is minimised, equation 6: both networks together, and the conditioning network alone; scalar.

        Without the second term the prior would learn to do without the LR image. Shapes as in :meth:`log_likelihood`.
        """
        said, levels = self.condition(lr), levels_of(hr)
        return F.cross_entropy(said + self.prior(hr), levels) + F.cross_entropy(said, levels)  # scalar

    def example_input(self, lr: Tensor) -> None:
        """Return what ``rng`` is where nothing shall be drawn, for a batch like ``lr``."""
        del lr


CARD = Card(
    title="Pixel recursive super resolution",
    year=2017,
    citation="R. Dahl, M. Norouzi, J. Shlens, Pixel Recursive Super Resolution, ICCV 2017, 5439-5448",
    url="https://arxiv.org/abs/1702.00783",
    framework="progressive",
    idea="Predict a distribution for each pixel from the LR image and from the pixels drawn before, and draw.",
    lesson="06",
    scales=(4,),
    parameters={4: 6_576_192},
    parameters_source="layer list of nilboy/pixel-recursive-super-resolution: 379 200 of the conditioning network, "
    "6 196 992 of the prior, masked entries counted",
    tiny={"channels": 8, "n_blocks": 1, "prior_channels": 8, "n_layers": 2, "prior_hidden": 16},
    deviations=(
        "the colours of one pixel do not see each other, as in the public code",
        "without rng the result is a mean and nothing is drawn; the prior then reads the conditioning network's mean",
    ),
    extra_input="rng",
    trained_on="pairs",
    bounded="it is a mean over the 256 values of a pixel, or one of them",
    quiet_parameters={"*.conv?.bias": "the batch normalisation behind it takes a constant away again"},
)

register_model("pixelcnn", CARD)(PixelCNN)
