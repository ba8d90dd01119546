"""Rounding against exact decimals, padding against numpy, cutting against sizes."""

from __future__ import annotations

from fractions import Fraction

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from srkit.errors import BadInput
from srkit.ops.pixels import (
    border_index,
    crop_border,
    crop_to,
    from_uint8,
    levels,
    modcrop,
    pad,
    pad_to_multiple,
    quantise,
    to_uint8,
)

NUMPY_RULE = {
    "replicate": "edge",
    "reflect": "reflect",
    "symmetric": "symmetric",
    "circular": "wrap",
    "zero": "constant",
}


@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
@given(value=st.floats(-0.5, 1.5, width=32))
@settings(max_examples=200)
def test_rounding_is_exact_with_halves_upwards(dtype: torch.dtype, value: float) -> None:
    x = torch.tensor([value], dtype=dtype)
    scaled = Fraction(float(x.clamp(0, 1) * 255))
    assert int(levels(x)) == int(scaled + Fraction(1, 2))


def test_the_number_just_below_a_half_is_rounded_down_and_the_half_up() -> None:
    for dtype in (torch.float32, torch.float64):
        half = torch.arange(0, 255, dtype=dtype) + 0.5
        below = torch.nextafter(half, torch.zeros((), dtype=dtype))
        x = torch.stack([half, below])
        shift = 0.5 - torch.finfo(dtype).eps / 4
        assert torch.equal((x + shift).floor(), torch.stack([half + 0.5, half - 0.5]))
    assert int(levels(torch.tensor(np.float32(0.49999997) / np.float32(255)))) == 0


def test_every_level_survives_the_way_there_and_back() -> None:
    every = torch.arange(256, dtype=torch.uint8)
    assert torch.equal(to_uint8(from_uint8(every)), every)
    assert torch.equal(quantise(from_uint8(every)), from_uint8(every))
    assert torch.equal(to_uint8(from_uint8(every, dtype=torch.float64)), every)


def test_quantising_clips_stays_in_range_and_keeps_nan_visible() -> None:
    assert quantise(torch.tensor([-1.0, 2.0])).tolist() == [0, 1]
    assert bool(quantise(torch.tensor([float("nan")])).isnan())
    with pytest.raises(BadInput, match="NaN"):
        to_uint8(torch.tensor([float("nan")]))


def test_the_wrong_type_is_refused() -> None:
    with pytest.raises(BadInput):
        quantise(torch.zeros(3, dtype=torch.uint8))
    with pytest.raises(BadInput):
        from_uint8(torch.zeros(3))


@pytest.mark.parametrize("rule", sorted(NUMPY_RULE))
@given(st.integers(1, 6), st.integers(1, 6), st.tuples(*[st.integers(0, 15)] * 4))
@settings(max_examples=25)
def test_padding_agrees_with_numpy_even_when_wider_than_the_image(
    rule: str, h: int, w: int, sides: tuple[int, int, int, int]
) -> None:
    x = torch.arange(2.0 * h * w).reshape(2, h, w)
    top, bottom, left, right = sides
    wanted = np.pad(x.numpy(), ((0, 0), (top, bottom), (left, right)), mode=NUMPY_RULE[rule])
    assert np.array_equal(pad(x, sides, border=rule).numpy(), wanted)


@given(st.integers(1, 30), st.integers(1, 30), st.integers(1, 17))
@settings(max_examples=40)
def test_padding_to_a_multiple_is_the_least_that_does_and_can_be_undone(h: int, w: int, n: int) -> None:
    x = torch.rand(1, h, w)
    padded = pad_to_multiple(x, n)
    assert padded.shape[-2] % n == padded.shape[-1] % n == 0
    assert padded.shape[-2] - h < n
    assert padded.shape[-1] - w < n
    assert torch.equal(crop_to(padded, h, w), x)


def test_cutting_removes_what_it_says() -> None:
    x = torch.arange(70.0).reshape(7, 10)
    assert torch.equal(crop_border(x, 2), x[2:5, 2:8])
    assert crop_border(x, 0).shape == x.shape
    assert torch.equal(modcrop(x, 3), x[:6, :9])
    assert modcrop(x, 7).shape == (7, 7)


@pytest.mark.parametrize(
    ("call", "words"),
    [
        (lambda x: crop_border(x, 4), "at most 3"),
        (lambda x: crop_border(x, -1), "0 or more"),
        (lambda x: modcrop(x, 8), "at least 8"),
        (lambda x: modcrop(x, 0), "multiple of 0"),
        (lambda x: crop_to(x, 8, 3), "8 x 3"),
        (lambda x: pad_to_multiple(x, 0), "not of 0"),
        (lambda x: pad(x, (1, 0, -1, 0)), "0 or more"),
        (lambda x: pad(x, (1, 0, 1, 0), border="mirror"), "symmetric"),
    ],
)
def test_cuts_and_pads_that_cannot_be_are_refused(call: object, words: str) -> None:
    with pytest.raises(BadInput, match=words):
        call(torch.rand(7, 10))  # type: ignore[operator]


def test_the_index_of_the_border_names_the_pixels_of_the_documentation() -> None:
    letters = "abcd"
    shown = {
        rule: "".join(letters[i] for i in border_index(4, 2, 2, border=rule)) for rule in NUMPY_RULE if rule != "zero"
    }
    assert shown == {"replicate": "aaabcddd", "reflect": "cbabcdcb", "symmetric": "baabcddc", "circular": "cdabcdab"}
