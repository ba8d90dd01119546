"""Wrong answers to exercise 8.4, the image from its bands."""

import torch

from autograder.mutants import mutant


@mutant(0, "mean")
def divided_by_four(bands):
    s, x, y, d = bands.chunk(4, dim=1)
    image = bands.new_empty(s.shape[0], s.shape[1], 2 * s.shape[2], 2 * s.shape[3])
    image[..., 0::2, 0::2], image[..., 0::2, 1::2] = s + x + y + d, s - x + y - d
    image[..., 1::2, 0::2], image[..., 1::2, 1::2] = s + x - y - d, s - x - y + d
    return image / 4


@mutant(1, "details_ignored")
def the_average_alone(bands):
    average = bands.chunk(4, dim=1)[0] / 2
    return average.repeat_interleave(2, 2).repeat_interleave(2, 3)


@mutant(1, "bands_swapped")
def columns_and_rows_confused(bands):
    s, y, x, d = bands.chunk(4, dim=1)
    image = bands.new_empty(s.shape[0], s.shape[1], 2 * s.shape[2], 2 * s.shape[3])
    image[..., 0::2, 0::2], image[..., 0::2, 1::2] = s + x + y + d, s - x + y - d
    image[..., 1::2, 0::2], image[..., 1::2, 1::2] = s + x - y - d, s - x - y + d
    return image / 2


@mutant(1, "other_sign")
def right_minus_left(bands):
    s, x, y, d = bands.chunk(4, dim=1)
    image = bands.new_empty(s.shape[0], s.shape[1], 2 * s.shape[2], 2 * s.shape[3])
    image[..., 0::2, 0::2], image[..., 0::2, 1::2] = s - x - y + d, s + x - y - d
    image[..., 1::2, 0::2], image[..., 1::2, 1::2] = s - x + y - d, s + x + y + d
    return image / 2


@mutant(0, "quarters")
def four_quarters(bands):
    s, x, y, d = bands.chunk(4, dim=1)
    upper = torch.cat([s + x + y + d, s - x + y - d], dim=3)
    lower = torch.cat([s + x - y - d, s - x - y + d], dim=3)
    return torch.cat([upper, lower], dim=2) / 2


@mutant(3, "channel_by_channel")
def every_fourth_band(bands):
    s, x, y, d = (bands[:, i::4] for i in range(4))
    image = bands.new_empty(s.shape[0], s.shape[1], 2 * s.shape[2], 2 * s.shape[3])
    image[..., 0::2, 0::2], image[..., 0::2, 1::2] = s + x + y + d, s - x + y - d
    image[..., 1::2, 0::2], image[..., 1::2, 1::2] = s + x - y - d, s - x - y + d
    return image / 2
