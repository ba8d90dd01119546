"""Wrong answers to exercise 7.6, a whole RCAN in small."""

import torch.nn.functional as F
from torch import nn

from autograder.mutants import mutant

OF_SLIPS = {
    "no_attention": 2,
    "no_skip_in_the_block": 2,
    "no_skip_round_the_group": 2,
    "no_long_skip": 2,
    "sum_weighed": 2,
    "softmax": 2,
}


class Plan(nn.Module):
    biases = False

    def __init__(self, scale, channels, n_groups, n_blocks, few):
        super().__init__()
        self.scale, self.channels, self.few = scale, channels, few
        self.head = nn.Conv2d(3, channels, 3, padding=1)
        self.groups = self.kept([self.kept([self.block() for _ in range(n_blocks)]) for _ in range(n_groups)])
        self.ends = nn.ModuleList([self.conv() for _ in range(n_groups)])
        self.last = self.conv()
        self.up = nn.Conv2d(channels, 3 * scale * scale, 3, padding=1)

    def kept(self, parts):
        return nn.ModuleList(parts)

    def conv(self):
        return nn.Conv2d(self.channels, self.channels, 3, padding=1)

    def block(self):
        down = nn.Linear(self.channels, self.few, bias=self.biases)
        return nn.ModuleList([self.conv(), self.conv(), down, nn.Linear(self.few, self.channels, bias=self.biases)])

    def weigh(self, x, down, up):
        return x * up(down(x.mean(dim=(2, 3))).relu()).sigmoid()[..., None, None]

    def through(self, group, x):
        for one, two, down, up in group:
            x = x + self.weigh(two(F.relu(one(x))), down, up)
        return x

    def forward(self, lr):
        x = first = self.head(lr)
        for group, end in zip(self.groups, self.ends, strict=True):
            x = x + end(self.through(group, x))
        return F.pixel_shuffle(self.up(first + self.last(x)), self.scale)


@mutant(1, "too_few_parameters")
class GroupsInPlainLists(Plan):
    def kept(self, parts):
        return list(parts)


@mutant(1, "biases_in_the_attention")
class AttentionWithBiases(Plan):
    biases = True


@mutant(2, "no_skip_round_the_group")
class GroupsWithoutASkip(Plan):
    def forward(self, lr):
        x = first = self.head(lr)
        for group, end in zip(self.groups, self.ends, strict=True):
            x = end(self.through(group, x))
        return F.pixel_shuffle(self.up(first + self.last(x)), self.scale)


@mutant(2, "no_long_skip")
class NothingComesBackInTheEnd(Plan):
    def forward(self, lr):
        x = self.head(lr)
        for group, end in zip(self.groups, self.ends, strict=True):
            x = x + end(self.through(group, x))
        return F.pixel_shuffle(self.up(self.last(x)), self.scale)


@mutant(5)
class OneSkipRoundAllGroups(Plan):
    def forward(self, lr):
        x = first = self.head(lr)
        for group, end in zip(self.groups, self.ends, strict=True):
            x = first + end(self.through(group, x))
        return F.pixel_shuffle(self.up(first + self.last(x)), self.scale)


@mutant(2)
class AttentionByTheLargestValue(Plan):
    def weigh(self, x, down, up):
        return x * up(down(x.amax(dim=(2, 3))).relu()).sigmoid()[..., None, None]
