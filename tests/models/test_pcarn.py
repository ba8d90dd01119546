"""PCARN and PCARN-M against the authors' code and weights, and what sets them apart from CARN."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import torch

import srkit
from srkit.errors import BadInput
from tests._shared import shared
from tests.models._published import golden, golden_input, published_file, same_as_golden, set5


@pytest.mark.parametrize(("name", "scale"), [("pcarn", 4), ("pcarn_m", 3)])
def test_a_published_file_for_all_scales_gives_the_pixels_of_the_authors_code(
    name: str, scale: int, tmp_path: Path
) -> None:
    record = golden(name)
    net = srkit.models.load(published_file(record, tmp_path), scale=scale)
    assert (net.name, net.scale) == (name, scale)
    with torch.no_grad():
        same_as_golden(record, net(golden_input(record)))


def test_a_silent_cascade_leaves_the_first_features_which_carn_would_lose() -> None:
    for name, last, kept in (("pcarn", "joins", True), ("carn", "fusions", False)):
        net: Any = srkit.models.create(name, scale=2, tiny=True).eval()
        for weight in getattr(net, last).parameters():
            torch.nn.init.zeros_(weight)
        with torch.no_grad():
            one, other = net(torch.rand(1, 3, 8, 8)), net(torch.rand(1, 3, 8, 8))
        assert torch.equal(one, other) is not kept


def test_its_fusions_may_be_negative_and_carns_may_not() -> None:
    for name, negative in (("pcarn", True), ("carn", False)):
        net: Any = srkit.models.create(name, scale=2, tiny=True)
        with torch.no_grad():
            fused = net.cascades[0](torch.rand(1, 16, 9, 9))
        assert bool((fused < 0).any()) is negative


def test_the_files_of_carn_and_of_pcarn_are_told_apart(tmp_path: Path) -> None:
    assert srkit.models.load(published_file(golden("carn_m"), tmp_path), scale=2).name == "carn_m"
    assert srkit.models.load(published_file(golden("pcarn_m"), tmp_path), scale=2).name == "pcarn_m"


def test_groups_that_cannot_be_are_refused() -> None:
    with pytest.raises(BadInput, match="Groups need mobile=True"):
        srkit.models.create("pcarn", scale=2, groups=4)


@pytest.mark.slow
def test_the_authors_weights_reach_what_the_card_says_on_set5() -> None:
    path = shared("checkpoints/PCARN-M-L1.pth")
    for score in srkit.models.card("pcarn_m").measured:
        assert set5(srkit.models.load(path, scale=score.scale)) == pytest.approx(score.psnr, abs=0.006)
