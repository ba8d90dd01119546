from __future__ import annotations

import pytest
import torch

from srkit.errors import BadInput
from srkit.ops.device import devices, pick_device


def machine(patch: pytest.MonkeyPatch, *, cuda: int, mps: bool) -> None:
    patch.setattr(torch.cuda, "is_available", lambda: cuda > 0)
    patch.setattr(torch.cuda, "device_count", lambda: cuda)
    patch.setattr(torch.backends.mps, "is_available", lambda: mps)
    patch.setattr(torch, "empty", lambda *_, **__: None)


@pytest.mark.parametrize(
    ("cuda", "mps", "there", "chosen"),
    [
        (0, False, ["cpu"], "cpu"),
        (0, True, ["cpu", "mps"], "mps"),
        (2, False, ["cpu", "cuda:0", "cuda:1"], "cuda:1"),
    ],
)
def test_auto_takes_cuda_then_mps_then_the_cpu(
    cuda: int, mps: bool, there: list[str], chosen: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    machine(monkeypatch, cuda=cuda, mps=mps)
    assert devices() == there
    assert str(pick_device("auto", rank=1)) == chosen


@pytest.mark.parametrize("name", ["quantum", "cuda:99", "mps", "", "cpu:x", "xla"])
def test_a_device_that_is_not_there_is_refused_with_those_that_are(name: str) -> None:
    if name in devices():
        pytest.skip(f"this machine has {name}")
    with pytest.raises(BadInput, match=rf"device '{name}' cannot be used here \(.+\)\. Available: cpu"):
        pick_device(name)


def test_a_device_that_is_there_is_taken_by_its_name() -> None:
    assert pick_device("cpu") == torch.device("cpu")
