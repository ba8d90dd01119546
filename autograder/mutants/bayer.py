"""Wrong answers to exercise 10.4, the sensor's mosaic."""

from autograder.mutants import mutant

OF_SLIPS = {
    "begins_with_blue": 0,
    "begins_with_green": 0,
    "three_channels": 0,
    "half_the_size": 0,
    "mean_of_the_colours": 0,
}


@mutant(1)
def one_value_for_each_square(image):
    sensor = image[:, 1:2].clone()
    sensor[:, 0, ::2, ::2] = image[:, 0, ::2, ::2].mean((1, 2), keepdim=True)
    sensor[:, 0, 1::2, 1::2] = image[:, 2, 1::2, 1::2].mean((1, 2), keepdim=True)
    return sensor


@mutant(2)
def even_sizes_only(image):
    b, _, h, w = image.shape
    sensor = image[:, 1:2].clone().reshape(b, 1, h // 2, 2, w // 2, 2)
    squares = image.reshape(b, 3, h // 2, 2, w // 2, 2)
    sensor[:, 0, :, 0, :, 0] = squares[:, 0, :, 0, :, 0]
    sensor[:, 0, :, 1, :, 1] = squares[:, 2, :, 1, :, 1]
    return sensor.reshape(b, 1, h, w)
