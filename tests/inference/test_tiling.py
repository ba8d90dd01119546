from __future__ import annotations

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import nn

from srkit.errors import BadInput
from srkit.inference import measure_reach, tiled
from srkit.inference.reach import Reach
from srkit.inference.tiling import cut
from tests.inference._nets import Convolutional, Pooling, Windowed, noise, seeded


@settings(max_examples=200)
@given(
    length=st.integers(1, 400),
    tile=st.integers(8, 120),
    halo=st.integers(0, 60),
    align=st.sampled_from([1, 8, 32]),
    blend=st.booleans(),
)
def test_spans_cover_an_axis_once_and_read_enough_around_it(
    length: int, tile: int, halo: int, align: int, blend: bool
) -> None:
    spans = cut(length, tile=tile, halo=halo, align=align, blend=blend)
    assert [s.keep_start for s in spans] == [0, *(s.keep_stop for s in spans[:-1])]
    assert spans[-1].keep_stop == length
    for s in spans:
        assert s.keep_stop - s.keep_start <= tile
        assert s.start <= max(0, s.keep_start - halo)
        assert s.stop >= min(length, s.keep_stop + halo)
        assert s.start >= 0
        assert s.stop <= length
        assert s.start % align == 0
        assert s.stop - s.start >= min(8, length)


@settings(max_examples=100)
@given(length=st.integers(8, 300), tile=st.integers(8, 100), halo=st.integers(0, 60), scale=st.integers(1, 4))
def test_the_shares_of_blended_neighbours_add_up_to_one_everywhere(
    length: int, tile: int, halo: int, scale: int
) -> None:
    total = torch.zeros(length * scale, dtype=torch.float64)
    for span in cut(length, tile=tile, halo=halo, blend=True):
        share = span.weight(scale, total)
        assert share.min() >= 0
        total[span.start * scale : span.stop * scale] += share
    torch.testing.assert_close(total, torch.ones_like(total), rtol=0, atol=1e-12)


@pytest.mark.parametrize("scale", [1, 2, 3, 4])
@pytest.mark.parametrize(("height", "width"), [(37, 53), (8, 131), (64, 64), (9, 9)])
@pytest.mark.parametrize("tile", [8, 17, 32, 500])
def test_tiles_of_a_convolutional_network_equal_the_whole_image(scale: int, height: int, width: int, tile: int) -> None:
    net, lr = seeded(Convolutional, scale=scale), noise(2, 3, height, width)
    with torch.inference_mode():
        whole = net(lr)
    torch.testing.assert_close(tiled(net, lr, tile=tile), whole, rtol=0, atol=1e-6)


def test_a_halo_one_pixel_short_shows_in_the_result() -> None:
    net, lr = seeded(Convolutional), noise(1, 3, 40, 40)
    radius = measure_reach(net).radius
    assert radius is not None
    with torch.inference_mode():
        whole = net(lr)
    assert (tiled(net, lr, tile=16, halo=radius) - whole).abs().max() < 1e-6
    assert (tiled(net, lr, tile=16, halo=radius - 2) - whole).abs().max() > 1e-6


def test_a_network_that_pools_over_the_image_stays_close_and_has_no_seams() -> None:
    net, lr = seeded(Pooling), noise(1, 3, 96, 96)
    with torch.inference_mode():
        whole = net(lr)
    off = (tiled(net, lr, tile=32, halo=16) - whole).abs()
    assert 0 < off.max() < 0.02
    across = (off[..., 1:] - off[..., :-1]).abs().mean(dim=(0, 1, 2))
    seams = [edge * 2 - 1 for edge in (32, 64)]
    assert across[seams].max() < 3 * across.median()


@pytest.mark.parametrize("scale", [1, 2, 3])
def test_in_the_middle_of_a_soft_seam_both_tiles_count_one_half(scale: int) -> None:
    left, right = cut(40, tile=20, halo=8, blend=True)
    shares = torch.zeros(2, 40 * scale, dtype=torch.float64)
    for row, span in zip(shares, (left, right), strict=True):
        row[span.start * scale : span.stop * scale] = span.weight(scale, row)
    torch.testing.assert_close(shares.sum(0), torch.ones(40 * scale, dtype=torch.float64))
    torch.testing.assert_close(shares[0], shares[1].flip(0), msg="the seam is in the middle of the image")
    assert 0 < float(shares[0][20 * scale]) < 1, "and soft"


def test_soft_seams_change_nothing_where_neighbours_agree() -> None:
    net, lr = nn.PixelShuffle(1), noise(1, 3, 50, 40)  # gives what it gets
    net.scale = 1
    soft = tiled(net, lr, tile=16, halo=Reach(None, align=1))
    torch.testing.assert_close(soft, lr, rtol=0, atol=1e-6)


def test_windows_keep_their_grid_because_tiles_start_on_it() -> None:
    net, lr = seeded(Windowed), noise(1, 3, 100, 75)
    with torch.inference_mode():
        whole = net(lr)
    torch.testing.assert_close(tiled(net, lr, tile=32), whole, rtol=0, atol=1e-6)


def test_progress_is_told_after_every_tile() -> None:
    told: list[tuple[int, int]] = []
    tiled(seeded(Convolutional), noise(1, 3, 20, 40), tile=20, progress=lambda *now: told.append(now))
    assert told == [(1, 2), (2, 2)]


@pytest.mark.parametrize(("tile", "halo"), [(7, None), (0, None), (-3, None), (16, -1)])
def test_an_impossible_tile_or_halo_is_refused(tile: int, halo: int | None) -> None:
    with pytest.raises(BadInput, match=r"tile=|halo="):
        tiled(seeded(Convolutional), noise(1, 3, 20, 20), tile=tile, halo=halo)


def test_a_network_that_answers_in_the_wrong_size_is_named_with_both_shapes() -> None:
    class Wrong(nn.Module):
        scale = 2

        def forward(self, lr: torch.Tensor) -> torch.Tensor:
            return lr

    with pytest.raises(BadInput, match=r"\(1, 3, 40, 40\)"):
        tiled(Wrong(), noise(1, 3, 20, 20), tile=64, halo=0)
