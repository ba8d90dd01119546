"""KernelGAN's parts: crops of the image, drawn mostly where it has edges, and the two networks that learn from them.

S. Bell-Kligler, A. Shocher, M. Irani, "Blind Super-Resolution Kernel Estimation using an Internal-GAN", NeurIPS 2019,
section 4 and figure 3, https://arxiv.org/abs/1909.06581; the crops are those of the authors' program.
"""

from __future__ import annotations

import itertools

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from srkit.errors import BadInput
from srkit.ops.color import luma
from srkit.ops.device import exact
from srkit.ops.resize import imresize

__all__ = [
    "CropSource",
    "LinearReducer",
    "SmallPatchDiscriminator",
    "SpectralConv",
    "discriminator_init",
    "edge_map",
    "likelihood",
]


def edge_map(image: Tensor, *, window: int = 5, share: float = 0.97) -> Tensor:
    """Return how much edge content there is around each pixel of ``(3, h, w)``: ``(h, w)``, mean 1; 0 where flat.

    The strongest three per cent of horizontal and of vertical differences count as one each, and to them comes the
    length of the gradient; each of the three adds up to the same. The authors' program clips that length too, but does
    not use what it clipped.

    Args:
        image: 5 pixels at the rim count as flat.
        share: of the differences that count as nothing.
    """
    grey = luma(exact(image))[0]  # (h, w)
    gy, gx = torch.gradient(grey)
    length = (gx.square() + gy.square()).sqrt()
    parts = [_strongest(_rimless(g.abs(), window), share) for g in (gy, gx)]
    total = sum(part / part.sum().clamp_min(1e-300) for part in (*parts, _rimless(length, window)))
    seen = _box(torch.as_tensor(total), window)
    return seen / seen.mean() if float(seen.sum()) > 0 else torch.zeros_like(seen)


def likelihood(seen: Tensor, side: int) -> Tensor:
    """Return how likely each pixel shall be the centre of a crop of ``side``, flat ``(h * w,)``, adding up to 1.

    Without edges all pixels have the same probability.
    """
    weight = _rimless(_box(seen, side // 2), side // 2).flatten()
    return weight / weight.sum() if float(weight.sum()) > 0 else torch.full_like(weight, 1 / weight.numel())


class CropSource:
    """Crops of one image: large ones for the generator, small ones as real samples for the discriminator.

    Args:
        rim: pixels cut off each side first, where made-up images have borders.
    """

    def __init__(self, image: Tensor, *, large: int, small: int, rim: int) -> None:
        h, w = image.shape[-2:]
        if min(h, w) - 2 * rim < large:
            way_out = "for a real photograph cut nothing off (real=True), or " if rim and min(h, w) >= large else ""
            raise BadInput(
                f"Crops of {large} pixels do not fit into {h}x{w} (height x width) once {rim} pixels are cut off each "
                f"side; the image needs at least {large + 2 * rim}. What to do: {way_out}take smaller "
                "crops (crop=28 or more)."
            )
        kept = image[:, rim : h - rim, rim : w - rim]
        self.image = kept[:, : kept.shape[1] // 2 * 2, : kept.shape[2] // 2 * 2].contiguous()
        self.sides = {"large": large, "small": small}
        halved = edge_map(imresize(self.image, 1 / 2)).repeat_interleave(2, 0).repeat_interleave(2, 1)
        self._cumulated = {
            "large": likelihood(halved, large).cumsum(0),
            "small": likelihood(edge_map(self.image), small).cumsum(0),
        }

    def draw(self, which: str, rng: torch.Generator) -> Tensor:
        """Return a crop ``(3, side, side)``, a view; its first row and column are even."""
        side, ladder = self.sides[which], self._cumulated[which]
        at = torch.rand((), generator=rng, dtype=torch.float64) * ladder[-1]
        place = min(int(torch.searchsorted(ladder, at, right=True)), ladder.numel() - 1)
        h, w = self.image.shape[-2:]
        top = min(max(0, place // w - side // 2), h - side)
        left = min(max(0, place % w - side // 2), w - side)
        top, left = top - top % 2, left - left % 2
        return self.image[:, top : top + side, left : left + side]


def _rimless(seen: Tensor, rim: int) -> Tensor:
    inside = torch.zeros_like(seen)
    h, w = seen.shape
    inside[rim : h - rim, rim : w - rim] = seen[rim : h - rim, rim : w - rim]
    return inside


def _strongest(seen: Tensor, share: float) -> Tensor:
    """Return values above the ``share`` smallest, cut at the next larger one: nearly a yes or no."""
    ordered = seen.flatten().sort().values
    place = int(share * ordered.numel())
    low, high = ordered[place], ordered[min(place + 1, ordered.numel() - 1)]
    high = high if float(high) > float(low) else low + 1e-5
    return seen.clamp(low, high) - low


def _box(seen: Tensor, side: int) -> Tensor:
    padded = F.pad(seen[None, None], (side // 2, (side - 1) // 2, side // 2, (side - 1) // 2))
    return F.avg_pool2d(padded, side, stride=1)[0, 0]


_SIDES = (7, 5, 3, 1, 1, 1)


class LinearReducer(nn.Module):
    """Convolutions without bias and without anything between them: together one convolution of 13 x 13, stride 2.

    Being linear, it can be applied layer by layer or as the one kernel that its layers compose; the result is the same,
    and the second takes a fortieth of the work.
    """

    kernel_size = sum(_SIDES) - len(_SIDES) + 1

    def __init__(self, *, channels: int = 64) -> None:
        super().__init__()
        widths = [1, *[channels] * (len(_SIDES) - 1), 1]
        self.layers = nn.ModuleList(
            nn.Conv2d(i, o, side, stride=1 + (n == len(_SIDES) - 1), bias=False)
            for n, ((i, o), side) in enumerate(zip(itertools.pairwise(widths), _SIDES, strict=True))
        )

    def forward(self, image: Tensor) -> Tensor:
        """Make ``(1, c, h, w)`` small, every channel alike: ``(1, c, (h - 11) // 2, (w - 11) // 2)``."""
        x = image.transpose(0, 1)  # (c, 1, h, w)
        for layer in self.layers:
            x = layer(x)
        return x.transpose(0, 1)  # (1, c, (h - 11) // 2, (w - 11) // 2)

    def kernel(self) -> Tensor:
        """Return the kernel ``(13, 13)`` that the layers compose, to be applied by correlation; differentiable."""
        first, *others = self.layers.parameters()
        x = F.conv2d(first.new_ones(1, 1, 1, 1), first, padding=self.kernel_size - 1)
        for weights in others:
            x = F.conv2d(x, weights)
        return x[0, 0].flip(0, 1)

    def draw_first(self, rng: torch.Generator) -> None:
        """Draw Xavier's normal weights with the authors' gain of 0.1."""
        for layer in self.layers:
            nn.init.xavier_normal_(layer.weight, 0.1, generator=rng)  # type: ignore[arg-type]


class SpectralConv(nn.Conv2d):
    """A convolution whose weights are divided by their largest singular value, one power iteration a step.

    T. Miyato et al., "Spectral Normalization for Generative Adversarial Networks", ICLR 2018, algorithm 1.
    """

    u: Tensor
    v: Tensor

    def __init__(self, inputs: int, outputs: int, side: int) -> None:
        super().__init__(inputs, outputs, side)
        self.register_buffer("u", torch.empty(outputs))
        self.register_buffer("v", torch.empty(inputs * side * side))

    def draw_first(self, rng: torch.Generator) -> None:
        """Draw PyTorch's own weights, no bias, and the two vectors of the power iteration.

        The authors' program means to draw Xavier's weights with a gain of 0.1 here, too, but draws them into what the
        spectral norm has computed, which is computed anew from PyTorch's weights at the next step. It matters: the
        weights' length cancels in the result, so that short weights turn faster, here six to nineteen times.
        """
        bound = self.weight[0].numel() ** -0.5
        nn.init.uniform_(self.weight, -bound, bound, generator=rng)
        if self.bias is not None:
            nn.init.zeros_(self.bias)
        for vector in (self.u, self.v):
            vector.copy_(F.normalize(torch.randn(vector.shape, generator=rng), dim=0))

    def forward(self, input: Tensor) -> Tensor:
        """Convolve ``(b, c, h, w)`` to ``(b, outputs, h - side + 1, w - side + 1)``."""
        flat = self.weight.flatten(1)  # (outputs, inputs*side*side)
        if self.training:
            with torch.no_grad():
                self.v = F.normalize(flat.T @ self.u, dim=0)
                self.u = F.normalize(flat @ self.v, dim=0)
        largest = self.u @ flat @ self.v
        out: Tensor = F.conv2d(input, self.weight / largest, self.bias)  # (b, outputs, h - side + 1, w - side + 1)
        return out


class SmallPatchDiscriminator(nn.Module):
    """One convolution of 7 x 7 without activation, then 1 x 1 ones: a score for each patch of 7 x 7 pixels."""

    reach = 6

    def __init__(self, *, channels: int = 64, depth: int = 7) -> None:
        super().__init__()
        middle: list[nn.Module] = []
        for _ in range(depth - 2):
            middle += [SpectralConv(channels, channels, 1), nn.BatchNorm2d(channels), nn.ReLU()]
        self.layers = nn.Sequential(SpectralConv(3, channels, 7), *middle, SpectralConv(channels, 1, 1), nn.Sigmoid())

    def forward(self, image: Tensor) -> Tensor:
        """Score ``(b, 3, h, w)`` in [-1, 1]: ``(b, 1, h - 6, w - 6)`` in [0, 1], 1 for real."""
        scores: Tensor = self.layers(image)  # (b, 1, h - 6, w - 6)
        return scores


def discriminator_init(discriminator: nn.Module, rng: torch.Generator) -> None:
    """Draw the scales of the normalisations around 1, deviation 0.02, as the authors do."""
    for module in discriminator.modules():
        if isinstance(module, nn.BatchNorm2d):
            nn.init.normal_(module.weight, 1.0, 0.02, generator=rng)
