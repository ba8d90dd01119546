"""Wrong answers to exercise 11.4, the network A2001SR."""

import torch.nn.functional as F
from torch import nn

from autograder.mutants import mutant


class Plan(nn.Module):
    def __init__(self, scale=2):
        super().__init__()
        if scale != 2:
            raise ValueError("this network enlarges by 2")
        self.conv1 = nn.Conv2d(3, 32, 5, padding=2)
        self.conv2 = nn.Conv2d(32, 64, 3, padding=1)
        self.conv3 = nn.Conv2d(64, 256, 3, padding=1)
        self.conv4 = nn.Conv2d(64, 3, 3, padding=1)

    def small(self, lr):
        x = F.relu(self.conv1(lr))
        x = F.relu(self.conv2(x))
        return self.conv3(x)

    def large(self, lr):
        return self.conv4(F.pixel_shuffle(self.small(lr), 2))

    def enlarged(self, lr):
        return F.interpolate(lr, scale_factor=2, mode="bicubic", align_corners=False)

    def forward(self, lr):
        return self.large(lr) + self.enlarged(lr)


@mutant(2, "sizes_do_not_fit")
class NoPadding(Plan):
    def __init__(self, scale=2):
        super().__init__(scale)
        self.conv1 = nn.Conv2d(3, 32, 5)
        self.conv2 = nn.Conv2d(32, 64, 3)
        self.conv3 = nn.Conv2d(64, 256, 3)
        self.conv4 = nn.Conv2d(64, 3, 3)


@mutant(4, "relu_at_the_end")
class ReluAtTheEnd(Plan):
    def forward(self, lr):
        return F.relu(self.large(lr)) + self.enlarged(lr)


@mutant(4, "relu_before_the_shuffle")
class ReluBeforeTheShuffle(Plan):
    def small(self, lr):
        return F.relu(super().small(lr))


@mutant(4, "no_activation")
class NoActivation(Plan):
    def small(self, lr):
        return self.conv3(self.conv2(self.conv1(lr)))


@mutant(3, "nearest")
class NearestAdded(Plan):
    def enlarged(self, lr):
        return F.interpolate(lr, scale_factor=2, mode="nearest")


@mutant(3, "bilinear")
class BilinearAdded(Plan):
    def enlarged(self, lr):
        return F.interpolate(lr, scale_factor=2, mode="bilinear", align_corners=False)


@mutant(3, "no_global_residual")
class NoGlobalResidual(Plan):
    def forward(self, lr):
        return self.large(lr)


@mutant(2, "sizes_do_not_fit")
class ResidualAtTheSmallSize(Plan):
    def forward(self, lr):
        return self.large(lr) + lr


@mutant(3, "too_few_parameters")
class SixtyFourChannelsBeforeTheShuffle(Plan):
    def __init__(self, scale=2):
        super().__init__(scale)
        self.conv3 = nn.Conv2d(64, 64, 3, padding=1)
        self.conv4 = nn.Conv2d(16, 3, 3, padding=1)


@mutant(1, "too_few_parameters")
class ShuffleWithTheWrongFactor(Plan):
    def __init__(self, scale=2):
        super().__init__(scale)
        self.conv4 = nn.Conv2d(16, 3, 3, padding=1)

    def large(self, lr):
        return self.conv4(F.pixel_shuffle(self.small(lr), 4))


@mutant(3, "too_many_parameters")
class FiveByFiveInTheMiddle(Plan):
    def __init__(self, scale=2):
        super().__init__(scale)
        self.conv3 = nn.Conv2d(64, 256, 5, padding=2)


@mutant(4, "scale_ignored")
class AnyScaleWelcome(Plan):
    def __init__(self, scale=2):
        super().__init__()


@mutant(3, "corners_aligned")
class AlignedCorners(Plan):
    def enlarged(self, lr):
        return F.interpolate(lr, scale_factor=2, mode="bicubic", align_corners=True)


@mutant(3, "clamped")
class ClampedOutput(Plan):
    def forward(self, lr):
        return super().forward(lr).clamp(0, 1)
