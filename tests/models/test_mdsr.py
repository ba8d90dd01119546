"""MDSR against the authors' code, and which parts belong to one scale."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch

import srkit
from tests.models._published import golden, golden_input, published_file, same_as_golden


def test_a_published_file_gives_the_pixels_of_the_authors_code_at_the_scale_asked_for(tmp_path: Path) -> None:
    record = golden("mdsr")
    net = srkit.models.load(published_file(record, tmp_path), scale=3)
    assert (net.name, net.scale) == ("mdsr_baseline", 3)
    with torch.no_grad():
        same_as_golden(record, net(golden_input(record)))


def test_scales_of_one_published_file_share_head_body_and_tail_and_nothing_else(tmp_path: Path) -> None:
    path = published_file(golden("mdsr"), tmp_path)
    two, four = (srkit.models.load(path, scale=scale).state_dict() for scale in (2, 4))
    equal = {key.split(".")[0] for key in two if torch.equal(two[key], four[key])}
    assert equal == {"head", "body", "body_end", "tail"}


@pytest.mark.parametrize(("name", "n_blocks", "printed"), [("mdsr", 80, 7_953_987), ("mdsr_baseline", 16, 3_227_203)])
def test_the_printed_count_is_that_of_all_scales_together(name: str, n_blocks: int, printed: int) -> None:
    once = srkit.models.card(name).parameters
    convolution = 9 * 64 * 64 + 64
    shared = (27 * 64 + 64) + (2 * n_blocks + 1) * convolution + (9 * 64 * 3 + 3)
    assert sum(once.values()) - 2 * shared == printed


def test_the_blocks_of_a_scale_look_through_five_pixels_and_the_shared_ones_through_three() -> None:
    net = srkit.models.create("mdsr", scale=2, tiny=True)
    sizes = {key.split(".")[0]: value.shape[-1] for key, value in net.state_dict().items() if "conv1.weight" in key}
    assert sizes == {"own": 5, "body": 3}
