"""MSRN, of the released code and of the paper, against the authors' two versions."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import torch

import srkit
from srkit.errors import BadInput
from tests.models._formula import weights
from tests.models._published import golden, golden_input, published_file, same_as_golden


def test_a_published_state_dict_gives_the_pixels_of_the_published_code(tmp_path: Path) -> None:
    record = golden("msrn")
    net = srkit.models.load(published_file(record, tmp_path))
    assert (net.name, net.scale) == ("msrn", 2)
    with torch.no_grad():
        same_as_golden(record, net(golden_input(record)))


def test_the_earlier_state_dict_gives_the_pixels_of_the_earlier_code(tmp_path: Path) -> None:
    record = golden("msrn_luma")
    net: Any = srkit.models.load(published_file(record, tmp_path))
    assert (net.name, net.scale) == ("msrn_luma", 2)
    with torch.no_grad():
        same_as_golden(record, net.draw(golden_input(record)))


def test_a_mean_shift_that_moved_in_training_is_loaded_as_it_is(tmp_path: Path) -> None:
    record = golden("msrn")
    state = weights(record["shapes"])
    torch.save(state, tmp_path / "still.pt")
    state["add_mean.bias"] = state["add_mean.bias"] + torch.tensor([2.55, 0.0, -2.55])
    torch.save(state, tmp_path / "moved.pt")
    still, moved = (srkit.models.load(tmp_path / f"{which}.pt") for which in ("still", "moved"))
    lr = torch.rand(1, 3, 8, 8)
    with torch.no_grad():
        difference = (moved(lr) - still(lr)).mean(dim=(0, 2, 3))
    torch.testing.assert_close(difference, torch.tensor([0.01, 0.0, -0.01]), atol=1e-5, rtol=0)
    assert not any("mean" in name for name, _ in moved.named_parameters())


def test_the_two_kernels_of_a_block_see_each_others_results() -> None:
    net: Any = srkit.models.create("msrn", scale=2, tiny=True)
    block = net.body[0]
    features = torch.rand(1, 16, 9, 9)
    with torch.no_grad():
        small = block.small2(torch.cat([block.small1(features), block.large1(features)], 1).relu())
        block.large1.bias.add_(1)
        changed = block.small2(torch.cat([block.small1(features), block.large1(features)], 1).relu())
    assert not torch.allclose(small, changed)


def test_a_block_sees_nine_pixels_a_side() -> None:
    net: Any = srkit.models.create("msrn", scale=2, tiny=True)
    block = net.body[0].double()
    for weight in block.parameters():
        torch.nn.init.constant_(weight, 0.1)  # no ReLU is off
    features = torch.rand(1, 16, 21, 21, dtype=torch.float64, requires_grad=True)
    block(features)[0, 0, 10, 10].backward()
    assert features.grad is not None
    seen = features.grad[0, 0].nonzero()
    assert (seen.min(0).values.tolist(), seen.max(0).values.tolist()) == ([6, 6], [14, 14])


def test_two_colours_are_refused() -> None:
    with pytest.raises(BadInput, match="3 colours or on 1"):
        srkit.models.create("msrn", scale=2, colours=2)
