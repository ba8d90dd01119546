"""Wrong answers to exercise 5.5, the residual network that enlarges last."""

import torch
import torch.nn.functional as F
from torch import nn

from autograder.mutants import mutant

OF_SLIPS = {
    "no_long_skip": 2,
    "no_skip_in_the_block": 2,
    "factor_ignored": 6,
    "activation_before_the_end": 2,
    "gradients_never_cleared": 6,
    "squared_error": 6,
}


class Plan(nn.Module):
    def __init__(self, scale, channels, n_blocks, residual_scale):
        super().__init__()
        self.scale, self.residual_scale = scale, residual_scale
        self.head = nn.Conv2d(3, channels, 3, padding=1)
        self.firsts = self.layers(channels, n_blocks)
        self.seconds = self.layers(channels, n_blocks)
        self.last = nn.Conv2d(channels, channels, 3, padding=1)
        self.up = nn.Conv2d(channels, 3 * scale * scale, 3, padding=1)

    def layers(self, channels, count):
        return nn.ModuleList([nn.Conv2d(channels, channels, 3, padding=1) for _ in range(count)])

    def forward(self, lr):
        x = first = self.head(lr)
        for one, two in zip(self.firsts, self.seconds, strict=True):
            x = x + self.residual_scale * two(F.relu(one(x)))
        return self.enlarged(self.last(x) + first)

    def enlarged(self, features):
        return F.pixel_shuffle(self.up(features), self.scale)

    def fit(self, batches, learning_rate):
        optimiser = torch.optim.Adam(self.parameters(), lr=learning_rate)
        losses = []
        for lr, hr in batches:
            self.clear(optimiser)
            loss = self.error(self(lr) - hr)
            loss.backward()
            optimiser.step()
            losses.append(self.noted(loss))
        return losses

    def clear(self, optimiser):
        optimiser.zero_grad()

    def error(self, difference):
        return difference.abs().mean()

    def noted(self, loss):
        return loss.item()


@mutant(1, "too_few_parameters")
class BlocksInAPlainList(Plan):
    def layers(self, channels, count):
        torch.manual_seed(0)
        return [nn.Conv2d(channels, channels, 3, padding=1) for _ in range(count)]


@mutant(5, "too_few_parameters")
class OneBlockRunOften(Plan):
    def layers(self, channels, count):
        return nn.ModuleList([nn.Conv2d(channels, channels, 3, padding=1)] * count)


@mutant(2, "no_long_skip")
class WithoutTheLongSkip(Plan):
    def forward(self, lr):
        x = self.head(lr)
        for one, two in zip(self.firsts, self.seconds, strict=True):
            x = x + self.residual_scale * two(F.relu(one(x)))
        return self.enlarged(self.last(x))


@mutant(6, "gradients_never_cleared")
class GradientsPileUp(Plan):
    def clear(self, optimiser):
        pass


@mutant(6, "squared_error")
class TrainedOnSquares(Plan):
    def error(self, difference):
        return difference.square().mean()


@mutant(6, "graph_kept")
class LossesAsTensors(Plan):
    def noted(self, loss):
        return loss.detach()


@mutant(6)
class AnsweredForScaleTwoOnly(Plan):
    def __init__(self, scale, channels, n_blocks, residual_scale):
        super().__init__(2, channels, n_blocks, residual_scale)
