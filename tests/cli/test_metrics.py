from __future__ import annotations

from pathlib import Path

import pytest
import torch

import srkit
from tests.cli._call import Call


@pytest.fixture
def pair(tmp_path: Path) -> tuple[Path, Path]:
    rng = torch.Generator().manual_seed(0)
    hr = srkit.ops.resize.imresize(torch.rand(3, 6, 6, generator=rng), size=(41, 48)).clamp(0, 1)
    srkit.write(tmp_path / "hr.png", hr)
    sr = (hr[:, :40] + 0.05 * torch.randn(3, 40, 48, generator=rng)).clamp(0, 1)
    srkit.write(tmp_path / "sr.png", sr)
    return tmp_path / "sr.png", tmp_path / "hr.png"


def test_explain_prints_each_protocol_with_its_numbers_and_a_reason(call: Call, pair: tuple[Path, Path]) -> None:
    answer = call("metrics", "explain", *pair, "--scale", 2)
    assert answer.code == 0, answer.err
    sr, hr = (srkit.read(path)[:, :40] for path in pair)
    rows = srkit.metrics.explain(sr, hr, scale=2)
    for row in rows:
        assert row.protocol in answer.out
        assert f"{row.psnr:8.4f}" in answer.out
        assert row.reason.split()[0] in answer.out
    assert "cut to a multiple of 2" in answer.err


def test_compute_prints_every_registered_metric_with_its_protocol(call: Call, pair: tuple[Path, Path]) -> None:
    answer = call("metrics", "compute", *pair, "--scale", 2)
    sr, hr = (srkit.read(path)[:, :40] for path in pair)
    value = srkit.metrics.psnr(sr, hr, protocol=srkit.Protocol.papers(2))
    assert f"psnr  {value:.4f}  (Y of 8-bit RGB, border 2)" in answer.out
    assert "ssim" in answer.out


def test_compute_without_a_border_is_refused(call: Call, pair: tuple[Path, Path]) -> None:
    answer = call("metrics", "compute", *pair)
    assert answer.code == 2
    assert "--scale" in answer.err


def test_images_that_do_not_belong_together_are_refused(call: Call, pair: tuple[Path, Path], tmp_path: Path) -> None:
    srkit.write(tmp_path / "other.png", torch.rand(3, 20, 20))
    answer = call("metrics", "explain", tmp_path / "other.png", pair[1])
    assert answer.code == 2
    assert "same shape" in answer.err
