"""Wrong answers to exercise 0.1, from bytes to a tensor."""

from autograder.mutants import mutant


@mutant(0, "not_divided")
def still_up_to_255(pixels):
    return pixels.permute(2, 0, 1).float()


@mutant(0, "reshaped")
def reshaped(pixels):
    h, w, _ = pixels.shape
    return pixels.reshape(3, h, w).float() / 255


@mutant(0, "turned")
def every_axis_reversed(pixels):
    return pixels.permute(2, 1, 0).float() / 255


@mutant(0, "channels_last")
def axes_left_as_they_are(pixels):
    return pixels.float() / 255


@mutant(0, "divided_by_256")
def divided_by_256(pixels):
    return pixels.permute(2, 0, 1).float() / 256


@mutant(0)
def whole_numbers(pixels):
    return pixels.permute(2, 0, 1) // 255
