"""Error maps: the right differences, one scale for all, colours that say which way."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from skimage.color import rgb2ycbcr

from srkit.errors import BadInput
from srkit.ops.colours import DIVERGING, SEQUENTIAL, nice_ceiling, nice_top, painted
from srkit.widgets import error_map, show
from srkit.widgets._show import ErrorMap


def pair(seed: int = 0) -> tuple[torch.Tensor, torch.Tensor]:
    rng = torch.Generator().manual_seed(seed)
    hr = torch.randint(0, 256, (3, 12, 10), dtype=torch.uint8, generator=rng)
    sr = torch.randint(0, 256, (3, 12, 10), dtype=torch.uint8, generator=rng)
    return sr, hr


def test_the_error_is_the_difference_of_luma_as_scikit_image_computes_it() -> None:
    sr, hr = pair()
    luma = [rgb2ycbcr(x.permute(1, 2, 0).numpy())[..., 0] for x in (sr, hr)]
    assert np.abs(error_map(sr, hr).levels - (luma[0] - luma[1])).max() < 1e-3  # their weights have three decimals
    assert (error_map(sr, hr, kind="absolute").levels == np.abs(error_map(sr, hr).levels)).all()


def test_too_bright_is_orange_too_dark_is_blue_and_agreement_is_nearly_white() -> None:
    grey = torch.full((3, 4, 4), 0.5)
    bright = error_map(grey + 0.1, grey).painted(20)[0, 0].astype(int)
    dark = error_map(grey - 0.1, grey).painted(20)[0, 0].astype(int)
    same = error_map(grey, grey).painted(20)[0, 0]
    assert bright[0] > bright[2] + 50
    assert dark[2] > dark[0] + 50
    assert same.min() >= 245


def test_the_colours_of_an_error_map_run_evenly_from_minus_the_limit_to_the_limit() -> None:
    stops = np.linspace(-20, 20, len(DIVERGING))[None]
    assert (ErrorMap(stops, "signed").painted(20)[0] == np.array(DIVERGING)).all()
    stops = np.linspace(0, 20, len(SEQUENTIAL))[None]
    assert (ErrorMap(stops, "absolute").painted(20)[0] == np.array(SEQUENTIAL)).all()


@pytest.mark.parametrize("anchors", [SEQUENTIAL])
def test_the_sequential_map_grows_steadily_lighter_so_that_it_reads_in_grey(
    anchors: tuple[tuple[int, int, int], ...],
) -> None:
    lightness = painted(np.linspace(0, 1, 200), anchors) @ np.array([0.2126, 0.7152, 0.0722])
    assert (np.diff(lightness) > -0.6).all()
    assert lightness[-1] - lightness[0] > 200


def test_both_ends_of_the_diverging_map_differ_for_people_who_confuse_red_and_green() -> None:
    # Protanopia after Vienot, Brettel and Mollon (1999), in linear light: red and green collapse into one value.
    ends = painted(np.array([0.1, 0.9]), DIVERGING) / 255.0
    linear = np.where(ends <= 0.04045, ends / 12.92, ((ends + 0.055) / 1.055) ** 2.4)
    seen = linear @ np.array([[0.11238, 0.88762, 0.0], [0.11238, 0.88762, 0.0], [0.00401, -0.00401, 1.0]]).T
    assert np.abs(seen[0] - seen[1]).max() > 0.25


def test_the_colours_of_a_scale_are_the_anchors_at_its_stops_and_their_mean_between() -> None:
    stops = painted(np.linspace(0, 1, len(DIVERGING)), DIVERGING)
    assert (stops == np.array(DIVERGING)).all()
    middle = painted(np.array([0.5 / (len(DIVERGING) - 1)]), DIVERGING)[0]
    assert np.abs(middle - np.mean(DIVERGING[:2], axis=0)).max() <= 0.5


def test_maps_shown_together_share_one_scale_and_one_with_its_own_limit_keeps_it() -> None:
    hr = torch.full((3, 20, 20), 0.5)
    small, large = error_map(hr + 4 / 255, hr), error_map(hr + 40 / 255, hr)
    assert (small.natural_limit, large.natural_limit) == (5.0, 50.0)
    html = show(small, large, error_map(hr, hr, limit=7), alt="Errors")._repr_html_()
    assert html.count("right +50 (too bright)") == 2
    assert html.count("right +7 (too bright)") == 1


def test_pixels_beyond_the_end_of_the_scale_are_counted() -> None:
    hr = torch.full((3, 20, 20), 0.5)
    sr = hr.clone()
    sr[:, 3, 4] = 1.0
    assert show(error_map(sr, hr, limit=10), alt="Errors").panels[0].warning == "1 pixel beyond the end of the scale"


def test_limits_round_up_to_one_two_and_five() -> None:
    assert [nice_ceiling(x) for x in (0, 0.3, 1, 1.1, 2.0, 4.4, 7, 19, 33, 130)] == [1, 1, 1, 2, 2, 5, 10, 20, 50, 200]


def test_unequal_sizes_unknown_kinds_and_impossible_limits_are_refused() -> None:
    sr, hr = pair()
    with pytest.raises(BadInput, match=r"sr is 10 x 11 px and hr 10 x 12 px"):
        error_map(sr[:, :11], hr)
    with pytest.raises(BadInput, match="'squared'"):
        error_map(sr, hr, kind="squared")  # type: ignore[arg-type]
    for limit in (0, -3, float("nan")):
        with pytest.raises(BadInput, match="colour scale"):
            error_map(sr, hr, limit=limit)
    with pytest.raises(BadInput, match=r"take sr\[0\]"):
        error_map(torch.stack([sr, sr]), hr)


def test_one_scale_for_several_maps_ends_above_nearly_all_of_each() -> None:
    three, seventeen, spike = np.full((10, 10), 3.0), np.full((10, 10), -17.0), np.zeros((100, 100))
    spike[0, 0] = 200
    assert [nice_top(three), nice_top(three, seventeen), nice_top(three, spike)] == [5, 20, 5]
    assert nice_top(np.where(np.arange(1000) < 20, 17.0, 3.0)) == 20, "two of a hundred are not few"
