from __future__ import annotations

import platform
import warnings

import pytest
import torch

from srkit.errors import BadInput
from srkit.ops.device import devices, pick_device, warn_of_bfloat16


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


@pytest.mark.parametrize(
    ("kind", "amx", "device", "said"),
    [("x86_64", False, "cpu", True), ("AMD64", True, "cpu", False), ("arm64", False, "cpu", False),
     ("x86_64", False, "meta", False)],
)  # fmt: skip
def test_bfloat16_on_a_processor_without_its_instructions_is_warned_of(
    kind: str, amx: bool, device: str, said: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(platform, "machine", lambda: kind)
    monkeypatch.setattr(torch.cpu, "_is_avx512_bf16_supported", lambda: False)
    monkeypatch.setattr(torch.cpu, "_is_amx_tile_supported", lambda: amx)
    with warnings.catch_warnings(record=True) as found:
        warnings.simplefilter("always")
        warn_of_bfloat16(torch.device(device))
    assert [str(one.message).startswith("This processor has no instructions for bfloat16") for one in found] == [
        True
    ] * said
