"""``srkit export``: what is refused before work, and a file that comes back where an engine is installed."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest
import torch

import srkit
from tests.cli._call import Call


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("--to", "ncnn", "--out", "net.bin"), "must end in .ncnn.zip"),
        (("--to", "onnx", "--out", "there.onnx"), "exists and would be overwritten"),
        (("--to", "onnx", "--out", "no/net.onnx"), "the folder no does not exist"),
        (("--to", "onnx", "--model", "bicubic"), "one network is exported at a time"),
        (("--to", "onnx", "--engine", "ncnn"), "leave out --method, --engine and --precision"),
        (("--to", "onnx", "--precision", "bfloat16"), "leave out --method, --engine and --precision"),
    ],
)
def test_what_cannot_be_is_refused_before_any_work(
    words: tuple[str, ...], said: str, call: Call, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "there.onnx").write_bytes(b"mine")
    answer = call("export", "a2001sr", "--scale", 2, *words)
    assert answer.code == 2
    assert said in " ".join(answer.err.split())
    assert [path.name for path in tmp_path.iterdir()] == ["there.onnx"]
    assert (tmp_path / "there.onnx").read_bytes() == b"mine"


@pytest.mark.parametrize(("to", "package"), [("ncnn", "pnnx"), ("onnx", "onnxscript"), ("openvino", "openvino")])
def test_a_converter_that_is_not_installed_is_named_with_the_command_that_brings_it(
    to: str, package: str, call: Call, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    for name in ("onnx", "onnxscript", "pnnx", "openvino"):
        monkeypatch.setitem(sys.modules, name, None)
    answer = call("export", "a2001sr", "--scale", 2, "--to", to)
    assert answer.code == 2
    assert "pip install 'srkit[" in answer.err
    assert not list(tmp_path.iterdir())


def test_a_bundle_enlarges_a_picture_as_its_network_does_and_says_its_scale_and_licence(
    call: Call, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    pytest.importorskip("openvino")
    monkeypatch.chdir(tmp_path)
    srkit.write("lr.png", srkit.datasets.samples()[0].lr[:, :40, :60])
    assert call("export", "a2001sr", "--scale", 2, "--to", "openvino").code == 0
    assert call("upscale", "lr.png", "--model", "a2001sr_x2.openvino.zip", "--tile", 24, "--out", "a.png").code == 0
    engine = ("--engine", "torch", "--out", "b.png")
    assert call("upscale", "lr.png", "--model", "a2001sr", "--scale", 2, *engine).code == 0
    levels = 255 * (srkit.read("a.png") - srkit.read("b.png")).abs()
    assert levels.max() <= 1
    assert float((levels > 0).float().mean()) < 1e-3  # rounding ties
    answer = call("upscale", "lr.png", "--model", "a2001sr_x2.openvino.zip", "--scale", 3)
    assert answer.code == 2
    assert "enlarges 2 times" in answer.err
    label = srkit.inference.bundle.read_bundle("a2001sr_x2.openvino.zip").label
    assert {"name", "scale", "licence", "reach", "input", "output", "card", "protocol"} <= set(label)


def test_bfloat16_of_upscale_says_how_far_it_is_off(
    call: Call, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    srkit.write("lr.png", torch.rand(3, 12, 14, generator=torch.Generator().manual_seed(0)))
    words = ("--model", "a2001sr", "--scale", 2, "--engine", "torch", "--precision", "bfloat16")
    answer = call("upscale", "lr.png", *words)
    assert answer.code == 0
    assert "of 255 levels from float32" in answer.err
