"""imresize against MATLAB's own numbers, an independent implementation written here, and what any resize must obey."""

from __future__ import annotations

import json
import math
from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import Tensor
from torch.autograd import gradcheck, gradgradcheck

from srkit.errors import BadInput
from srkit.ops._export import enlarge
from srkit.ops.resize import imresize, imresize_adjoint

RECORDED = json.loads((Path(__file__).parent / "data" / "imresize.json").read_text("utf-8"))
METHODS = ("nearest", "box", "bilinear", "bicubic", "lanczos2", "lanczos3")
SIDES = st.integers(1, 24)


def ramp(n: int) -> Tensor:
    return torch.arange(n * n, dtype=torch.float64).reshape(n, n)


def pattern() -> Tensor:
    y, x = np.mgrid[:23, :31]
    return torch.from_numpy(((x * x * 7 + y * y * 13 + x * y * 29 + y * 5) % 256).astype(np.uint8))


def cubic(t: Any) -> Any:
    t = abs(t)
    if t <= 1:
        return (3 * t**3 - 5 * t**2) / 2 + 1
    return (-(t**3) + 5 * t**2) / 2 - 4 * t + 2 if t <= 2 else 0


def slow_line(line: list[Any], n_out: int, scale: Any) -> list[Any]:
    """Resize one line, pixel by pixel, from the definition: no matrix, no vectors, and exact if handed fractions."""
    shrink, half = min(scale, 1), Fraction(1, 2) if isinstance(scale, Fraction) else 0.5
    result = []
    for j in range(n_out):
        centre = (j + half) / scale - half
        near = range(math.floor(centre - 2 / shrink) - 1, math.ceil(centre + 2 / shrink) + 2)
        weights = [cubic(shrink * (centre - i)) for i in near]
        period = [i % (2 * len(line)) for i in near]
        pixels = [line[min(p, 2 * len(line) - 1 - p)] for p in period]
        result.append(sum(w * p for w, p in zip(weights, pixels, strict=True)) / sum(weights))
    return result


def slow_resize(x: Tensor, h: int, w: int) -> Tensor:
    rows = [slow_line(row, w, w / x.shape[1]) for row in x.tolist()]
    columns = [slow_line(list(column), h, h / x.shape[0]) for column in zip(*rows, strict=True)]
    return torch.tensor(columns, dtype=torch.float64).T


@pytest.mark.parametrize("case", RECORDED["matlab"], ids=lambda case: case["name"])
def test_the_double_path_gives_matlabs_numbers(case: dict[str, Any]) -> None:
    given_image = ramp(case["input"]) if isinstance(case["input"], int) else torch.tensor(case["input"]).double()
    wanted = torch.tensor(case["output"], dtype=torch.float64)
    result = imresize(given_image, size=tuple(wanted.shape), antialias=case["antialias"])
    assert (result - wanted).abs().max() <= 1e-12 * wanted.abs().max()


@pytest.mark.parametrize("case", RECORDED["matlab_imresize"], ids=lambda case: str(case.get("scale", case.get("size"))))
def test_the_uint8_path_gives_the_recorded_pixels_without_exception(case: dict[str, Any]) -> None:
    result = imresize(pattern(), case.get("scale"), size=case.get("size"))
    assert result.dtype == torch.uint8
    assert torch.equal(result[:: case["step"], :: case["step"]], torch.tensor(case["output"], dtype=torch.uint8))


@pytest.mark.parametrize("scale", [Fraction(1, 2), Fraction(1, 4), Fraction(2), Fraction(4)])
def test_the_uint8_path_at_powers_of_two_is_exact_arithmetic_with_halves_rounded_up(scale: Fraction) -> None:
    levels = pattern()[:20, :24].tolist()
    for _ in range(2):  # down the columns first, then along the rows
        lines = [
            slow_line([Fraction(v) for v in column], int(len(column) * scale), scale)
            for column in zip(*levels, strict=True)
        ]
        levels = [[min(max(math.floor(v + Fraction(1, 2)), 0), 255) for v in line] for line in lines]
    assert imresize(pattern()[:20, :24], float(scale)).tolist() == levels


@given(SIDES, SIDES, SIDES, SIDES, st.integers(0, 2**31))
@settings(max_examples=30)
def test_any_size_to_any_size_agrees_with_the_definition(h: int, w: int, h2: int, w2: int, seed: int) -> None:
    x = torch.rand(h, w, generator=torch.Generator().manual_seed(seed), dtype=torch.float64)
    assert torch.allclose(imresize(x, size=(h2, w2)), slow_resize(x, h2, w2), rtol=0, atol=1e-12)


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize("antialias", [True, False])
def test_a_constant_image_stays_constant(method: str, antialias: bool) -> None:
    x = torch.full((3, 13, 17), 0.3, dtype=torch.float64)
    for size in ((5, 6), (30, 41), (13, 4), (1, 1)):
        result = imresize(x, size=size, method=method, antialias=antialias)
        assert torch.allclose(result, torch.full((3, *size), 0.3, dtype=torch.float64), rtol=0, atol=1e-14)


@pytest.mark.parametrize("method", ["bilinear", "bicubic"])
def test_a_straight_ramp_stays_straight_away_from_the_border(method: str) -> None:
    x = torch.arange(40, dtype=torch.float64).expand(9, 40)
    for scale in (2.0, 3.0, 0.5, 0.7, 1.6):
        result = imresize(x, (1.0, scale), method=method)[0]
        wanted = (torch.arange(len(result), dtype=torch.float64) + 0.5) / scale - 0.5
        inside = (wanted > 8) & (wanted < 31)
        tolerance = 0.05 if scale == 0.7 else 1e-12  # a stretched kernel samples unevenly there
        assert (result - wanted)[inside].abs().max() < tolerance


@given(st.sampled_from([2, 3, 4]), st.integers(1, 3))
@settings(max_examples=12)
def test_shifting_the_image_by_the_scale_shifts_the_small_image_by_one(scale: int, steps: int) -> None:
    x = torch.rand(8 * scale, 24 * scale, generator=torch.Generator().manual_seed(steps), dtype=torch.float64)
    small, shifted = imresize(x, 1 / scale), imresize(x.roll(steps * scale, -1), 1 / scale)
    assert torch.allclose(small[:, 4:16], shifted[:, 4 + steps : 16 + steps], rtol=0, atol=1e-13)


@pytest.mark.parametrize("method", METHODS)
def test_turning_and_flipping_commute_with_resizing(method: str) -> None:
    x = torch.rand(12, 18, dtype=torch.float64)
    one_sided = method in ("nearest", "box")  # a pixel exactly between two others goes to one of them
    size = (4, 6) if one_sided else (7, 29)
    result = imresize(x, size=size, method=method)
    assert torch.allclose(imresize(x.flip(-1), size=size, method=method), result.flip(-1), atol=1e-12)
    assert torch.allclose(imresize(x.T, size=size[::-1], method=method), result.T, atol=1e-12)


def test_nearest_takes_pixels_and_box_averages_them() -> None:
    x = ramp(6)
    assert torch.equal(imresize(x, 2, method="nearest"), x.repeat_interleave(2, 0).repeat_interleave(2, 1))
    assert torch.equal(imresize(x, 1 / 3, method="nearest"), x[1::3, 1::3])
    assert torch.allclose(imresize(x, 1 / 3, method="box"), x.reshape(2, 3, 2, 3).mean(dim=(1, 3)))


def test_the_same_size_changes_nothing() -> None:
    x = torch.rand(3, 7, 9)
    assert torch.equal(imresize(x, 1), x)
    assert torch.equal(imresize(x, size=(7, 9)), x)


def test_without_antialiasing_half_the_size_looks_at_four_pixels_only() -> None:
    x = torch.zeros(1, 16, dtype=torch.float64)
    x[0, 8] = 1
    assert int((imresize(x, (1.0, 0.5), antialias=False) != 0).sum()) < int((imresize(x, (1.0, 0.5)) != 0).sum())


@pytest.mark.parametrize("lead", [(), (3,), (2, 3), (2, 1, 2)])
def test_any_number_of_leading_axes_gives_the_same_as_one_image_at_a_time(lead: tuple[int, ...]) -> None:
    x = torch.rand(*lead, 9, 11)
    result = imresize(x, size=(5, 14))
    assert result.shape == (*lead, 5, 14)
    each = [imresize(image, size=(5, 14)) for image in x.reshape(-1, 9, 11)]
    assert torch.allclose(result.reshape(-1, 5, 14), torch.stack(each), atol=1e-6)


def test_an_image_that_does_not_lie_in_one_piece_is_resized_like_its_copy() -> None:
    x = torch.rand(20, 30, 3).permute(2, 0, 1)[:, ::2, 3:]
    assert torch.equal(imresize(x, 2), imresize(x.contiguous(), 2))


@pytest.mark.parametrize("dtype", [torch.float16, torch.bfloat16, torch.float32, torch.float64])
def test_the_type_comes_back_and_half_precision_is_computed_in_single(dtype: torch.dtype) -> None:
    x = torch.rand(3, 16, 16).to(dtype)
    result = imresize(x, 0.5)
    assert result.dtype == dtype
    wanted = imresize(x.double(), 0.5)
    assert (result.double() - wanted).abs().max() < 2 * torch.finfo(dtype).eps


def test_a_scale_gives_the_ceiling_of_the_size() -> None:
    assert imresize(torch.rand(3, 7, 10), 1 / 3).shape == (3, 3, 4)
    assert imresize(torch.rand(7, 10), (0.5, 2)).shape == (4, 20)
    assert imresize(torch.rand(7, 10), 0.5, size=(4, 5)).shape == (4, 5)


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize(
    ("call", "shape"), [({"size": (5, 31)}, (12, 16)), ({"scale": 0.3}, (13, 11)), ({"scale": 3}, (4, 5))]
)
def test_the_adjoint_is_exact(method: str, call: dict[str, Any], shape: tuple[int, int]) -> None:
    rng = torch.Generator().manual_seed(3)
    x = torch.rand(2, *shape, generator=rng, dtype=torch.float64)
    ax = imresize(x, **call, method=method)
    y = torch.rand(ax.shape, generator=rng, dtype=torch.float64)
    scale = {"scale": call["scale"]} if "scale" in call else {}
    aty = imresize_adjoint(y, size=shape, method=method, **scale)
    assert aty.shape == x.shape
    assert abs(float((ax * y).sum() - (x * aty).sum())) < 1e-12 * float((ax * y).abs().sum())


@pytest.mark.parametrize("size", [(3, 4), (9, 13)])
def test_first_and_second_derivatives_agree_with_finite_differences(size: tuple[int, int]) -> None:
    x = torch.rand(2, 5, 6, dtype=torch.float64, requires_grad=True)
    assert gradcheck(lambda t: imresize(t, size=size), (x,))
    assert gradgradcheck(lambda t: imresize(t, size=size) ** 2, (x,))


def test_the_gradient_is_the_adjoint() -> None:
    x = torch.rand(3, 10, 12, dtype=torch.float64, requires_grad=True)
    y = torch.rand(3, 5, 6, dtype=torch.float64)
    imresize(x, 0.5).backward(y)
    assert x.grad is not None
    assert torch.allclose(x.grad, imresize_adjoint(y, size=(10, 12)), rtol=0, atol=1e-15)


@pytest.mark.parametrize("scale", [2, 0.5, 1 / 3])
def test_a_lower_matrix_precision_chosen_by_the_user_does_not_change_the_uint8_path(scale: float) -> None:
    wanted = imresize(pattern(), scale)
    before = torch.get_float32_matmul_precision()
    try:
        torch.set_float32_matmul_precision("medium")
        assert torch.equal(imresize(pattern(), scale), wanted)
    finally:
        torch.set_float32_matmul_precision(before)


def test_the_input_is_left_as_it_was() -> None:
    for x in (torch.rand(3, 8, 8), pattern()):
        before = x.clone()
        imresize(x, 0.5)
        imresize(x, 1)
        assert torch.equal(x, before)


@pytest.mark.parametrize(
    ("image", "call", "words"),
    [
        (torch.rand(4, 4), {}, "needs a scale"),
        (torch.rand(4, 4), {"scale": 0}, "positive"),
        (torch.rand(4, 4), {"scale": float("nan")}, "positive"),
        (torch.rand(4, 4), {"scale": (1, 2, 3)}, "two"),
        (torch.rand(4, 4), {"size": (0, 4)}, "1 or more"),
        (torch.rand(4, 4), {"size": (2.5, 4)}, "1 or more"),
        (torch.rand(4, 4), {"scale": 2, "method": "cubik"}, "bicubic"),
        (torch.ones(4, 4, dtype=torch.int64), {"scale": 2}, "uint8"),
        (torch.rand(4), {"scale": 2}, "(…, h, w)"),
        (torch.rand(0, 4), {"scale": 2}, "at least one pixel"),
        (np.zeros((4, 4)), {"scale": 2}, "ndarray"),
    ],
)
def test_what_cannot_be_resized_is_refused_with_the_reason(image: Any, call: dict[str, Any], words: str) -> None:
    with pytest.raises(BadInput) as caught:
        imresize(image, **call)
    assert words in str(caught.value)


def test_an_adjoint_that_does_not_fit_is_refused() -> None:
    with pytest.raises(BadInput, match=r"\(5, 6\)"):
        imresize_adjoint(torch.rand(3, 5, 7), size=(10, 12), scale=0.5)
    with pytest.raises(BadInput, match="floating point"):
        imresize_adjoint(pattern(), size=(10, 12))


@pytest.mark.parametrize("factor", [1, 2, 3, 4, 8])
@pytest.mark.parametrize("method", METHODS)
def test_what_an_exported_network_enlarges_with_is_imresize(method: str, factor: int) -> None:
    image = torch.rand(2, 3, 9, 14, dtype=torch.float64, generator=torch.Generator().manual_seed(factor))
    found = enlarge(image, factor, method)
    torch.testing.assert_close(found, imresize(image, factor, method=method), rtol=0, atol=1e-12)


def test_an_exported_resize_knows_any_size() -> None:
    class Larger(torch.nn.Module):
        def forward(self, image: Tensor) -> Tensor:
            return imresize(image, 3)

    free = {2: torch.export.Dim.DYNAMIC, 3: torch.export.Dim.DYNAMIC}
    program = torch.export.export(Larger(), (torch.rand(1, 1, 10, 13),), dynamic_shapes=(free,)).module()
    for h, w in ((8, 21), (30, 17)):
        image = torch.rand(1, 1, h, w)
        torch.testing.assert_close(program(image), imresize(image, 3), rtol=0, atol=1e-6)
