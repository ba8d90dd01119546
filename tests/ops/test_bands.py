"""The slow and the fast part of an image."""

import pytest
import torch
from scipy import ndimage

from srkit.errors import BadInput
from srkit.ops.bands import high_pass, low_pass


def test_slow_and_fast_parts_add_up_to_the_image() -> None:
    image = torch.rand(1, 3, 12, 10)
    torch.testing.assert_close(low_pass(image) + 2 * (high_pass(image) - 0.5), image)


def test_the_fast_part_of_a_constant_is_half() -> None:
    assert high_pass(torch.full((1, 3, 9, 9), 0.3)).sub(0.5).abs().max() < 1e-6


def test_the_mean_is_scipys_and_the_edges_are_as_named() -> None:
    image = torch.rand(1, 1, 9, 11, dtype=torch.float64)
    theirs = torch.from_numpy(ndimage.uniform_filter(image[0, 0].numpy(), 5, mode="constant"))
    torch.testing.assert_close(low_pass(image, edge="zeros")[0, 0], theirs)
    torch.testing.assert_close(low_pass(image, edge="cut")[0, 0], theirs[2:-2, 2:-2])
    torch.testing.assert_close(low_pass(image)[0, 0, 0, 0], image[0, 0, :3, :3].mean())


def test_an_even_square_is_refused() -> None:
    with pytest.raises(BadInput, match="odd size"):
        low_pass(torch.rand(1, 3, 8, 8), 4)
