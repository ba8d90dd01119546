"""Wrong answers to exercise 6.5, the mask of reading order."""

import torch

from autograder.mutants import mutant

OF_SLIPS = {"own_pixel_always": 1, "own_pixel_never": 1, "whole_row": 0, "rows_above_only": 0, "column_after_column": 0}


@mutant(0, "what_comes_later")
def upside_down(h, w, sees_itself):
    mask = torch.ones(h, w)
    mask[: h // 2] = 0
    mask[h // 2, : w // 2 + (not sees_itself)] = 0
    return mask
