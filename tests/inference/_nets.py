"""Small networks whose behaviour is known by construction."""

from __future__ import annotations

import torch
from torch import Tensor, nn


class Convolutional(nn.Module):
    """A 5x5 head, ``depth`` 3x3 layers, a pixel shuffle and a 3x3 tail: radius 2 + depth + 1 + 1 in LR pixels."""

    def __init__(self, *, scale: int = 2, depth: int = 3) -> None:
        super().__init__()
        self.scale = scale
        self.head = nn.Conv2d(3, 8, 5, padding=2)
        self.body = nn.Sequential(
            *(nn.Sequential(nn.Conv2d(8, 8, 3, padding=1), nn.BatchNorm2d(8), nn.ReLU()) for _ in range(depth))
        )
        self.up = nn.Sequential(nn.Conv2d(8, 3 * scale**2, 3, padding=1), nn.PixelShuffle(scale))
        self.tail = nn.Conv2d(3, 3, 3, padding=1)

    def forward(self, lr: Tensor) -> Tensor:
        return self.tail(self.up(self.body(self.head(lr))))


class Pooling(Convolutional):
    """The same with a gate that looks at the whole image, as channel attention does."""

    def forward(self, lr: Tensor) -> Tensor:
        features = self.body(self.head(lr))
        gate = torch.sigmoid(4 * features.mean((2, 3), keepdim=True))
        return self.tail(self.up(features * gate))


class Windowed(nn.Module):
    """Mixes pixels inside windows of 8 x 8 that start at the image's corner, as a Swin layer does."""

    def __init__(self) -> None:
        super().__init__()
        self.scale = 1
        self.mix = nn.Linear(64, 64)

    def forward(self, lr: Tensor) -> Tensor:
        b, c, h, w = lr.shape
        padded = nn.functional.pad(lr, (0, -w % 8, 0, -h % 8), mode="replicate")
        rows, columns = padded.shape[-2] // 8, padded.shape[-1] // 8
        windows = padded.view(b, c, rows, 8, columns, 8).permute(0, 1, 2, 4, 3, 5).flatten(-2)
        mixed = self.mix(windows).unflatten(-1, (8, 8)).permute(0, 1, 2, 4, 3, 5)
        return mixed.reshape(b, c, rows * 8, columns * 8)[..., :h, :w]


class Hungry(nn.Module):
    """Nearest-neighbour enlargement that runs out of memory above ``limit`` pixels, in the words of an allocator."""

    def __init__(self, *, limit: int, error: BaseException) -> None:
        super().__init__()
        self.scale = 2
        self.limit = limit
        self.error = error
        self.sizes: list[tuple[int, int]] = []

    def forward(self, lr: Tensor) -> Tensor:
        self.sizes.append((lr.shape[-2], lr.shape[-1]))
        if lr.shape[-2] * lr.shape[-1] > self.limit:
            raise self.error
        return lr.repeat_interleave(2, dim=-2).repeat_interleave(2, dim=-1)


def seeded(kind: type[nn.Module], **arguments: int) -> nn.Module:
    """Build a network whose weights are always the same, in eval mode."""
    with torch.random.fork_rng():
        torch.manual_seed(7)
        return kind(**arguments).eval()


def noise(*shape: int, seed: int = 0) -> Tensor:
    """Return uniform noise in [0, 1] that is always the same."""
    return torch.rand(shape, generator=torch.Generator().manual_seed(seed))
