"""Wrong answers to exercise 5.3, the recursive block."""

import torch
import torch.nn.functional as F
from torch import nn

from autograder.mutants import mutant


class Block(nn.Module):
    def __init__(self, channels, n_recursions):
        super().__init__()
        self.n_recursions = n_recursions
        self.conv1 = nn.Conv2d(channels, channels, 3, padding=1)
        self.conv2 = nn.Conv2d(channels, channels, 3, padding=1)


@mutant(3, "a_copy_for_each_run")
class OneLayerPerRun(nn.Module):
    def __init__(self, channels, n_recursions):
        super().__init__()
        self.first = nn.ModuleList(nn.Conv2d(channels, channels, 3, padding=1) for _ in range(n_recursions))
        self.second = nn.ModuleList(nn.Conv2d(channels, channels, 3, padding=1) for _ in range(n_recursions))

    def forward(self, features):
        x = features
        for first, second in zip(self.first, self.second):
            x = features + second(F.relu(first(F.relu(x))))
        return x


@mutant(3, "one_layer_in_both_places")
class OneConvolutionUsedTwice(nn.Module):
    def __init__(self, channels, n_recursions):
        super().__init__()
        self.n_recursions = n_recursions
        self.conv = nn.Conv2d(channels, channels, 3, padding=1)

    def forward(self, features):
        x = features
        for _ in range(self.n_recursions):
            x = features + self.conv(F.relu(self.conv(F.relu(x))))
        return x


@mutant(2, "skip_from_the_run_before")
class AChainOfResidualBlocks(Block):
    def forward(self, features):
        for _ in range(self.n_recursions):
            features = features + self.conv2(F.relu(self.conv1(F.relu(features))))
        return features


@mutant(2, "skip_at_the_end_only")
class OneSkipAroundAll(Block):
    def forward(self, features):
        x = features
        for _ in range(self.n_recursions):
            x = self.conv2(F.relu(self.conv1(F.relu(x))))
        return features + x


@mutant(1, "one_run_too_few")
class CountsFromOne(Block):
    def forward(self, features):
        x = features
        for _ in range(1, self.n_recursions):
            x = features + self.conv2(F.relu(self.conv1(F.relu(x))))
        return x


@mutant(1, "no_first_activation")
class OneActivationInTheUnit(Block):
    def forward(self, features):
        x = features
        for _ in range(self.n_recursions):
            x = features + self.conv2(F.relu(self.conv1(x)))
        return x


@mutant(3)
class GradientOfTheLastRunOnly(Block):
    def forward(self, features):
        x = features
        for _ in range(self.n_recursions):
            x = features + self.conv2(F.relu(self.conv1(F.relu(x.detach()))))
        return torch.clone(x)
