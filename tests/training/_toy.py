"""A network of a few hundred weights and batches that need no files."""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch import Tensor, nn

from srkit.evaluation import Table
from srkit.evaluation.table import Row
from srkit.layers import Prediction
from srkit.training import Config, State, make_state


class Toy(nn.Module):
    """Two convolutions and a pixel shuffle, with dropout where a test wants randomness in the network."""

    def __init__(self, *, dropout: float = 0.0, seed: int = 0) -> None:
        super().__init__()
        self.scale = 2
        rng = torch.Generator().manual_seed(seed)
        self.first = nn.Conv2d(3, 8, 3, padding=1)
        self.dropout = nn.Dropout(dropout)
        self.last = nn.Conv2d(8, 12, 3, padding=1)
        for parameter in self.parameters():
            parameter.data = torch.randn(parameter.shape, generator=rng) * 0.1

    def forward(self, lr: Tensor) -> Tensor:
        """Enlarge ``(b, 3, h, w)`` to ``(b, 3, 2*h, 2*w)``."""
        features = self.dropout(torch.relu(self.first(lr)))  # (b, 8, h, w)
        return nn.functional.pixel_shuffle(self.last(features), 2)  # (b, 3, 2*h, 2*w)


class Levels(Toy):
    """Two levels of a pyramid, x2 and x4, each of them a prediction; the levels share their weights."""

    def __init__(self, *, dropout: float = 0.0, seed: int = 0) -> None:
        super().__init__(dropout=dropout, seed=seed)
        self.scale = 4

    def predictions(self, lr: Tensor) -> list[Prediction]:
        """Return the x2 image, counted half, and the x4 image."""
        half = super().forward(lr)  # (b, 3, 2*h, 2*w)
        whole = super().forward(half)  # (b, 3, 4*h, 4*w)
        return [Prediction("x2", half, 2, 0.5), Prediction("x4", whole, 4, 1.0)]

    def forward(self, lr: Tensor) -> Tensor:
        """Enlarge ``(b, 3, h, w)`` to ``(b, 3, 4*h, 4*w)``."""
        return self.predictions(lr)[-1].image


class Judge(nn.Module):
    """A discriminator of two layers with batch normalisation between them."""

    def __init__(self, *, seed: int = 1) -> None:
        super().__init__()
        rng = torch.Generator().manual_seed(seed)
        first, last = (
            nn.Conv2d(3, 6, 3, 2, bias=False),
            nn.Conv2d(6, 1, 3, 2, bias=False),
        )  # a bias would have gradient 0
        self.layers = nn.Sequential(first, nn.BatchNorm2d(6, affine=False), nn.LeakyReLU(0.2), last)
        for parameter in self.parameters():
            parameter.data = torch.randn(parameter.shape, generator=rng) * 0.3

    def forward(self, image: Tensor) -> Tensor:
        """Return logits ``(b, 1, h', w')`` of images ``(b, 3, h, w)``."""
        return self.layers(image)


class Batches:
    """Random batches that depend on the step alone; ``spoil`` may change the batch of a step."""

    def __init__(
        self,
        *,
        batch: int = 4,
        side: int = 8,
        scale: int = 2,
        spoil: Callable[[int, Tensor], Tensor] = lambda step, hr: hr,
    ) -> None:
        self.shape = (batch, 3, side, side)
        self.scale = scale
        self.spoil = spoil

    def batch(self, step: int) -> tuple[Tensor, Tensor]:
        rng = torch.Generator().manual_seed(step)
        lr = torch.rand(self.shape, generator=rng)
        hr = nn.functional.interpolate(lr, scale_factor=self.scale) * 0.8 + 0.1
        return lr, self.spoil(step, hr)


def toy_state(net: nn.Module | None = None, **settings: object) -> State:
    """Return the state of a run of the toy network at its first step."""
    return make_state(net or Toy(), nn.L1Loss(), Config(**{"steps": 20, "learning_rate": 1e-2, **settings}))


def weights(net: nn.Module) -> Tensor:
    """Return every number of a network's state as one vector."""
    return torch.cat([value.detach().flatten().double() for value in net.state_dict().values()])


def table_of(*psnr: float, **others: float) -> Table:
    """Return a table of images with these PSNR, and of each image the same other values."""
    rows = [Row(name=f"image {i}", scores={"psnr": one, **others}, seconds=0.0) for i, one in enumerate(psnr)]
    return Table(network="toy", dataset="set", scale=2, protocol="Y", rows=tuple(rows))
