"""Wrong answers to exercise 0.1, from bytes to a tensor."""

from autograder.mutants import mutant

OF_SLIPS = {"reshaped": 0, "turned": 0, "channels_last": 0, "divided_by_256": 0}


@mutant(0, "not_divided")
def still_up_to_255(pixels):
    return pixels.permute(2, 0, 1).float()


@mutant(0)
def whole_numbers(pixels):
    return pixels.permute(2, 0, 1) // 255
