"""Layers against hand calculation and properties."""

from __future__ import annotations

import pytest
import torch
import torch.nn.functional as F
from torch import nn

from srkit.errors import BadInput
from srkit.layers import DIV2K_MEAN, PixelRange, TrainedRange, Upsampler, conv, on_luma


def _image(h: int, w: int) -> torch.Tensor:
    return torch.rand(2, 3, h, w, generator=torch.Generator().manual_seed(0), dtype=torch.float64)


@pytest.mark.parametrize("size", [1, 3, 5, 9])
@pytest.mark.parametrize("border", ["zeros", "replicate"])
def test_a_convolution_keeps_the_image_where_it_is(size: int, border: str) -> None:
    layer = conv(1, 1, size, border=border, bias=False)  # type: ignore[arg-type]
    nn.init.zeros_(layer.weight)
    with torch.no_grad():
        layer.weight[0, 0, size // 2, size // 2] = 1
    image = torch.rand(1, 1, 11, 12)
    torch.testing.assert_close(layer(image), image)


@pytest.mark.parametrize("size", [0, 2, 4, -3])
def test_a_kernel_without_a_centre_is_refused(size: int) -> None:
    with pytest.raises(BadInput, match="no centre pixel"):
        conv(3, 3, size)


def test_replicated_borders_keep_a_constant_image_constant() -> None:
    layer = conv(1, 1, 5, border="replicate", bias=False)
    flat = layer(torch.ones(1, 1, 8, 8))
    torch.testing.assert_close(flat, flat[..., 4:5, 4:5].expand_as(flat))


@pytest.mark.parametrize(
    ("scale", "parameters"), [(1, 0), (2, 16 * 9 * 4 + 16), (3, 36 * 9 * 4 + 36), (4, 1184), (8, 1776)]
)
def test_an_upsampler_has_the_size_and_the_parameters_calculated_by_hand(scale: int, parameters: int) -> None:
    layer = Upsampler(4, scale)
    assert layer(torch.rand(1, 4, 5, 6)).shape == (1, 4, 5 * scale, 6 * scale)
    assert sum(weight.numel() for weight in layer.parameters()) == parameters
    weights = {f"up.{key}": value for key, value in layer.state_dict().items()}
    if scale > 1:
        assert Upsampler.scale_of(weights, "up") == scale


def test_an_upsampler_places_channels_as_the_paper_says() -> None:
    layer = Upsampler(1, 2)
    with torch.no_grad():
        layer[0].weight.zero_()  # type: ignore[operator, union-attr]
        layer[0].bias.copy_(torch.tensor([0.0, 1.0, 2.0, 3.0]))  # type: ignore[operator, union-attr]
    expected = torch.tensor([[0.0, 1.0], [2.0, 3.0]]).repeat(3, 3)
    assert torch.equal(layer(torch.rand(1, 1, 3, 3))[0, 0], expected)


@pytest.mark.parametrize("scale", [0, -2, 5, 6, 7])
def test_an_upsampler_of_another_scale_is_refused(scale: int) -> None:
    with pytest.raises(BadInput, match="power of two"):
        Upsampler(4, scale)


def test_the_pixel_range_goes_there_and_back_and_has_no_parameters() -> None:
    pixels = PixelRange(rgb_range=255).double()
    image = _image(5, 6)
    inside = pixels.inwards(image)
    expected = 255 * image - 255 * torch.tensor(DIV2K_MEAN, dtype=torch.float64).view(1, 3, 1, 1)
    torch.testing.assert_close(inside, expected, atol=1e-5, rtol=0)
    torch.testing.assert_close(pixels.outwards(inside), image)
    assert not list(pixels.parameters())
    assert not pixels.state_dict()


@pytest.mark.parametrize("rgb_range", [1.0, 127.5, 255.0])
def test_the_range_is_read_from_a_published_mean_shift(rgb_range: float) -> None:
    shift = {"add_mean.bias": rgb_range * torch.tensor(DIV2K_MEAN), "add_mean.weight": torch.eye(3).view(3, 3, 1, 1)}
    assert PixelRange.rgb_range_of(shift) == rgb_range
    assert PixelRange.rgb_range_of({key: value.half() for key, value in shift.items()}) == rgb_range
    assert PixelRange.rgb_range_of({}) == 255
    with pytest.raises(KeyError):
        PixelRange.rgb_range_of({**shift, "add_mean.weight": 2 * shift["add_mean.weight"]})
    with pytest.raises(KeyError):
        PixelRange.rgb_range_of({**shift, "add_mean.bias": torch.tensor([1.0, 2.0, 3.0])})


def test_luma_is_given_to_the_network_and_grey_comes_back_grey() -> None:
    seen = []

    def nearest(luma: torch.Tensor) -> torch.Tensor:
        seen.append(luma)
        return F.interpolate(luma, scale_factor=2)

    grey = _image(8, 9)[:, :1].expand(-1, 3, -1, -1)
    sr = on_luma(nearest, grey, scale=2)
    assert sr.shape == (2, 3, 16, 18)
    torch.testing.assert_close(seen[0], (16 + 219 * grey[:, :1]) / 255, atol=1e-6, rtol=0)
    torch.testing.assert_close(sr, F.interpolate(grey, scale_factor=2), atol=1e-6, rtol=0)


def test_chroma_is_enlarged_by_bicubic_whatever_the_network_does() -> None:
    from srkit.ops.color import rgb_to_ycbcr
    from srkit.ops.resize import imresize

    lr = _image(8, 9)
    black = on_luma(lambda luma: F.interpolate(0 * luma, scale_factor=3), lr, scale=3)
    found = rgb_to_ycbcr(black)
    torch.testing.assert_close(found[:, 1:], imresize(rgb_to_ycbcr(lr), 3)[:, 1:], atol=1e-9, rtol=0)
    assert float(found[:, 0].abs().max()) < 1e-9


def test_a_trained_range_begins_as_the_frozen_one_and_counts_24_parameters() -> None:
    image = torch.rand(2, 3, 4, 5)
    trained, frozen = TrainedRange(rgb_range=255.0), PixelRange(rgb_range=255.0)
    torch.testing.assert_close(trained.inwards(image), frozen.inwards(image), atol=1e-4, rtol=0)
    torch.testing.assert_close(trained.outwards(255 * image), frozen.outwards(255 * image), atol=1e-6, rtol=0)
    assert sum(weight.numel() for weight in trained.parameters()) == 24
    for white in (255.0, 1.0):
        state = TrainedRange(rgb_range=white).state_dict(prefix="range.")
        assert TrainedRange.rgb_range_of(state) == white
