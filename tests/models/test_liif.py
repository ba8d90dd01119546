"""LIIF against its authors' code, and what a function of the place means."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import torch

import srkit
from srkit.errors import BadInput
from srkit.models.liif import neighbours
from tests.models._outputs import double_input, same_outputs
from tests.models._published import golden, published_file


def small(scale: int = 2) -> Any:
    return srkit.models.create("liif", scale=scale, tiny=True).double().eval()


def test_a_checkpoint_of_the_authors_gives_the_pixels_of_their_code_at_whole_and_broken_scales(tmp_path: Path) -> None:
    record = golden("liif")
    entries = torch.load(published_file(record, tmp_path), weights_only=True)
    wrapped = {"model": {"name": "liif", "args": {"imnet_spec": {"name": "mlp"}}, "sd": entries}, "epoch": 1000}
    torch.save(wrapped, tmp_path / "epoch-last.pth")
    net: Any = srkit.models.load(tmp_path / "epoch-last.pth", scale=2).double()
    assert (net.name, net.arguments["n_blocks"], net.arguments["n_hidden"]) == ("liif", 2, 2)
    lr = double_input(record)
    with torch.no_grad():
        same_outputs(record, [net(lr, free_scale=r) for r in (2, 1.5, 2.7, 4)])


def test_the_image_is_continuous_where_the_nearest_pixels_change() -> None:
    net, lr = small(), torch.rand(1, 3, 8, 8, dtype=torch.float64)
    with torch.no_grad():
        fine = net(lr, free_scale=40.0)
    steps = fine.diff(dim=-1).abs().amax((0, 1, 2))  # between neighbouring columns
    assert steps.max() < 20 * steps.median(), "without the opposite areas it would jump at the middle of a pixel"


def test_weights_are_the_distances_of_the_other_pixel_and_the_border_repeats_the_last_one() -> None:
    near, away, weights = neighbours(3, 6)
    assert near.tolist() == [[0, 0, 0, 1, 1, 2], [0, 1, 1, 2, 2, 2]]
    assert away[0].tolist() == pytest.approx([-0.5, 0.5, 1.5, 0.5, 1.5, 0.5])
    assert weights[0, 1:5].tolist() == pytest.approx([0.75, 0.25, 0.75, 0.25])
    assert weights.sum(0).tolist() == pytest.approx([1] * 6)


def test_at_scale_one_every_pixel_is_asked_where_it_lies_the_last_ones_too() -> None:
    near, away, weights = neighbours(5, 5)
    assert near[0].tolist() == [0, 1, 2, 3, 4]
    assert away[0].tolist() == pytest.approx([0] * 5, abs=1e-12)
    assert weights[0, :4].tolist() == pytest.approx([1] * 4)


def test_strips_are_drawn_as_the_whole_image_is(monkeypatch: pytest.MonkeyPatch) -> None:
    net, lr = small(), torch.rand(2, 3, 9, 11, dtype=torch.float64)
    whole = net(lr, free_scale=2.7)
    monkeypatch.setattr("srkit.models.liif._AT_ONCE", 60)
    torch.testing.assert_close(net(lr, free_scale=2.7), whole)


def test_a_scale_below_one_is_refused() -> None:
    with pytest.raises(BadInput, match=r"any real scale from 1 upwards, such as 1\.5, not 0\.5"):
        small()(torch.rand(1, 3, 8, 8, dtype=torch.float64), free_scale=0.5)
