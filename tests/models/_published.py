"""Goldens of networks with one file each, and what the tests of their real weights share."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
import torch
from torch import Tensor, nn

import srkit
from srkit.metrics import Protocol
from tests._shared import shared
from tests.models._formula import image, scattered, weights

GOLDEN = Path(__file__).parent / "golden"


def golden(name: str) -> dict[str, Any]:
    """Return what ``make_golden_luma.py``, ``make_golden_dense.py`` or ``make_golden_attention.py`` recorded."""
    record: dict[str, Any] = json.loads((GOLDEN / f"{name}.json").read_text("utf-8"))
    return record


def golden_input(record: dict[str, Any]) -> Tensor:
    """Return the image the reference was shown, ``(1, channels, h, w)``."""
    return image(*record["size"])[:, : record["channels"]]


def published_file(record: dict[str, Any], folder: Path) -> Path:
    """Write a file as the reference would save it, with the weights of the golden."""
    path = folder / "published.pt"
    unlearned = {key: torch.zeros(shape) for key, shape in record.get("buffers", {}).items()}
    unlearned |= {key: torch.tensor(value) for key, value in record.get("offsets", {}).items()}
    if record.get("scattered"):
        learned = scattered(record["shapes"], gain=record["gain"])
    else:
        learned = weights(record["shapes"], white=record.get("white", 255.0), gain=record.get("gain", 1.0))
    torch.save({**learned, **unlearned}, path)
    return path


def same_as_golden(record: dict[str, Any], ours: Tensor) -> None:
    """Compare ``(1, channels, h, w)`` with the recorded pixels and mean."""
    theirs = torch.tensor([value for *_, value in record["pixels"]])
    found = torch.stack([ours[0, c, y, x] for c, y, x, _ in record["pixels"]])
    assert theirs.std() > 0.01, "a golden of equal pixels would prove nothing"
    torch.testing.assert_close(found, theirs, atol=1e-5, rtol=1e-5)
    assert float(ours.mean()) == pytest.approx(record["mean"], abs=1e-5)


def seeded(channels: int = 1) -> Tensor:
    """Return the input of the golden values of real weights: ``rand(1, channels, 16, 16)`` after ``manual_seed(0)``."""
    return torch.rand(1, channels, 16, 16, generator=torch.Generator().manual_seed(0))


def set5(net: nn.Module, protocol: Protocol | None = None) -> float:
    """Return the mean PSNR on Set5 from MATLAB's 8-bit LR images, as the papers measure it."""
    root = shared("benchmarks/Set5").parent
    shared("benchmarks/matlab_lr/Set5")
    mean: float = srkit.evaluate(net, "set5", root=root, protocol=protocol).mean.psnr
    return mean
