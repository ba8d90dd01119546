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
    answer = call("metrics", "explain", pair[0].as_uri(), pair[1], "--scale", 2)
    assert answer.code == 0, answer.err
    sr, hr = (srkit.read(path)[:, :40] for path in pair)
    rows = srkit.metrics.explain(sr, hr, scale=2)
    for row in rows:
        assert row.protocol in answer.out
        assert f"{row.psnr:8.4f}" in answer.out
        assert row.reason.split()[0] in answer.out
    assert "cut to a multiple of 2" in answer.err


def test_compute_prints_every_registered_metric_with_its_protocol_or_why_it_was_not_measured(
    call: Call, pair: tuple[Path, Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for variable in ("SRKIT_LPIPS", "SRKIT_NIQE"):
        monkeypatch.setenv(variable, str(tmp_path / "nowhere"))
    lines = call("metrics", "compute", *pair, "--scale", 2).out.splitlines()
    assert [line.split()[0] for line in lines] == srkit.metrics.METRICS.names()
    sr, hr = (srkit.read(path)[:, :40] for path in pair)
    protocol = srkit.Protocol.papers(2)
    for line in lines:
        metric = srkit.metrics.METRICS.get(line.split()[0])
        if metric.ready is None:
            assert line.endswith(f"  {metric(sr, hr, protocol=protocol):.4f}  ({metric.conditions or protocol})")
        else:
            assert "not measured: " in line


def test_a_metric_whose_weights_are_missing_is_said_and_does_not_hide_the_others(
    call: Call, pair: tuple[Path, Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SRKIT_LPIPS", str(tmp_path))
    answer = call("metrics", "compute", *pair, "--scale", 2)
    assert answer.code == 0
    assert "lpips  not measured: The weights of LPIPS are not in" in answer.out
    assert "psnr" in answer.out
    asked = call("metrics", "compute", *pair, "--scale", 2, "--metrics", "lpips")
    assert asked.code == 2
    assert "SRKIT_LPIPS" in asked.err


def test_a_picture_alone_is_measured_by_what_needs_no_reference(
    call: Call, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    natural = srkit.metrics.Naturalness(torch.zeros(36).double(), torch.eye(36).double())
    natural.save(tmp_path / "natural.npz")
    monkeypatch.setenv("SRKIT_NIQE", str(tmp_path / "natural.npz"))
    srkit.write(tmp_path / "photo.png", torch.rand(3, 192, 192, generator=torch.Generator().manual_seed(0)))
    answer = call("metrics", "compute", tmp_path / "photo.png")
    assert answer.code == 0, answer.err
    value = srkit.metrics.niqe(srkit.read(tmp_path / "photo.png"), natural)
    assert answer.out.split()[:2] == ["niqe", f"{value:.4f}"]
    assert "psnr" not in answer.out
    assert call("metrics", "compute", tmp_path / "photo.png", "--metrics", "psnr").code == 2


@pytest.mark.parametrize("verb", ["compute", "explain"])
def test_pictures_that_differ_in_transparency_alone_are_not_called_identical(
    call: Call, pair: tuple[Path, Path], tmp_path: Path, verb: str
) -> None:
    rgb = srkit.read(pair[0])
    alpha = torch.ones_like(rgb[:1])
    srkit.write(tmp_path / "opaque.png", rgb, alpha=alpha)
    alpha[:, :10] = 0.4
    srkit.write(tmp_path / "half.png", rgb, alpha=alpha)
    words = "differ in transparency: by up to 153 of 255 levels, in 25 % of the pixels"
    assert words in call("metrics", verb, tmp_path / "half.png", pair[0], "--scale", 2).out
    assert words in call("metrics", verb, tmp_path / "opaque.png", tmp_path / "half.png", "--scale", 2).out
    assert "transparency" not in call("metrics", verb, tmp_path / "opaque.png", pair[0], "--scale", 2).out


def test_compute_without_a_border_is_refused(call: Call, pair: tuple[Path, Path]) -> None:
    answer = call("metrics", "compute", *pair)
    assert answer.code == 2
    assert "--scale" in answer.err


def test_images_that_do_not_belong_together_are_refused(call: Call, pair: tuple[Path, Path], tmp_path: Path) -> None:
    srkit.write(tmp_path / "other.png", torch.rand(3, 20, 20))
    answer = call("metrics", "explain", tmp_path / "other.png", pair[1])
    assert answer.code == 2
    assert "same shape" in answer.err
