"""Wrong answers to exercise 12.6, a chain of damage and a network that is told."""

import math

import torch
import torch.nn.functional as F
from torch import nn

from autograder.mutants import mutant

OF_SLIPS = {
    "noise_before_the_blur": 3,
    "one_width_for_all": 6,
    "variance_for_width": 0,
    "level_not_divided": 3,
    "squares_averaged": 2,
    "nothing_told": 3,
    "image_not_added": 5,
    "nearest_added": 5,
}


class Plan(nn.Module):
    def __init__(self, scale, basis, channels, depth):
        super().__init__()
        self.scale, self.basis = scale, basis
        layers = [nn.Conv2d(3 + basis.shape[0] + 1, channels, 3, padding=1), nn.ReLU()]
        for _ in range(depth - 2):
            layers += [nn.Conv2d(channels, channels, 3, padding=1), nn.ReLU()]
        self.stack = nn.Sequential(*layers, nn.Conv2d(channels, 3 * scale**2, 3, padding=1), nn.PixelShuffle(scale))

    def kernel(self, width):
        size = math.isqrt(self.basis.shape[1])
        line = torch.arange(size) - (size - 1) / 2
        kernel = torch.exp(-(line[:, None] ** 2 + line**2) / (2 * width**2))
        return kernel / kernel.sum()

    def laid_on(self, image, kernel):
        padded = F.pad(image[:, None], [kernel.shape[0] // 2] * 4, mode="replicate")
        return F.conv2d(padded, kernel[None, None])[:, 0]

    def described(self, kernels, levels):
        return torch.cat([kernels.mT.flatten(1) @ self.basis.T, levels[:, None] / 255], dim=1)

    def spoil(self, hr, widths, levels, rough):
        kernels = torch.stack([self.kernel(width) for width in widths])
        small = torch.stack([self.laid_on(*pair) for pair in zip(hr, kernels, strict=True)])
        small = small[:, :, :: self.scale, :: self.scale] + (levels / 255)[:, None, None, None] * rough
        told = self.described(kernels, levels)[:, :, None, None]
        return torch.cat([small, told.expand(-1, -1, *small.shape[2:])], dim=1)

    def forward(self, given):
        return self.stack(given) + F.interpolate(given[:, :3], scale_factor=self.scale, mode="bicubic")

    def fit(self, batches, learning_rate):
        optimiser, losses = torch.optim.Adam(self.parameters(), lr=learning_rate), []
        for hr, widths, levels, rough in batches:
            optimiser.zero_grad()
            loss = (self(self.spoil(hr, widths, levels, rough)) - hr).abs().mean()
            loss.backward()
            optimiser.step()
            losses.append(self.noted(loss))
        return losses

    def noted(self, loss):
        return loss.item()


@mutant(0, "variance_for_width")
class WidthsTakenForVariances(Plan):
    def kernel(self, width):
        return super().kernel(width**0.5)


@mutant(0)
class KernelsThatDoNotAddUpToOne(Plan):
    def kernel(self, width):
        return super().kernel(width) * 2


@mutant(3)
class LevelToldOnTheScaleOfFiles(Plan):
    def described(self, kernels, levels):
        return torch.cat([kernels.mT.flatten(1) @ self.basis.T, levels[:, None]], dim=1)


@mutant(7, "graph_kept")
class LossesAsTensors(Plan):
    def noted(self, loss):
        return loss.detach()


@mutant(2)
class DarkBorder(Plan):
    def laid_on(self, image, kernel):
        return F.conv2d(image[:, None], kernel[None, None], padding=kernel.shape[0] // 2)[:, 0]
