"""Low-to-High beside the authors' code."""

from __future__ import annotations

from pathlib import Path

import torch

import srkit
from tests.models._published import golden, golden_input, published_file, same_as_golden


def test_a_published_state_dict_gives_the_pixels_of_the_authors_code(tmp_path: Path) -> None:
    record = golden("low_to_high")
    net = srkit.models.load(published_file(record, tmp_path))
    assert (net.name, net.scale) == ("low_to_high", 4)
    with torch.no_grad():
        same_as_golden(record, net(golden_input(record)))


def test_the_count_is_the_authors_less_the_layer_that_is_never_used() -> None:
    with torch.device("meta"):
        net = srkit.models.create("low_to_high", scale=4)
    assert sum(p.numel() for p in net.parameters()) == 15_490_403 - (128 * 96 + 96)
