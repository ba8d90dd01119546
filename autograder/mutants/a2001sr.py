"""Wrong answers to exercise 11.4, the network A2001SR."""

import torch.nn.functional as F
from torch import nn

from autograder.mutants import mutant


@mutant(2, "sizes_do_not_fit")
class NoPadding(nn.Module):
    def __init__(self, scale=2):
        super().__init__()
        if scale != 2:
            raise ValueError("this network enlarges by 2")
        self.conv1 = nn.Conv2d(3, 32, 5)
        self.conv2 = nn.Conv2d(32, 64, 3)
        self.conv3 = nn.Conv2d(64, 256, 3)
        self.conv4 = nn.Conv2d(64, 3, 3)

    def forward(self, lr):
        x = F.relu(self.conv1(lr))
        x = F.relu(self.conv2(x))
        x = F.pixel_shuffle(self.conv3(x), 2)
        return self.conv4(x) + F.interpolate(lr, scale_factor=2, mode="bicubic", align_corners=False)


@mutant(4, "relu_at_the_end")
class ReluAtTheEnd(nn.Module):
    def __init__(self, scale=2):
        super().__init__()
        if scale != 2:
            raise ValueError("this network enlarges by 2")
        self.conv1 = nn.Conv2d(3, 32, 5, padding=2)
        self.conv2 = nn.Conv2d(32, 64, 3, padding=1)
        self.conv3 = nn.Conv2d(64, 256, 3, padding=1)
        self.conv4 = nn.Conv2d(64, 3, 3, padding=1)

    def forward(self, lr):
        x = F.relu(self.conv1(lr))
        x = F.relu(self.conv2(x))
        x = F.pixel_shuffle(self.conv3(x), 2)
        x = F.relu(self.conv4(x))
        return x + F.interpolate(lr, scale_factor=2, mode="bicubic", align_corners=False)


@mutant(4, "relu_before_the_shuffle")
class ReluBeforeTheShuffle(nn.Module):
    def __init__(self, scale=2):
        super().__init__()
        if scale != 2:
            raise ValueError("this network enlarges by 2")
        self.conv1 = nn.Conv2d(3, 32, 5, padding=2)
        self.conv2 = nn.Conv2d(32, 64, 3, padding=1)
        self.conv3 = nn.Conv2d(64, 256, 3, padding=1)
        self.conv4 = nn.Conv2d(64, 3, 3, padding=1)

    def forward(self, lr):
        x = F.relu(self.conv1(lr))
        x = F.relu(self.conv2(x))
        x = F.pixel_shuffle(F.relu(self.conv3(x)), 2)
        return self.conv4(x) + F.interpolate(lr, scale_factor=2, mode="bicubic", align_corners=False)


@mutant(4, "no_activation")
class NoActivation(nn.Module):
    def __init__(self, scale=2):
        super().__init__()
        if scale != 2:
            raise ValueError("this network enlarges by 2")
        self.conv1 = nn.Conv2d(3, 32, 5, padding=2)
        self.conv2 = nn.Conv2d(32, 64, 3, padding=1)
        self.conv3 = nn.Conv2d(64, 256, 3, padding=1)
        self.conv4 = nn.Conv2d(64, 3, 3, padding=1)

    def forward(self, lr):
        x = self.conv1(lr)
        x = self.conv2(x)
        x = F.pixel_shuffle(self.conv3(x), 2)
        return self.conv4(x) + F.interpolate(lr, scale_factor=2, mode="bicubic", align_corners=False)


@mutant(3, "nearest")
class NearestAdded(nn.Module):
    def __init__(self, scale=2):
        super().__init__()
        if scale != 2:
            raise ValueError("this network enlarges by 2")
        self.conv1 = nn.Conv2d(3, 32, 5, padding=2)
        self.conv2 = nn.Conv2d(32, 64, 3, padding=1)
        self.conv3 = nn.Conv2d(64, 256, 3, padding=1)
        self.conv4 = nn.Conv2d(64, 3, 3, padding=1)

    def forward(self, lr):
        x = F.relu(self.conv1(lr))
        x = F.relu(self.conv2(x))
        x = F.pixel_shuffle(self.conv3(x), 2)
        return self.conv4(x) + F.interpolate(lr, scale_factor=2, mode="nearest")


@mutant(3, "bilinear")
class BilinearAdded(nn.Module):
    def __init__(self, scale=2):
        super().__init__()
        if scale != 2:
            raise ValueError("this network enlarges by 2")
        self.conv1 = nn.Conv2d(3, 32, 5, padding=2)
        self.conv2 = nn.Conv2d(32, 64, 3, padding=1)
        self.conv3 = nn.Conv2d(64, 256, 3, padding=1)
        self.conv4 = nn.Conv2d(64, 3, 3, padding=1)

    def forward(self, lr):
        x = F.relu(self.conv1(lr))
        x = F.relu(self.conv2(x))
        x = F.pixel_shuffle(self.conv3(x), 2)
        return self.conv4(x) + F.interpolate(lr, scale_factor=2, mode="bilinear", align_corners=False)


@mutant(3, "no_global_residual")
class NoGlobalResidual(nn.Module):
    def __init__(self, scale=2):
        super().__init__()
        if scale != 2:
            raise ValueError("this network enlarges by 2")
        self.conv1 = nn.Conv2d(3, 32, 5, padding=2)
        self.conv2 = nn.Conv2d(32, 64, 3, padding=1)
        self.conv3 = nn.Conv2d(64, 256, 3, padding=1)
        self.conv4 = nn.Conv2d(64, 3, 3, padding=1)

    def forward(self, lr):
        x = F.relu(self.conv1(lr))
        x = F.relu(self.conv2(x))
        x = F.pixel_shuffle(self.conv3(x), 2)
        return self.conv4(x)


@mutant(2, "sizes_do_not_fit")
class ResidualAtTheSmallSize(nn.Module):
    def __init__(self, scale=2):
        super().__init__()
        if scale != 2:
            raise ValueError("this network enlarges by 2")
        self.conv1 = nn.Conv2d(3, 32, 5, padding=2)
        self.conv2 = nn.Conv2d(32, 64, 3, padding=1)
        self.conv3 = nn.Conv2d(64, 256, 3, padding=1)
        self.conv4 = nn.Conv2d(64, 3, 3, padding=1)

    def forward(self, lr):
        x = F.relu(self.conv1(lr))
        x = F.relu(self.conv2(x))
        x = F.pixel_shuffle(self.conv3(x), 2)
        return self.conv4(x) + lr


@mutant(3, "too_few_parameters")
class SixtyFourChannelsBeforeTheShuffle(nn.Module):
    def __init__(self, scale=2):
        super().__init__()
        if scale != 2:
            raise ValueError("this network enlarges by 2")
        self.conv1 = nn.Conv2d(3, 32, 5, padding=2)
        self.conv2 = nn.Conv2d(32, 64, 3, padding=1)
        self.conv3 = nn.Conv2d(64, 64, 3, padding=1)
        self.conv4 = nn.Conv2d(16, 3, 3, padding=1)

    def forward(self, lr):
        x = F.relu(self.conv1(lr))
        x = F.relu(self.conv2(x))
        x = F.pixel_shuffle(self.conv3(x), 2)
        return self.conv4(x) + F.interpolate(lr, scale_factor=2, mode="bicubic", align_corners=False)


@mutant(1, "too_few_parameters")
class ShuffleWithTheWrongFactor(nn.Module):
    def __init__(self, scale=2):
        super().__init__()
        if scale != 2:
            raise ValueError("this network enlarges by 2")
        self.conv1 = nn.Conv2d(3, 32, 5, padding=2)
        self.conv2 = nn.Conv2d(32, 64, 3, padding=1)
        self.conv3 = nn.Conv2d(64, 256, 3, padding=1)
        self.conv4 = nn.Conv2d(16, 3, 3, padding=1)

    def forward(self, lr):
        x = F.relu(self.conv1(lr))
        x = F.relu(self.conv2(x))
        x = F.pixel_shuffle(self.conv3(x), 4)
        return self.conv4(x) + F.interpolate(lr, scale_factor=2, mode="bicubic", align_corners=False)


@mutant(3, "too_many_parameters")
class FiveByFiveInTheMiddle(nn.Module):
    def __init__(self, scale=2):
        super().__init__()
        if scale != 2:
            raise ValueError("this network enlarges by 2")
        self.conv1 = nn.Conv2d(3, 32, 5, padding=2)
        self.conv2 = nn.Conv2d(32, 64, 3, padding=1)
        self.conv3 = nn.Conv2d(64, 256, 5, padding=2)
        self.conv4 = nn.Conv2d(64, 3, 3, padding=1)

    def forward(self, lr):
        x = F.relu(self.conv1(lr))
        x = F.relu(self.conv2(x))
        x = F.pixel_shuffle(self.conv3(x), 2)
        return self.conv4(x) + F.interpolate(lr, scale_factor=2, mode="bicubic", align_corners=False)


@mutant(4, "scale_ignored")
class AnyScaleWelcome(nn.Module):
    def __init__(self, scale=2):
        super().__init__()
        self.conv1 = nn.Conv2d(3, 32, 5, padding=2)
        self.conv2 = nn.Conv2d(32, 64, 3, padding=1)
        self.conv3 = nn.Conv2d(64, 256, 3, padding=1)
        self.conv4 = nn.Conv2d(64, 3, 3, padding=1)

    def forward(self, lr):
        x = F.relu(self.conv1(lr))
        x = F.relu(self.conv2(x))
        x = F.pixel_shuffle(self.conv3(x), 2)
        return self.conv4(x) + F.interpolate(lr, scale_factor=2, mode="bicubic", align_corners=False)


@mutant(3)
class AlignedCorners(nn.Module):
    def __init__(self, scale=2):
        super().__init__()
        if scale != 2:
            raise ValueError("this network enlarges by 2")
        self.conv1 = nn.Conv2d(3, 32, 5, padding=2)
        self.conv2 = nn.Conv2d(32, 64, 3, padding=1)
        self.conv3 = nn.Conv2d(64, 256, 3, padding=1)
        self.conv4 = nn.Conv2d(64, 3, 3, padding=1)

    def forward(self, lr):
        x = F.relu(self.conv1(lr))
        x = F.relu(self.conv2(x))
        x = F.pixel_shuffle(self.conv3(x), 2)
        return self.conv4(x) + F.interpolate(lr, scale_factor=2, mode="bicubic", align_corners=True)


@mutant(3, "clamped")
class ClampedOutput(nn.Module):
    def __init__(self, scale=2):
        super().__init__()
        if scale != 2:
            raise ValueError("this network enlarges by 2")
        self.conv1 = nn.Conv2d(3, 32, 5, padding=2)
        self.conv2 = nn.Conv2d(32, 64, 3, padding=1)
        self.conv3 = nn.Conv2d(64, 256, 3, padding=1)
        self.conv4 = nn.Conv2d(64, 3, 3, padding=1)

    def forward(self, lr):
        x = F.relu(self.conv1(lr))
        x = F.relu(self.conv2(x))
        x = F.pixel_shuffle(self.conv3(x), 2)
        sr = self.conv4(x) + F.interpolate(lr, scale_factor=2, mode="bicubic", align_corners=False)
        return sr.clamp(0, 1)
