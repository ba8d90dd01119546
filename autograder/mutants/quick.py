"""Wrong answers to exercise 16.5, a network trained with branches and used without."""

import torch
import torch.nn.functional as F
from torch import nn

from autograder.mutants import mutant

OF_SLIPS = {
    "folded_without_skip": 4,
    "folded_without_ones": 4,
    "no_skip": 4,
    "activated_branches": 4,
    "nothing_added": 3,
    "bilinear": 3,
    "bicubic": 3,
}


class Plan(nn.Module):
    def __init__(self, scale, channels, n_blocks):
        super().__init__()
        self.scale = scale
        self.head = nn.Conv2d(3, channels, 3, padding=1)
        self.threes = nn.ModuleList(nn.Conv2d(channels, channels, 3, padding=1) for _ in range(n_blocks))
        self.ones = nn.ModuleList(nn.Conv2d(channels, channels, 1) for _ in range(n_blocks))
        self.tail = nn.Conv2d(channels, 3 * scale**2, 3, padding=1)

    def block(self, three, one, features):
        return F.relu(three(features) + one(features) + features)

    def forward(self, lr):
        features = F.relu(self.head(lr))
        for three, one in zip(self.threes, self.ones):
            features = self.block(three, one, features)
        detail = F.pixel_shuffle(self.tail(features), self.scale)
        return detail + F.interpolate(lr, scale_factor=self.scale, mode="nearest")

    def folded(self, three, one):
        skip = torch.eye(len(three.bias))[:, :, None, None]
        return three.weight + F.pad(one.weight + skip, (1, 1, 1, 1)), three.bias + one.bias

    def plain(self):
        middle = [self.folded(three, one) for three, one in zip(self.threes, self.ones)]
        return [(self.head.weight, self.head.bias), *middle, (self.tail.weight, self.tail.bias)]


@mutant(4, "activated_branches")
class EachBranchActivated(Plan):
    def block(self, three, one, features):
        return F.relu(F.relu(three(features)) + F.relu(one(features)) + features)


@mutant(4, "folded_without_skip")
class FoldedWithoutTheIdentity(Plan):
    def folded(self, three, one):
        return three.weight + F.pad(one.weight, (1, 1, 1, 1)), three.bias + one.bias


@mutant(1, "too_few_parameters")
class NoBiases(Plan):
    def __init__(self, scale, channels, n_blocks):
        super().__init__(scale, channels, n_blocks)
        self.ones = nn.ModuleList(nn.Conv2d(channels, channels, 1, bias=False) for _ in range(n_blocks))

    def folded(self, three, one):
        return three.weight + F.pad(one.weight, (1, 1, 1, 1)), three.bias


@mutant(1, "too_many_parameters")
class WideOnes(Plan):
    def __init__(self, scale, channels, n_blocks):
        super().__init__(scale, channels, n_blocks)
        self.ones = nn.ModuleList(nn.Conv2d(channels, channels, 3, padding=1) for _ in range(n_blocks))

    def folded(self, three, one):
        return three.weight + one.weight, three.bias + one.bias


@mutant(6)
class ForTwoOnly(Plan):
    def __init__(self, scale, channels, n_blocks):
        super().__init__(2, channels, n_blocks)
