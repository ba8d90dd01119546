"""What an exported network computes instead of PyTorch's own layers, beside these."""

from __future__ import annotations

import pytest
import torch
import torch.nn.functional as F

from srkit.ops._export import fourier, largest, repeated

SIDES = ((8, 9), (15, 31), (37, 50), (64, 63))


@pytest.mark.parametrize("step", [1, 2, 4, 8])
def test_the_largest_of_each_part_is_that_of_adaptive_pooling_at_any_size(step: int) -> None:
    for h, w in SIDES:
        x = torch.randn(1, 3, h, w)
        assert largest(x, step).equal(F.adaptive_max_pool2d(x, (h // step, w // step)))


def test_pixels_are_repeated_as_interpolation_to_the_nearest_repeats_them() -> None:
    for h, w in SIDES:
        for factor in (1, 2, 3, 5, 8):
            x = torch.randn(1, 2, max(h // factor, 1), max(w // factor, 1))
            assert repeated(x, h, w).equal(F.interpolate(x, size=(h, w), mode="nearest"))


def test_the_transform_by_matrices_is_that_of_the_fft_and_comes_back() -> None:
    for h, w in SIDES:
        x = torch.randn(2, 1, 3, h, w, dtype=torch.float64)
        found, wanted = fourier(x), torch.fft.fft2(torch.complex(x[0], x[1]))
        torch.testing.assert_close(torch.complex(found[0], found[1]), wanted)
        torch.testing.assert_close(fourier(found, back=True), x)
