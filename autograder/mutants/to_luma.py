"""Wrong answers to exercise 2.2, luma."""

from autograder.mutants import mutant

OF_SLIPS = {"offset_forgotten": 0}


@mutant(0, "full_range")
def opencvs_luma(image):
    red, green, blue = image[..., 0:1, :, :], image[..., 1:2, :, :], image[..., 2:3, :, :]
    return 0.299 * red + 0.587 * green + 0.114 * blue


@mutant(0, "not_divided")
def in_levels(image):
    red, green, blue = image[..., 0:1, :, :], image[..., 1:2, :, :], image[..., 2:3, :, :]
    return 65.481 * red + 128.553 * green + 24.966 * blue + 16


@mutant(1, "red_and_blue_swapped")
def as_opencv_reads_it(image):
    blue, green, red = image[..., 0:1, :, :], image[..., 1:2, :, :], image[..., 2:3, :, :]
    return (65.481 * red + 128.553 * green + 24.966 * blue + 16) / 255


@mutant(1, "plain_mean")
def every_channel_alike(image):
    return (image.mean(-3, keepdim=True) * 219 + 16) / 255


@mutant(3)
def channels_counted_from_the_front(image):
    return (65.481 * image[0:1] + 128.553 * image[1:2] + 24.966 * image[2:3] + 16) / 255


@mutant(0)
def the_channel_axis_is_gone(image):
    red, green, blue = image[..., 0, :, :], image[..., 1, :, :], image[..., 2, :, :]
    return (65.481 * red + 128.553 * green + 24.966 * blue + 16) / 255
