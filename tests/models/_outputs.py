"""Goldens of networks with several outputs, recorded in double precision by ``make_golden_upsampling.py``."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pytest
import torch
from torch import Tensor

from tests.models._published import golden_input


def double_input(record: dict[str, Any]) -> Tensor:
    """Return the image the reference was shown, ``(1, channels, h, w)``."""
    return golden_input(record).double()


def same_outputs(record: dict[str, Any], images: Sequence[Tensor]) -> None:
    """Compare each ``(1, channels, h, w)`` with the pixels and the mean of the reference's."""
    assert len(images) == len(record["outputs"])
    for ours, kept in zip(images, record["outputs"], strict=True):
        theirs = torch.tensor([value for *_, value in kept["pixels"]], dtype=torch.float64)
        found = torch.stack([ours[0, c, y, x] for c, y, x, _ in kept["pixels"]])
        spread = float(theirs.std())
        assert spread > 0.01, "a golden of equal pixels would prove nothing"
        torch.testing.assert_close(found, theirs, atol=1e-6 * spread, rtol=1e-6)
        assert float(ours.mean()) == pytest.approx(kept["mean"], abs=1e-6 * spread)
