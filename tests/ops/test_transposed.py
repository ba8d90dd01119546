"""Transposed convolution beside PyTorch's, and the checkerboard beside counting."""

from __future__ import annotations

import pytest
import torch
import torch.nn.functional as F

from srkit.errors import BadInput
from srkit.ops.transposed import checkerboard, insert_zeros, overlaps, transposed_convolution


def random(*shape: int) -> torch.Tensor:
    return torch.rand(*shape, dtype=torch.float64, generator=torch.Generator().manual_seed(len(shape))) - 0.5


@pytest.mark.parametrize(
    ("size", "stride", "padding", "output_padding"),
    [(1, 1, 0, 0), (3, 1, 1, 0), (3, 2, 0, 0), (3, 2, 1, 1), (4, 2, 1, 0), (6, 2, 2, 0), (9, 3, 4, 2), (12, 8, 2, 0)],
)
def test_zeros_and_a_flipped_kernel_are_pytorchs_transposed_convolution(
    size: int, stride: int, padding: int, output_padding: int
) -> None:
    image, kernel, bias = random(2, 3, 5, 7), random(3, 4, size, size), random(4)
    numbers = {"stride": stride, "padding": padding, "output_padding": output_padding}
    ours = transposed_convolution(image, kernel, bias, **numbers)
    theirs = F.conv_transpose2d(image, kernel, bias, **numbers)
    assert ours.shape[-2:] == tuple((n - 1) * stride - 2 * padding + size + output_padding for n in (5, 7))
    torch.testing.assert_close(ours, theirs, atol=1e-12, rtol=0)


def test_a_padding_larger_than_the_kernel_crops() -> None:
    image, kernel = random(1, 1, 6, 6), random(1, 1, 3, 3)
    theirs = F.conv_transpose2d(image, kernel, stride=2, padding=4)
    torch.testing.assert_close(transposed_convolution(image, kernel, stride=2, padding=4), theirs, atol=1e-12, rtol=0)


def test_it_is_the_gradient_of_a_strided_convolution() -> None:
    large, kernel = random(1, 4, 12, 14).requires_grad_(), random(3, 4, 4, 4)
    small = F.conv2d(large, kernel, stride=2, padding=1)
    weight = random(*small.shape)
    (gradient,) = torch.autograd.grad(small, large, weight)
    torch.testing.assert_close(
        transposed_convolution(weight, kernel, stride=2, padding=1), gradient, atol=1e-12, rtol=0
    )


def test_without_the_flip_it_would_be_another_operation() -> None:
    image, kernel = random(1, 1, 5, 5), random(1, 1, 3, 3)
    theirs = F.conv_transpose2d(image, kernel, stride=2)
    assert (transposed_convolution(image, kernel.flip(-2, -1), stride=2) - theirs).abs().max() > 0.1


def test_inserted_zeros_leave_the_pixels_on_the_lattice() -> None:
    image = random(2, 3, 4)
    wide = insert_zeros(image, 3)
    assert wide.shape == (2, 7, 10)
    assert torch.equal(wide[:, ::3, ::3], image)
    assert int(wide.count_nonzero()) == image.numel()
    assert torch.equal(insert_zeros(image, 1), image)


@pytest.mark.parametrize(("size", "stride"), [(3, 2), (4, 2), (6, 2), (9, 2), (9, 3), (9, 4), (8, 4), (2, 2), (5, 1)])
def test_overlaps_are_what_a_kernel_of_ones_draws_on_a_flat_image(size: int, stride: int) -> None:
    line = F.conv_transpose1d(torch.ones(1, 1, 30), torch.ones(1, 1, size), stride=stride)[0, 0]
    inside = line[10 * stride : 11 * stride]
    assert overlaps(size, stride) == tuple(int(count) for count in inside)
    assert (len(set(overlaps(size, stride))) == 1) == (size % stride == 0)


def test_a_pattern_is_measured_by_its_standard_deviation_and_pictures_have_none() -> None:
    pattern = torch.tensor([[0.1, -0.3], [0.2, 0.0]], dtype=torch.float64)
    image = 0.5 + pattern.repeat(6, 7)
    assert float(checkerboard(image, 2)) == pytest.approx(float(pattern.std(correction=0)), abs=1e-15)
    assert float(checkerboard(image[..., 1:-1, :-1], 2)) > 0.1
    nearest = random(5, 6).repeat_interleave(2, 0).repeat_interleave(2, 1)
    assert float(checkerboard(nearest, 2)) < 1e-15
    assert checkerboard(torch.ones(2, 3, 9, 9), 4).shape == (2, 3)


def test_what_cannot_be_is_refused_with_a_reason() -> None:
    with pytest.raises(BadInput, match="at least 1 pixel"):
        insert_zeros(torch.ones(3, 3), 0)
    with pytest.raises(BadInput, match="rows and columns"):
        insert_zeros(torch.ones(3), 2)
    with pytest.raises(BadInput, match="channels_out"):
        transposed_convolution(torch.ones(1, 2, 4, 4), torch.ones(3, 2, 3, 3))
    with pytest.raises(BadInput, match="does not fit"):
        checkerboard(torch.ones(3, 3), 4)
