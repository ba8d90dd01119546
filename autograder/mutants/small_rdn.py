"""Wrong answers to exercise 6.6, a residual dense network."""

import torch
import torch.nn.functional as F
from torch import nn

from autograder.mutants import mutant

OF_SLIPS = {
    "no_skip_in_the_block": 2,
    "last_block_only": 4,
    "newest_first": 4,
    "no_long_skip": 2,
    "no_activation": 2,
}


class Plan(nn.Module):
    def __init__(self, scale, channels, growth, n_layers, n_blocks):
        super().__init__()
        self.scale = scale
        self.head = nn.Conv2d(3, channels, 3, padding=1)
        self.layers, self.fusions = nn.ModuleList(), nn.ModuleList()
        for _ in range(n_blocks):
            widths = [channels + growth * i for i in range(n_layers)]
            self.layers.append(self.kept([nn.Conv2d(width, growth, 3, padding=1) for width in widths]))
            self.fusions.append(nn.Conv2d(channels + growth * n_layers, channels, 1))
        self.joined = nn.Conv2d(channels * n_blocks, channels, 1)
        self.last = nn.Conv2d(channels, channels, 3, padding=1)
        self.up = nn.Conv2d(channels, 3 * scale * scale, 3, padding=1)

    def kept(self, layers):
        return nn.ModuleList(layers)

    def dense(self, x, layers):
        maps = [x]
        for layer in layers:
            maps.append(layer(torch.cat(maps, dim=1)).relu())
        return torch.cat(maps, dim=1)

    def block(self, x, number):
        return x + self.fusions[number](self.dense(x, self.layers[number]))

    def forward(self, lr):
        x = first = self.head(lr)
        kept = []
        for number in range(len(self.layers)):
            x = self.block(x, number)
            kept.append(x)
        return F.pixel_shuffle(self.up(first + self.last(self.joined(torch.cat(kept, dim=1)))), self.scale)


@mutant(2, "no_skip_in_the_block")
class BlocksWithoutASkip(Plan):
    def block(self, x, number):
        return self.fusions[number](self.dense(x, self.layers[number]))


@mutant(2, "no_activation")
class LinearLayers(Plan):
    def dense(self, x, layers):
        maps = [x]
        for layer in layers:
            maps.append(layer(torch.cat(maps, dim=1)))
        return torch.cat(maps, dim=1)


@mutant(2)
class NewMapsInFront(Plan):
    def dense(self, x, layers):
        for layer in layers:
            x = torch.cat([layer(x).relu(), x], dim=1)
        return x


@mutant(2)
class SkipFromTheHeadInEveryBlock(Plan):
    def forward(self, lr):
        x = first = self.head(lr)
        kept = []
        for number in range(len(self.layers)):
            x = first + self.block(x, number)
            kept.append(x)
        return F.pixel_shuffle(self.up(first + self.last(self.joined(torch.cat(kept, dim=1)))), self.scale)


@mutant(1, "too_few_parameters")
class NothingJoinedAtTheEnd(Plan):
    def __init__(self, scale, channels, growth, n_layers, n_blocks):
        super().__init__(scale, channels, growth, n_layers, n_blocks)
        self.joined = nn.Identity()

    def forward(self, lr):
        x = first = self.head(lr)
        for number in range(len(self.layers)):
            x = self.block(x, number)
        return F.pixel_shuffle(self.up(first + self.last(x)), self.scale)
