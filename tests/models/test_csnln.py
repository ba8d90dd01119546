"""CSNLN against the authors' code, and patches that come from the larger scale."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch

import srkit
from srkit.models.csnln import paste_larger
from tests.models._published import golden, golden_input, published_file, same_as_golden


@pytest.mark.parametrize("name", ["csnln-x2", "csnln-x3", "csnln-x4"])
def test_a_published_file_gives_the_pixels_of_the_published_code(name: str, tmp_path: Path) -> None:
    record = golden(name)
    net = srkit.models.load(published_file(record, tmp_path))
    assert (net.name, net.scale) == ("csnln", record["scale"])
    with torch.no_grad():
        same_as_golden(record, net(golden_input(record)))


@pytest.mark.parametrize("step", [2, 3])
def test_nine_pasted_patches_are_divided_by_six_inside_the_image(step: int) -> None:
    h, w = 4 * step, 5 * step
    query, key = torch.randn(1, 4, h, w), torch.randn(1, 4, 4, 5)
    pasted = paste_larger(query, key, torch.ones(1, 2, h, w), step=step)
    assert pasted.shape == (1, 2, step * h, step * w)
    # far from the border every patch is full, and nine of them cover each pixel
    key = torch.zeros(1, 4, 4, 5)
    key[..., 1:3, 1:4] = 1
    sharp = paste_larger(torch.ones(1, 4, h, w), key, torch.ones(1, 2, h, w), step=step, sharpness=1e4)
    inside = sharp[..., 3 * step : -3 * step, 3 * step : -3 * step]
    torch.testing.assert_close(inside, torch.full_like(inside, 9 / 6))


def test_what_is_pasted_stands_in_the_unreduced_image_where_the_match_is() -> None:
    key = torch.randn(1, 8, 6, 6, dtype=torch.float64)
    query = torch.zeros(1, 8, 12, 12, dtype=torch.float64)
    query[..., 4:10, 5:11] = key  # pixel (7, 8) of the query and its neighbours look like (3, 3) of the key and its
    value = torch.randn(1, 1, 12, 12, dtype=torch.float64)
    changed = value.clone()
    changed[..., 6:8, 6:8] += 1  # the larger pixels under (3, 3)
    before, after = (paste_larger(query, key, image, step=2, sharpness=1e5)[0, 0] for image in (value, changed))
    expected = torch.full((2, 2), 9 / 6, dtype=torch.float64)  # by the nine patches that cover (7, 8)
    torch.testing.assert_close((after - before)[14:16, 16:18], expected)


def test_the_length_of_a_key_does_not_matter_and_an_empty_key_gives_numbers() -> None:
    query, key, value = torch.randn(1, 4, 6, 6), torch.randn(1, 4, 3, 3), torch.randn(1, 2, 6, 6)
    once, thrice = (paste_larger(query, factor * key, value, step=2) for factor in (1, 3))
    torch.testing.assert_close(once, thrice)
    empty = torch.zeros(1, 4, 3, 3, requires_grad=True)
    paste_larger(query, empty, value, step=2).sum().backward()
    assert empty.grad is not None
    assert empty.grad.isfinite().all()


def test_every_recurrence_uses_the_same_cell() -> None:
    counts = {
        n: srkit.models.parameters(srkit.models.create("csnln", scale=2, tiny=True, n_recurrences=n)) for n in (1, 3)
    }
    assert counts[3] - counts[1] == 2 * 3 * 8 * 9, "only the last convolution reads more estimates"
