"""The enlarging layers beside PyTorch's, and the three cures of the checkerboard."""

from __future__ import annotations

import pytest
import torch
import torch.nn.functional as F
from torch import nn

from srkit.errors import BadInput
from srkit.layers import Interpolation, ResizeConv, TransposedConv, conv, deconv, icnr_
from srkit.ops.transposed import checkerboard


@pytest.mark.parametrize(("size", "scale"), [(3, 2), (4, 2), (6, 2), (7, 3), (8, 4), (9, 3), (12, 8), (3, 1), (5, 5)])
def test_a_deconvolution_multiplies_the_size_exactly(size: int, scale: int) -> None:
    layer = deconv(2, 3, size, scale)
    assert layer(torch.rand(1, 2, 5, 7)).shape == (1, 3, 5 * scale, 7 * scale)
    assert layer.weight.shape == (2, 3, size, size)


def test_a_deconvolution_with_a_symmetric_kernel_does_not_move_the_image() -> None:
    layer = deconv(1, 1, 4, 2, bias=False)
    nn.init.constant_(layer.weight, 0.25)
    image = torch.rand(1, 1, 6, 7)
    torch.testing.assert_close(layer(image).flip(-2, -1), layer(image.flip(-2, -1)))


def test_a_kernel_that_leaves_gaps_or_a_padding_that_does_not_fit_is_refused() -> None:
    with pytest.raises(BadInput, match="gaps"):
        deconv(1, 1, 2, 3)
    with pytest.raises(BadInput, match="Leave the padding out"):
        deconv(1, 1, 9, 2, padding=1)


@pytest.mark.parametrize(
    ("size", "stride", "padding", "after"), [(3, 2, 1, 1), (4, 2, 1, 0), (9, 3, 4, 2), (6, 2, 2, 0)]
)
def test_the_layer_in_plain_sight_has_pytorchs_weights_and_gives_pytorchs_result(
    size: int, stride: int, padding: int, after: int
) -> None:
    theirs = nn.ConvTranspose2d(3, 4, size, stride, padding, output_padding=after)
    ours = TransposedConv(3, 4, size, stride, padding, output_padding=after)
    ours.load_state_dict(theirs.state_dict())
    image = torch.rand(2, 3, 5, 6, requires_grad=True)
    torch.testing.assert_close(ours(image), theirs(image), atol=1e-5, rtol=1e-5)
    gradients = [torch.autograd.grad(layer(image).square().sum(), layer.weight)[0] for layer in (ours, theirs)]
    torch.testing.assert_close(*gradients, atol=1e-4, rtol=1e-4)


def test_the_layer_in_plain_sight_refuses_what_it_does_not_explain() -> None:
    for layer in (TransposedConv(2, 2, 3, groups=2), TransposedConv(2, 2, 3, dilation=2), TransposedConv(2, 2, (3, 5))):
        with pytest.raises(BadInput, match="plain case"):
            layer(torch.rand(1, 2, 5, 5))


@pytest.mark.parametrize("method", ["nearest", "bilinear", "bicubic"])
def test_interpolation_multiplies_the_size_and_keeps_a_flat_image_flat(method: str) -> None:
    layer = Interpolation(3, method)
    assert layer(torch.rand(2, 5, 4, 6)).shape == (2, 5, 12, 18)
    flat = layer(torch.full((1, 1, 5, 5), 0.3))
    torch.testing.assert_close(flat, torch.full((1, 1, 15, 15), 0.3))
    assert method in repr(layer)


def random_of_one_seed(layer: nn.Module) -> nn.Module:
    rng = torch.Generator().manual_seed(7)
    for weight in layer.parameters():
        nn.init.normal_(weight, generator=rng)
    return layer


def test_the_three_cures_draw_no_checkerboard_on_a_flat_image() -> None:
    flat = torch.ones(1, 4, 12, 12)

    def pattern(layer: nn.Module) -> float:
        with torch.no_grad():
            return float(checkerboard(layer(flat)[..., 6:-6, 6:-6], 2).max())

    ill = deconv(4, 4, 3, 2)
    nn.init.constant_(ill.weight, 0.1)
    assert pattern(ill) > 0.1
    divisible = deconv(4, 4, 4, 2)
    nn.init.constant_(divisible.weight, 0.1)
    assert pattern(divisible) < 1e-6
    assert pattern(random_of_one_seed(deconv(4, 4, 4, 2))) > 0.1, "divisible is not enough for a learned kernel"
    assert pattern(random_of_one_seed(ResizeConv(4, 4, 2))) < 1e-5
    step = conv(4, 16)
    nn.init.zeros_(step.bias)  # type: ignore[arg-type]
    nn.init.normal_(step.weight, generator=torch.Generator().manual_seed(1))
    assert pattern(nn.Sequential(step, nn.PixelShuffle(2))) > 0.1
    icnr_(step.weight, 2)
    assert pattern(nn.Sequential(step, nn.PixelShuffle(2))) < 1e-6


def test_a_sub_pixel_layer_after_icnr_is_nearest_neighbours_of_a_convolution() -> None:
    weight = icnr_(torch.empty(3 * 9, 2, 3, 3, dtype=torch.float64), 3, rng=torch.Generator().manual_seed(0))
    image = torch.rand(1, 2, 6, 5, dtype=torch.float64)
    shuffled = F.pixel_shuffle(F.conv2d(image, weight, padding=1), 3)
    nearest = F.interpolate(F.conv2d(image, weight[::9], padding=1), scale_factor=3)
    torch.testing.assert_close(shuffled, nearest)
    assert weight.std() == pytest.approx((2 / 18) ** 0.5, rel=0.3)
    with pytest.raises(BadInput, match="multiple of 4"):
        icnr_(torch.empty(6, 2, 3, 3), 2)


def test_a_sub_pixel_layer_is_a_transposed_convolution_whose_kernel_holds_its_filters_as_phases() -> None:
    r, c, k = 2, 3, 3
    weight = torch.rand(c * r * r, 4, k, k, dtype=torch.float64)
    kernel = torch.zeros(4, c, r * k, r * k, dtype=torch.float64)
    for a in range(r):
        for b in range(r):
            kernel[:, :, a::r, b::r] = weight.view(c, r, r, 4, k, k)[:, a, b].transpose(0, 1).flip(-2, -1)
    image = torch.rand(1, 4, 5, 6, dtype=torch.float64)
    shuffled = F.pixel_shuffle(F.conv2d(image, weight, padding=1), r)
    transposed = F.conv_transpose2d(image, kernel, stride=r, padding=r)
    torch.testing.assert_close(transposed, shuffled)
