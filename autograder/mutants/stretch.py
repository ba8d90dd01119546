"""Wrong answers to exercise 12.5, stretching codes into maps."""

import torch

from autograder.mutants import mutant

OF_SLIPS = {"codes_first": 0, "level_before_codes": 0, "one_code_for_all": 3, "level_forgotten": 0}


@mutant(1, "level_not_divided")
def level_as_it_is(lr, codes, sigma):
    numbers = torch.cat([codes, sigma[:, None]], dim=1)
    maps = numbers[:, :, None, None].expand(-1, -1, *lr.shape[-2:])
    return torch.cat([lr, maps], dim=1)
