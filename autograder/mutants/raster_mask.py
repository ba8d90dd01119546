"""Wrong answers to exercise 6.5, the mask of reading order."""

import torch

from autograder.mutants import mutant


@mutant(1, "own_pixel_always")
def the_answer_is_given_away(h, w, sees_itself):
    mask = torch.zeros(h, w)
    mask[: h // 2] = 1
    mask[h // 2, : w // 2 + 1] = 1
    return mask


@mutant(1, "own_pixel_never")
def blind_to_itself(h, w, sees_itself):
    mask = torch.zeros(h, w)
    mask[: h // 2] = 1
    mask[h // 2, : w // 2] = 1
    return mask


@mutant(0, "whole_row")
def the_row_to_its_end(h, w, sees_itself):
    mask = torch.zeros(h, w)
    mask[: h // 2 + 1] = 1
    mask[h // 2, w // 2] = float(sees_itself)
    return mask


@mutant(0, "rows_above_only")
def nothing_of_its_own_row(h, w, sees_itself):
    mask = torch.zeros(h, w)
    mask[: h // 2] = 1
    mask[h // 2, w // 2] = float(sees_itself)
    return mask


@mutant(0, "column_after_column")
def down_the_columns(h, w, sees_itself):
    mask = torch.zeros(h, w)
    mask[:, : w // 2] = 1
    mask[: h // 2 + sees_itself, w // 2] = 1
    return mask


@mutant(0, "what_comes_later")
def upside_down(h, w, sees_itself):
    mask = torch.ones(h, w)
    mask[: h // 2] = 0
    mask[h // 2, : w // 2 + (not sees_itself)] = 0
    return mask
