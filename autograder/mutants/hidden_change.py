"""Wrong answers to exercise 1.2, a change that cannot be seen in the small image."""

import torch.nn.functional as F

from autograder.mutants import mutant

OF_SLIPS = {"unchanged": 0, "one_mean": 0, "nothing_left": 1}


@mutant(0, "visible_part")
def what_the_small_image_sees(change, scale):
    return F.avg_pool2d(change, scale).repeat_interleave(scale, 1).repeat_interleave(scale, 2)


@mutant(3)
def always_by_two(change, scale):
    wide = change[:, : change.shape[1] // 2 * 2, : change.shape[2] // 2 * 2]
    wide = wide - F.avg_pool2d(wide, 2).repeat_interleave(2, 1).repeat_interleave(2, 2)
    return F.pad(wide, [0, change.shape[2] - wide.shape[2], 0, change.shape[1] - wide.shape[1]])
