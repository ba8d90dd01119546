"""Codes of a degradation as maps, and some codes to try a network with."""

import pytest
import torch

from srkit.layers.codes import example_codes, stretched_codes

LR = torch.zeros(2, 3, 4, 5)


def test_a_code_for_each_image_stands_at_every_pixel_of_its_image_and_one_for_each_pixel_stays() -> None:
    codes = torch.tensor([[1.0, 2.0, 3.0], [4.0, 5.0, 6.0]])
    maps = stretched_codes(codes, LR, 3)
    assert maps is not None
    assert maps.shape == (2, 3, 4, 5)
    assert torch.equal(maps[:, :, 3, 1], codes)
    assert stretched_codes(maps, LR, 3) is maps


@pytest.mark.parametrize("shape", [(3,), (2, 4), (1, 3), (2, 3, 5, 4), (2, 3, 4, 5, 1)])
def test_any_other_shape_and_nothing_at_all_are_none(shape: tuple[int, ...]) -> None:
    assert stretched_codes(torch.zeros(shape), LR, 3) is None
    assert stretched_codes(None, LR, 3) is None


def test_example_codes_are_all_different_and_the_same_for_each_image() -> None:
    codes = example_codes(LR.double(), 4)
    assert (codes.shape, codes.dtype) == ((2, 4), torch.float64)
    assert len(codes[0].unique()) == 4
    assert torch.equal(codes[0], codes[1])


@pytest.mark.parametrize("codes", [torch.ones(2, 3).double(), torch.ones(2, 3, 4, 5).half(), torch.ones(2, 3).int()])
def test_maps_have_the_type_of_the_image_whatever_type_the_codes_have(codes: torch.Tensor) -> None:
    maps = stretched_codes(codes, LR, 3)
    assert maps is not None
    assert maps.dtype == LR.dtype
