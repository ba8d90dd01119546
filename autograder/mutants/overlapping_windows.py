"""Wrong answers to exercise 17.1, windows of keys that overlap."""

import torch.nn.functional as F

from autograder.mutants import mutant

OF_SLIPS = {"channels_mixed": 1, "border_repeated": 2, "columns_first": 1, "no_overlap": 1}


@mutant(2, "to_the_right")
def padded_at_the_end(features, window, around):
    b, c = features.shape[:2]
    side = window + 2 * around
    padded = F.pad(features, (0, 2 * around, 0, 2 * around))
    pieces = padded.unfold(2, side, window).unfold(3, side, window)
    return pieces.permute(0, 2, 3, 4, 5, 1).reshape(b, -1, side * side, c)


@mutant(0)
def one_window_after_another_without_steps(features, window, around):
    b, c = features.shape[:2]
    side = window + 2 * around
    columns = F.unfold(features, side, padding=around)
    return columns.reshape(b, c, side * side, -1).permute(0, 3, 2, 1)[:, :: window * window]
