from __future__ import annotations

from pathlib import Path

import pytest
import torch

import srkit
from srkit import models
from tests.cli._call import Call


@pytest.fixture
def files(tmp_path: Path) -> tuple[Path, Path]:
    nets = [models.create("espcn", scale=2, tiny=True) for _ in range(2)]
    return tuple(models.save(net, tmp_path / f"{name}.safetensors") for net, name in zip(nets, "ab", strict=True))  # type: ignore[return-value]


def test_several_alphas_give_several_files_whose_ends_are_the_networks(call: Call, files, tmp_path: Path) -> None:
    answer = call("mix", *files, "--alpha", 0, "--alpha", 0.3, "--alpha", 1, "--out", tmp_path / "between")
    assert answer.code == 0, answer.err
    found = [models.load(tmp_path / "between" / f"{name}.safetensors") for name in ("0", "0.3", "1")]
    ends = [models.load(path) for path in files]
    for mine, theirs in ((found[0], ends[0]), (found[2], ends[1])):
        assert all(
            torch.equal(a, b) for a, b in zip(mine.state_dict().values(), theirs.state_dict().values(), strict=True)
        )
    expected = srkit.mix(*ends, 0.3)
    assert all(
        torch.equal(a, b) for a, b in zip(found[1].state_dict().values(), expected.state_dict().values(), strict=True)
    )


def test_one_alpha_may_give_one_file_that_is_never_overwritten_unasked(call: Call, files, tmp_path: Path) -> None:
    target = tmp_path / "half.safetensors"
    assert call("mix", files[0].as_uri(), files[1], "--out", target).code == 0
    assert models.load(target).name == "espcn"
    answer = call("mix", *files, "--out", target)
    assert answer.code == 2
    assert "exists already" in answer.err
    assert call("mix", *files, "--out", target, "--overwrite").code == 0


def test_different_networks_are_refused_in_one_sentence(call: Call, files, tmp_path: Path) -> None:
    other = models.save(models.create("srcnn", scale=2), tmp_path / "c.safetensors")
    answer = call("mix", files[0], other)
    assert answer.code == 2
    assert "one is a ESPCN, the other a SRCNN" in answer.err
