"""KMSR's network beside the authors' code."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import torch

import srkit
from srkit.ops.resize import imresize
from tests.models._published import golden, golden_input, published_file, same_as_golden


def test_a_published_state_dict_gives_the_pixels_of_the_authors_code(tmp_path: Path) -> None:
    record = golden("kmsr")
    net: Any = srkit.models.load(published_file(record, tmp_path), scale=2)
    assert (net.name, net.scale) == ("kmsr", 2)
    lr = golden_input(record)
    with torch.no_grad():
        same_as_golden(record, net.sharpen(lr))
        torch.testing.assert_close(net(lr), net.sharpen(imresize(lr, 2)))
