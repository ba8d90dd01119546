"""Wrong answers to exercise 3.4, one level of a Laplacian pyramid."""

import torch.nn.functional as F

from autograder.mutants import mutant

OF_SLIPS = {"subtracted": 1, "nearest": 1, "corners_aligned": 1, "residual_of_the_small_image": 1}


@mutant(1, "no_residual")
def only_enlarged(image, features, double, predict):
    return double(features), F.interpolate(image, scale_factor=2, mode="bilinear")


@mutant(2, "features_kept")
def small_features_for_the_next_level(image, features, double, predict):
    large = F.interpolate(image, scale_factor=2, mode="bilinear") + predict(double(features))
    return features, large


@mutant(0, "two_sizes")
def residual_of_the_small_features(image, features, double, predict):
    large = F.interpolate(image, scale_factor=2, mode="bilinear") + predict(features)
    return double(features), large


@mutant(0)
def the_image_alone(image, features, double, predict):
    return F.interpolate(image, scale_factor=2, mode="bilinear") + predict(double(features))
