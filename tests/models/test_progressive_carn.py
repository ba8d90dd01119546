"""Progressive CARN: CARN's trunk, and the invariants of growing by replacement."""

from __future__ import annotations

import re

import pytest
import torch

import srkit
from srkit.errors import BadInput


def test_growing_keeps_all_that_was_learned_but_the_tail() -> None:
    small = srkit.models.create("progressive_carn", scale=2, tiny=True)
    large = srkit.models.create("progressive_carn", scale=4, tiny=True)
    tail = large.tail.weight.clone()
    new = large.start_from(small)  # type: ignore[operator]
    assert set(new) == {"tail.weight", "tail.bias", "upsampler.1.0.weight", "upsampler.1.0.bias"}
    for key, value in small.state_dict().items():
        if not key.startswith("tail."):
            assert torch.equal(large.state_dict()[key], value), key
    assert torch.equal(large.tail.weight, tail)


def test_at_one_scale_it_computes_what_carn_computes() -> None:
    ours = srkit.models.create("progressive_carn", scale=4, tiny=True).eval()
    carn = srkit.models.create("carn", scale=4, tiny=True).eval()
    renamed = {}
    for key, value in ours.state_dict().items():
        key = re.sub(r"^body\.parts\.(\d)\.parts\.", r"cascades.\1.blocks.", key)
        key = re.sub(r"^body\.parts\.(\d)\.fusions\.", r"cascades.\1.fusions.", key)
        key = re.sub(r"^body\.fusions\.", r"fusions.", key)
        key = re.sub(r"^upsampler\.(\d)\.0\.", lambda found: f"upsampler.{3 * int(found[1])}.", key)
        renamed[key] = value
    carn.load_state_dict(renamed)
    lr = torch.rand(1, 3, 9, 11)
    with torch.no_grad():
        torch.testing.assert_close(ours(lr), carn(lr))


def test_it_cannot_grow_out_of_itself_or_out_of_another_network() -> None:
    net = srkit.models.create("progressive_carn", scale=4, tiny=True)
    for other in (net, srkit.models.create("edsr", scale=2, tiny=True)):
        with pytest.raises(BadInput, match="smaller scale"):
            net.start_from(other)  # type: ignore[operator]
