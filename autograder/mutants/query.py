"""Wrong answers to exercise 18.3, what the network is asked."""

import torch

from autograder.mutants import mutant

OF_SLIPS = {
    "nearest_for_all": 1,
    "offset_in_pixels": 2,
    "seen_from_the_place": 2,
    "offset_of_a_pixel_outside": 2,
    "cell_in_pixels": 3,
    "scale_for_cell": 3,
    "no_cell": 3,
}


def beside(features, rows, columns, below, side):
    h, w = features.shape[2:]
    r = (torch.floor(rows) + below).clamp(0, h - 1)
    k = (torch.floor(columns) + side).clamp(0, w - 1)
    near = features[:, :, r.long()][:, :, :, k.long()].permute(0, 2, 3, 1)
    down = (2 * (rows - r))[:, None].expand(len(rows), len(columns))
    right = (2 * (columns - k))[None].expand(len(rows), len(columns))
    return near, down, right


def joined(near, down, right, cell):
    size = torch.tensor(cell).expand(*near.shape[:3], 2)
    offset = torch.stack([down, right], dim=-1).expand(*near.shape[:3], 2)
    return torch.cat([near, offset, size], dim=-1)


@mutant(2, "columns_first")
def x_before_y(features, rows, columns, below, side):
    near, down, right = beside(features, rows, columns, below, side)
    cell = (2 * features.shape[2] / len(rows), 2 * features.shape[3] / len(columns))
    return joined(near, right, down, cell)


@mutant(3, "scale_for_cell")
def how_much_larger(features, rows, columns, below, side):
    near, down, right = beside(features, rows, columns, below, side)
    return joined(near, down, right, (len(rows) / features.shape[2], len(columns) / features.shape[3]))


@mutant(3)
def cells_of_columns_first(features, rows, columns, below, side):
    near, down, right = beside(features, rows, columns, below, side)
    return joined(near, down, right, (2 * features.shape[3] / len(columns), 2 * features.shape[2] / len(rows)))
