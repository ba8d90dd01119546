"""Wrong answers to exercise 18.4, a network for every scale."""

import torch
import torch.nn.functional as F
from torch import nn

from autograder.mutants import mutant

OF_SLIPS = {
    "own_areas": 3,
    "two_linear_layers_in_a_row": 3,
    "nothing_added": 2,
    "nearest_added": 2,
    "bicubic_added": 2,
    "corners_aligned": 2,
    "rounded_down": 3,
}


class Plan(nn.Module):
    def __init__(self, channels, n_blocks, hidden):
        super().__init__()
        self.head = nn.Conv2d(3, channels, 3, padding=1)
        self.blocks = nn.ModuleList(
            nn.Sequential(self.conv(channels), nn.ReLU(), self.conv(channels)) for _ in range(n_blocks)
        )
        self.ask = nn.Sequential(nn.Linear(channels + 4, hidden), nn.ReLU(), nn.Linear(hidden, 3))

    def conv(self, channels):
        return nn.Conv2d(channels, channels, 3, padding=1)

    def size(self, lr, free_scale):
        return round(free_scale * lr.shape[2]), round(free_scale * lr.shape[3])

    def forward(self, lr, free_scale):
        h, w = lr.shape[2:]
        height, width = self.size(lr, free_scale)
        x = self.head(lr)
        for block in self.blocks:
            x = x + block(x)
        rows = ((torch.arange(height) + 0.5) * h / height - 0.5)[:, None].expand(height, width)
        columns = ((torch.arange(width) + 0.5) * w / width - 0.5).expand(height, width)
        image = torch.zeros(len(lr), height, width, 3)
        for below in (0, 1):
            for beside in (0, 1):
                raw_row, raw_column = rows.floor() + below, columns.floor() + beside
                row, column = raw_row.clamp(0, h - 1), raw_column.clamp(0, w - 1)
                offset = torch.stack([2 * (rows - row), 2 * (columns - column)], dim=-1)
                cell = torch.tensor([2 * h / height, 2 * w / width]).expand(height, width, 2)
                near = x[:, :, row.long(), column.long()].permute(0, 2, 3, 1)
                place = torch.cat([offset, cell], dim=-1).expand(len(lr), height, width, 4)
                weight = self.weight((rows - raw_row).abs(), (columns - raw_column).abs())
                image = image + weight[..., None] * self.ask(torch.cat([near, place], dim=-1))
        return image.permute(0, 3, 1, 2) + F.interpolate(lr, size=(height, width), mode="bilinear", align_corners=False)

    def weight(self, down, right):
        return (1 - down) * (1 - right)


@mutant(3, "nearest_only")
class OneAnswer(Plan):
    def weight(self, down, right):
        return ((down < 0.5) & (right < 0.5)).float()


@mutant(3, "own_areas")
class AreaOfItsOwn(Plan):
    def weight(self, down, right):
        return down * right


@mutant(2, "too_few_parameters")
class NoBiasInTheBlocks(Plan):
    def conv(self, channels):
        return nn.Conv2d(channels, channels, 3, padding=1, bias=False)


@mutant(2, "too_many_parameters")
class OneMoreLayer(Plan):
    def __init__(self, channels, n_blocks, hidden):
        super().__init__(channels, n_blocks, hidden)
        layers = [nn.Linear(channels + 4, hidden), nn.ReLU(), nn.Linear(hidden, hidden), nn.ReLU()]
        self.ask = nn.Sequential(*layers, nn.Linear(hidden, 3))


@mutant(3)
class WholeScales(Plan):
    def size(self, lr, free_scale):
        return int(free_scale) * lr.shape[2], int(free_scale) * lr.shape[3]
