"""Primaries and PQ against the numbers printed in the recommendations."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from srkit.errors import BadInput
from srkit.ops.hdr import (
    from_pq,
    ictcp,
    narrow_gamut,
    rgb_to_xyz_matrix,
    sdr_from_hdr,
    to_pq,
    widen_gamut,
)

BT2087 = [[0.6274, 0.3293, 0.0433], [0.0691, 0.9195, 0.0114], [0.0164, 0.0880, 0.8956]]  # ITU-R BT.2087-0, table
LIGHT = torch.rand(2, 3, 5, 6, generator=torch.Generator().manual_seed(0), dtype=torch.float64) * 900


def image(*rgb: float) -> torch.Tensor:
    return torch.tensor(rgb, dtype=torch.float64).view(3, 1, 1)


@pytest.mark.parametrize(
    ("light", "code"),
    [
        (0.0, 7.3e-7),
        (0.005, 0.0151),
        (100.0, 0.50808),
        (203.0, 0.5807),
        (1000.0, 0.75183),
        (4000.0, 0.90257),
        (10000.0, 1.0),
    ],
)
def test_pq_codes_luminances_as_st_2084_and_bt_2408_say(light: float, code: float) -> None:
    assert to_pq(torch.tensor(light, dtype=torch.float64)).item() == pytest.approx(code, abs=6e-5)


def test_pq_is_the_formula_of_the_standard_in_numpy() -> None:
    light = np.linspace(0, 10000, 401)
    m1, m2, c1, c2, c3 = 0.1593017578125, 78.84375, 0.8359375, 18.8515625, 18.6875  # the decimals ST 2084 prints
    y = (light / 10000) ** m1
    expected = ((c1 + c2 * y) / (1 + c3 * y)) ** m2
    np.testing.assert_allclose(to_pq(torch.from_numpy(light)).numpy(), expected, rtol=1e-12)


@given(st.floats(0.001, 10000))
def test_light_coded_and_decoded_is_the_light_it_was(light: float) -> None:
    value = torch.tensor(light, dtype=torch.float64)
    assert from_pq(to_pq(value)).item() == pytest.approx(light, rel=1e-9)


def test_luminance_of_the_primaries_is_that_of_the_recommendations() -> None:
    assert rgb_to_xyz_matrix("bt709")[1].tolist() == pytest.approx([0.2126, 0.7152, 0.0722], abs=5e-5)
    assert rgb_to_xyz_matrix("bt2020")[1].tolist() == pytest.approx([0.2627, 0.6780, 0.0593], abs=5e-5)


def test_from_widen_gamut_is_the_matrix_of_bt2087() -> None:
    for column, rgb in enumerate(([1, 0, 0], [0, 1, 0], [0, 0, 1])):
        assert widen_gamut(image(*rgb)).flatten().tolist() == pytest.approx([r[column] for r in BT2087], abs=6e-5)


def test_there_and_back_between_primaries_is_nothing_and_white_stays_white() -> None:
    torch.testing.assert_close(narrow_gamut(widen_gamut(LIGHT)), LIGHT)
    torch.testing.assert_close(widen_gamut(image(1, 1, 1)), image(1, 1, 1))
    assert narrow_gamut(image(0, 1, 0)).min() < -0.1, "the green of BT.2020 lies outside of BT.709"


@given(st.floats(0.01, 10000))
def test_grey_has_no_colour_in_ictcp_and_its_intensity_is_its_pq_code(light: float) -> None:
    found = ictcp(image(light, light, light)).flatten()
    assert found[0].item() == pytest.approx(to_pq(torch.tensor(light, dtype=torch.float64)).item(), abs=1e-12)
    assert found[1:].abs().max() < 1e-12


def test_sdr_keeps_grey_below_white_and_clips_what_is_brighter() -> None:
    below = sdr_from_hdr(image(50, 50, 50), levels=None)
    assert below.flatten().tolist() == pytest.approx([0.5 ** (1 / 2.4)] * 3)
    assert sdr_from_hdr(image(100, 100, 100)).eq(1).all()
    assert sdr_from_hdr(image(4000, 4000, 4000)).eq(1).all()
    assert sdr_from_hdr(image(0, 200, 0)).tolist() == [[[0]], [[1]], [[0]]]
    assert torch.equal(sdr_from_hdr(LIGHT) * 255, (sdr_from_hdr(LIGHT) * 255).round())


def test_reinhards_curve_keeps_highlights_apart_that_clipping_makes_equal() -> None:
    lights = [
        sdr_from_hdr(image(*[y] * 3), tone="reinhard", levels=None)[0].item() for y in (50, 150, 300, 399, 400, 900)
    ]
    assert lights == sorted(lights)
    assert lights[3] < 1
    assert lights[4] == pytest.approx(1, abs=1e-9), "four times the white is white"


def test_what_is_no_light_or_no_curve_is_refused() -> None:
    with pytest.raises(BadInput, match="Three channels"):
        ictcp(torch.zeros(1, 4, 4))
    with pytest.raises(BadInput, match="'clip' or 'reinhard'"):
        sdr_from_hdr(LIGHT, tone="filmic")  # type: ignore[arg-type]
    with pytest.raises(BadInput, match="bt709, bt2020"):
        rgb_to_xyz_matrix("p3")
