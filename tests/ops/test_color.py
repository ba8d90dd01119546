"""Colour against scikit-image, MATLAB's printed table, and its own inverse."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image
from skimage.color import rgb2ycbcr, ycbcr2rgb

from srkit.errors import BadInput
from srkit.ops.color import luma, rgb_to_y, rgb_to_ycbcr, ycbcr_to_rgb

COLOURS = torch.rand(3, 17, 19, generator=torch.Generator().manual_seed(2), dtype=torch.float64)


def test_both_directions_agree_with_scikit_image() -> None:
    last = COLOURS.permute(1, 2, 0).numpy()
    assert np.allclose(rgb_to_ycbcr(COLOURS).permute(1, 2, 0).numpy(), rgb2ycbcr(last) / 255, rtol=0, atol=1e-12)
    ycbcr = rgb_to_ycbcr(COLOURS)
    theirs = ycbcr2rgb(ycbcr.permute(1, 2, 0).numpy() * 255)
    assert np.allclose(ycbcr_to_rgb(ycbcr).permute(1, 2, 0).numpy(), theirs, rtol=0, atol=1e-12)


def test_full_range_luma_is_pillows_grey_and_leaves_grey_as_it_is() -> None:
    pixels = (COLOURS * 255).round().to(torch.uint8)
    theirs = Image.fromarray(pixels.permute(1, 2, 0).numpy()).convert("L")
    assert np.abs(luma(pixels.double())[0].numpy() - np.asarray(theirs)).max() <= 0.51
    grey = torch.rand(2, 1, 5, 6).expand(2, 3, 5, 6)
    assert torch.equal(luma(grey), grey[:, :1])
    for wrong in (torch.zeros(1, 4, 4), pixels, "picture"):
        with pytest.raises(BadInput):
            luma(wrong)  # type: ignore[arg-type]


def test_y_alone_is_the_first_channel() -> None:
    assert torch.allclose(rgb_to_y(COLOURS), rgb_to_ycbcr(COLOURS)[:1], rtol=0, atol=1e-15)
    assert rgb_to_y(COLOURS.expand(2, 5, 3, 17, 19)).shape == (2, 5, 1, 17, 19)


def test_black_white_and_the_primaries_have_the_levels_of_the_standard() -> None:
    colours = torch.tensor([[0, 0, 0], [1, 1, 1], [1, 0, 0], [0, 1, 0], [0, 0, 1]], dtype=torch.float64).T[:, :, None]
    y, cb, cr = rgb_to_ycbcr(colours)[..., 0] * 255
    assert y.tolist() == pytest.approx([16, 235, 81.481, 144.553, 40.966], abs=1e-9)
    assert cb.tolist() == pytest.approx([128, 128, 90.203, 53.797, 240], abs=1e-9)
    assert cr.tolist() == pytest.approx([128, 128, 240, 34.214, 109.786], abs=1e-9)


@given(st.integers(0, 2**31))
@settings(max_examples=15)
def test_there_and_back_changes_nothing_even_outside_the_range(seed: int) -> None:
    x = torch.randn(2, 3, 4, 5, generator=torch.Generator().manual_seed(seed), dtype=torch.float64)
    assert torch.allclose(ycbcr_to_rgb(rgb_to_ycbcr(x)), x, rtol=0, atol=1e-12)


def test_uint8_is_answered_in_uint8_rounded_from_the_exact_value() -> None:
    levels = torch.randint(0, 256, (3, 20, 20), generator=torch.Generator().manual_seed(1), dtype=torch.uint8)
    wanted = np.floor(rgb2ycbcr(levels.permute(1, 2, 0).numpy()) + 0.5).astype(np.uint8)
    assert np.array_equal(rgb_to_ycbcr(levels).permute(1, 2, 0).numpy(), wanted)
    assert rgb_to_y(levels).dtype == torch.uint8
    assert (ycbcr_to_rgb(rgb_to_ycbcr(levels)).int() - levels.int()).abs().max() <= 2


@pytest.mark.parametrize("dtype", [torch.float16, torch.float32, torch.float64])
def test_the_type_comes_back(dtype: torch.dtype) -> None:
    assert rgb_to_ycbcr(COLOURS.to(dtype)).dtype == dtype
    assert (rgb_to_y(COLOURS.to(dtype)).double() - rgb_to_y(COLOURS)).abs().max() < 4 * torch.finfo(dtype).eps


def test_gradients_flow_through_both_conversions() -> None:
    x = COLOURS[:, :3, :3].clone().requires_grad_()
    assert torch.autograd.gradcheck(rgb_to_ycbcr, (x,))
    assert torch.autograd.gradcheck(ycbcr_to_rgb, (x,))


@pytest.mark.parametrize("image", [torch.rand(1, 4, 4), torch.rand(3), torch.zeros(3, 4, 4, dtype=torch.int32), "x"])
def test_what_is_no_colour_image_is_refused(image: torch.Tensor) -> None:
    for function in (rgb_to_ycbcr, ycbcr_to_rgb, rgb_to_y):
        with pytest.raises(BadInput):
            function(image)
