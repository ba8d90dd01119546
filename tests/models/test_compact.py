"""Compact against the formula written out with functions, and against ncnn where it is installed."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch
import torch.nn.functional as F

from srkit.errors import BadInput
from srkit.models import create, load


def test_compact_written_out_gives_the_same() -> None:
    net = create("compact", scale=3, tiny=True).double()
    held, lr = net.state_dict(), torch.rand(2, 3, 9, 11, dtype=torch.float64)
    x = lr
    for i in range(0, 6, 2):
        x = F.conv2d(x, held[f"body.{i}.weight"], held[f"body.{i}.bias"], padding=1)
        x = torch.where(x > 0, x, held[f"body.{i + 1}.weight"][:, None, None] * x)
    x = F.conv2d(x, held["body.6.weight"], held["body.6.bias"], padding=1)
    b, _, h, w = lr.shape
    shuffled = x.view(b, 3, 3, 3, h, w).permute(0, 1, 4, 2, 5, 3).reshape(b, 3, 3 * h, 3 * w)
    nearest = lr.repeat_interleave(3, 2).repeat_interleave(3, 3)
    torch.testing.assert_close(net(lr), shuffled + nearest)


def test_a_file_under_the_authors_names_says_its_sizes(tmp_path: Path) -> None:
    net = create("compact_large", scale=4).eval()
    torch.save({"params": net.state_dict()}, tmp_path / "realesr-general-x4v3.pth")
    again = load(tmp_path / "realesr-general-x4v3.pth")
    assert (again.name, again.scale) == ("compact_large", 4)
    assert all(torch.equal(value, again.state_dict()[key]) for key, value in net.state_dict().items())


def test_an_image_drawn_larger_is_reduced_and_one_drawn_smaller_refused() -> None:
    net = create("compact", scale=2, tiny=True, draws=4)
    assert net(torch.rand(1, 3, 9, 8)).shape == (1, 3, 18, 16)
    with pytest.raises(BadInput, match="at least as large"):
        create("compact", scale=4, tiny=True, draws=2)
