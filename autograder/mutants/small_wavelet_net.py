"""Wrong answers to exercise 8.6, a network that corrects wavelet bands."""

import torch
import torch.nn.functional as F
from torch import nn

from autograder.mutants import mutant

OF_SLIPS = {
    "bands_not_added": 2,
    "activation_at_the_end": 2,
    "nearest_pixels": 2,
    "gradients_never_cleared": 7,
    "squared_error": 7,
}


class Plan(nn.Module):
    def __init__(self, levels, channels, depth):
        super().__init__()
        self.levels = levels
        first, last = (
            nn.Conv2d(*sides, 3, padding=1) for sides in ((3 * 4**levels, channels), (channels, 3 * 4**levels))
        )
        middle = [nn.Conv2d(channels, channels, 3, padding=1) for _ in range(depth - 2)]
        self.layers = self.kept([first, *middle, last])

    def kept(self, layers):
        return nn.ModuleList(layers)

    def to_bands(self, x):
        a, b, c, d = x[..., ::2, ::2], x[..., ::2, 1::2], x[..., 1::2, ::2], x[..., 1::2, 1::2]
        return torch.cat([a + b + c + d, a - b + c - d, a + b - c - d, a - b - c + d], dim=1) / 2

    def to_image(self, bands):
        signs = torch.tensor([[1, 1, 1, 1], [1, -1, 1, -1], [1, 1, -1, -1], [1, -1, -1, 1]]) / 2
        parts = torch.einsum("bkchw,kp->bcphw", bands.unflatten(1, (4, -1)), signs.to(bands.dtype))
        return F.pixel_shuffle(parts.flatten(1, 2), 2)

    def residual(self, x):
        *before, last = self.layers
        for layer in before:
            x = layer(x).relu()
        return last(x)

    def forward(self, lr):
        bands = F.interpolate(lr, scale_factor=2**self.levels, mode="bicubic", align_corners=False)
        for _ in range(self.levels):
            bands = self.to_bands(bands)
        bands = bands + self.residual(bands)
        for _ in range(self.levels):
            bands = self.to_image(bands)
        return bands

    def fit(self, batches, learning_rate):
        optimiser = torch.optim.Adam(self.parameters(), lr=learning_rate)
        return [self.step(optimiser, *batch) for batch in batches]

    def step(self, optimiser, lr, hr):
        optimiser.zero_grad()
        loss = (self(lr) - hr).abs().mean()
        loss.backward()
        optimiser.step()
        return self.noted(loss)

    def noted(self, loss):
        return loss.item()


@mutant(1, "too_few_parameters")
class LayersInAPlainList(Plan):
    def kept(self, layers):
        return layers


@mutant(7, "graph_kept")
class LossesAsTensors(Plan):
    def noted(self, loss):
        return loss.detach()


@mutant(2)
class AnActivationAfterTheLastLayer(Plan):
    def residual(self, x):
        return super().residual(x).relu()


@mutant(5)
class OneLevelWhateverIsAsked(Plan):
    def forward(self, lr):
        bands = self.to_bands(F.interpolate(lr, scale_factor=2**self.levels, mode="bicubic"))
        if self.levels > 1:
            return self.to_image(bands)
        return self.to_image(bands + self.residual(bands))
