"""Every message says what was given, what was expected and what to do."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import torch

from srkit.errors import BadInput
from srkit.ops.check import check_finite, check_image, check_same_shape


@pytest.mark.parametrize("x", [torch.rand(3, 1, 1), torch.rand(2, 3, 5, 4), torch.rand(3, 4, 4).half() * 1.5 - 0.2])
def test_images_and_batches_pass_and_come_back_themselves(x: torch.Tensor) -> None:
    assert check_image(x) is x


@pytest.mark.parametrize(
    ("x", "words"),
    [
        ("photo.png", "srkit.read"),
        (np.zeros((4, 4, 3)), "torch.from_numpy"),
        (None, "NoneType"),
        (torch.zeros(3, 4, 4, dtype=torch.uint8), "from_uint8"),
        (torch.zeros(4, 5, 3), "permute(2, 0, 1)"),
        (torch.zeros(2, 4, 5, 3), "permute(0, 3, 1, 2)"),
        (torch.zeros(1, 4, 4), "expand(3, -1, -1)"),
        (torch.zeros(4, 4), "(3, h, w)"),
        (torch.zeros(4, 6, 6), "alpha"),
        (torch.zeros(3, 0, 4), "at least one pixel"),
        (torch.zeros(3, 4, 4, 4, 3), "(b, 3, h, w)"),
    ],
)
def test_what_is_no_image_is_refused_with_a_way_out(x: Any, words: str) -> None:
    with pytest.raises(BadInput) as caught:
        check_image(x, name="lr")
    assert words in str(caught.value)
    assert str(caught.value).startswith("lr ")


@pytest.mark.parametrize("bad", [float("nan"), float("inf"), -float("inf")])
def test_a_value_that_is_not_finite_is_refused_with_the_pixel_it_was_found_at(bad: float) -> None:
    x = torch.rand(2, 3, 5, 6)
    x[1, 2, 3, 4] = bad
    with pytest.raises(BadInput, match=r"1 of its values.*batch 1, channel 2, row 3, column 4"):
        check_image(x)
    with pytest.raises(BadInput, match="channel 2, row 3, column 4"):
        check_image(x[1])


def test_infinities_that_cancel_are_found_and_huge_finite_values_are_not_refused() -> None:
    x = torch.zeros(3, 4, 4)
    x[0, 0, 0], x[0, 0, 1] = float("inf"), -float("inf")
    with pytest.raises(BadInput, match="2 of its values"):
        check_finite(x)
    big = torch.full((3, 4, 4), 3e38)
    assert check_finite(big) is big
    half = torch.full((3, 4, 4), 60000.0, dtype=torch.float16)
    assert check_finite(half) is half


@pytest.mark.parametrize(
    ("a", "b", "words"),
    [
        ((3, 128, 128), (3, 256, 256), "factor of 2"),
        ((3, 255, 255), (3, 256, 256), "modcrop"),
        ((3, 20, 30), (3, 30, 20), "90 degrees"),
        ((1, 3, 8, 8), (3, 8, 8), "batch axis"),
        ((3, 8, 8), (1, 8, 8), "channel"),
        ((3, 100, 80), (3, 317, 222), "same picture"),
    ],
)
def test_images_of_different_shape_are_refused_with_the_likely_cause(
    a: tuple[int, ...], b: tuple[int, ...], words: str
) -> None:
    with pytest.raises(BadInput, match=words) as caught:
        check_same_shape(torch.zeros(a), torch.zeros(b))
    assert str(a) in str(caught.value)
    assert str(b) in str(caught.value)
    check_same_shape(torch.zeros(a), torch.ones(a))
