from __future__ import annotations

from pathlib import Path

import pytest
import torch

import srkit
from srkit.errors import BadFile
from srkit.ops.pickles import check_pickle_reader


@pytest.mark.parametrize("version", ["2.9.1", "2.6.0+cu124", "1.13.1", "2.0.0a0+git1"])
def test_a_pickle_is_not_opened_by_a_pytorch_that_a_file_can_make_run_code(version: str) -> None:
    with pytest.raises(BadFile, match=r"Install PyTorch 2\.10 or newer, or use a \.safetensors file"):
        check_pickle_reader("weights.pt", version)


@pytest.mark.parametrize("version", ["2.10.0", "2.13.0+cpu", "2.11.0.dev20260101", "3.0.0"])
def test_newer_ones_may_open_it(version: str) -> None:
    check_pickle_reader("weights.pt", version)


def test_weights_of_another_program_are_read_without_the_function_that_can_be_made_to_run_code(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def never(*_: object, **__: object) -> None:
        raise AssertionError("torch.load was called")

    net = srkit.models.create("espcn", scale=2, tiny=True)
    torch.save(net.state_dict(), tmp_path / "theirs.pt")
    monkeypatch.setattr(torch, "load", never)
    loaded = srkit.models.load(tmp_path / "theirs.pt", scale=2)
    assert all(torch.equal(value, net.state_dict()[name]) for name, value in loaded.state_dict().items())
