"""Wrong answers to exercise 12.5, stretching codes into maps."""

import torch

from autograder.mutants import mutant


@mutant(1, "level_not_divided")
def level_as_it_is(lr, codes, sigma):
    numbers = torch.cat([codes, sigma[:, None]], dim=1)
    maps = numbers[:, :, None, None].expand(-1, -1, *lr.shape[-2:])
    return torch.cat([lr, maps], dim=1)


@mutant(0, "codes_first")
def maps_before_the_image(lr, codes, sigma):
    numbers = torch.cat([codes, sigma[:, None] / 255], dim=1)
    maps = numbers[:, :, None, None].expand(-1, -1, *lr.shape[-2:])
    return torch.cat([maps, lr], dim=1)


@mutant(0, "level_before_codes")
def the_level_before_the_codes(lr, codes, sigma):
    numbers = torch.cat([sigma[:, None] / 255, codes], dim=1)
    maps = numbers[:, :, None, None].expand(-1, -1, *lr.shape[-2:])
    return torch.cat([lr, maps], dim=1)


@mutant(3, "one_code_for_all")
def the_first_code_for_all(lr, codes, sigma):
    numbers = torch.cat([codes[0], sigma[:1] / 255])
    maps = numbers[None, :, None, None].expand(len(lr), -1, *lr.shape[-2:])
    return torch.cat([lr, maps], dim=1)


@mutant(0, "level_forgotten")
def without_the_level(lr, codes, sigma):
    maps = codes[:, :, None, None].expand(-1, -1, *lr.shape[-2:])
    return torch.cat([lr, maps], dim=1)
