"""RNAN against the authors' code, and which way its softmax runs."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch
import torch.nn.functional as F

import srkit
from srkit.models.rnan import Mask, NonLocal, find_everywhere
from tests.models._published import golden, golden_input, published_file, same_as_golden


@pytest.mark.parametrize("name", ["rnan-x2", "rnan-x3"])
def test_a_published_file_gives_the_pixels_of_the_published_code(name: str, tmp_path: Path) -> None:
    record = golden(name)
    net = srkit.models.load(published_file(record, tmp_path))
    assert (net.name, net.scale) == ("rnan", record["scale"])
    with torch.no_grad():
        same_as_golden(record, net(golden_input(record)))


def test_each_pixel_that_is_looked_at_hands_out_the_same_amount() -> None:
    query, key, value = torch.randn(3, 2, 10, 4, dtype=torch.float64)
    found = find_everywhere(query, key, value)
    torch.testing.assert_close(found.sum(1), value.sum(1), msg="columns add up to one: nothing is lost or doubled")
    rows = F.scaled_dot_product_attention(query, key, value, scale=1.0)
    assert (found - rows).abs().max() > 0.1, "which the usual softmax over what is looked at does not do"


def test_pieces_give_what_the_whole_matrix_gives() -> None:
    query, key, value = torch.randn(3, 2, 10, 4, dtype=torch.float64)
    whole = torch.softmax(query @ key.mT, dim=1) @ value
    for at_once in (1, 3, 10, 64):
        torch.testing.assert_close(find_everywhere(query, key, value, at_once=at_once), whole)


def test_permuting_the_pixels_permutes_what_they_find() -> None:
    block = NonLocal(8).double()
    torch.nn.init.normal_(block.end.weight)
    features, order = torch.randn(2, 8, 3, 4, dtype=torch.float64), torch.randperm(12)
    permuted = block(features.flatten(2)[..., order].view_as(features)).flatten(2)
    torch.testing.assert_close(permuted, block(features).flatten(2)[..., order])


def test_a_new_non_local_block_changes_nothing() -> None:
    features = torch.randn(1, 8, 3, 4)
    assert NonLocal(8)(features).equal(features)


def test_the_mask_lies_between_none_and_all_and_is_as_large_as_the_features() -> None:
    mask = Mask(8, non_local=True)(torch.randn(2, 8, 6, 4))
    assert mask.shape == (2, 8, 6, 4)
    assert 0 < mask.min() < mask.max() < 1
