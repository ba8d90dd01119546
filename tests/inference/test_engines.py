"""Engines, with a made one where none is installed, and with ncnn and OpenVINO where they are."""

from __future__ import annotations

import ctypes
import importlib
import json
import signal
import sys
import threading
import warnings
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
import torch

import srkit
from srkit.errors import BadFile, BadInput
from srkit.inference import engines, in_ncnn
from srkit.inference.bundle import Bundle, read_bundle, write_bundle
from srkit.inference.convert import convert, import_engine
from srkit.inference.engines import load_bundle, on_engine
from srkit.inference.reach import measure_reach

Net = torch.nn.Module


def net() -> Net:
    return srkit.models.create("a2001sr", scale=2, pretrained="srkit")


def photo(side: int = 96) -> torch.Tensor:
    return srkit.datasets.samples()[1].lr[:, :side, : side + 5]


@pytest.fixture(autouse=True)
def _cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SRKIT_CACHE", str(tmp_path / "cache"))


@pytest.fixture
def made(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Let an engine called ncnn be PyTorch itself, and return what was converted."""
    converted: list[str] = []
    inner = net()

    def convert_it(given: Net, to: str, *, licence: str | None = None) -> Bundle:
        converted.append(to)
        reach = measure_reach(given)
        label = {"name": "made", "scale": "2", "reach": json.dumps([reach.radius, reach.align]),
                 "bytes_per_pixel": "4000", "network": "abc"}  # fmt: skip
        return Bundle(to, {"net.param": b"p", "net.bin": b"b"}, label)

    def run(image: Any) -> Any:
        with torch.inference_mode():
            return inner(torch.from_numpy(image)[None])[0].numpy()

    def try_it(image: Any) -> Any:
        try:
            return engines._in_ncnn(None, 1)(image)  # type: ignore[arg-type]
        except MemoryError:
            return None

    monkeypatch.setattr(engines, "convert", convert_it)
    monkeypatch.setattr(engines, "digest_of", lambda given, to: f"digest-{to}")
    monkeypatch.setattr(engines, "_in_ncnn", lambda bundle, threads: run)
    monkeypatch.setattr(engines, "tried", lambda files, images, threads: [try_it(image) for image in images])
    return converted


def test_an_engine_is_a_network_whose_tiles_equal_the_whole(made: list[str]) -> None:
    fast, lr = on_engine(net(), engine="ncnn"), photo()
    assert measure_reach(fast) == measure_reach(net())
    fast.register_buffer("place", torch.empty(0), persistent=False)  # as --device does
    assert measure_reach(fast) == measure_reach(net())
    whole = srkit.upscale(lr, net())
    torch.testing.assert_close(srkit.upscale(lr, fast, tile=32), whole, rtol=0, atol=1e-5)
    torch.testing.assert_close(srkit.upscale(lr, net(), engine="ncnn"), whole, rtol=0, atol=1e-5)


def test_a_network_is_converted_once_and_then_taken_from_the_cache(made: list[str], tmp_path: Path) -> None:
    first = net()
    assert on_engine(first, engine="ncnn") is on_engine(first, engine="ncnn")
    on_engine(net(), engine="ncnn")
    assert made == ["ncnn"]
    (kept,) = (tmp_path / "cache" / "engines").iterdir()
    kept.write_bytes(b"damaged")
    on_engine(net(), engine="ncnn")
    assert made == ["ncnn", "ncnn"]


def test_a_conversion_that_computes_something_else_is_refused_and_auto_goes_on(
    made: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(engines, "_in_ncnn", lambda *_: lambda image: np.full((3, 2 * image.shape[1], 100), 0.5, "f4"))
    monkeypatch.setattr(engines, "_in_openvino", lambda *_: pytest.fail("must not be asked for ncnn"))
    with pytest.raises(BadInput, match="another network than made"):
        on_engine(net(), engine="ncnn")
    right = net()
    monkeypatch.setattr(engines, "find_spec", lambda package: package in ("ncnn", "pnnx"))
    assert on_engine(right) is right


def test_images_too_small_for_an_engine_are_refused_by_it_and_auto_leaves_it_alone(
    made: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    inner = net()

    def run(image: Any) -> Any:
        if min(image.shape[1:]) < 11:
            raise MemoryError("ncnn gave no result: out of memory")
        with torch.inference_mode():
            return inner(torch.from_numpy(image)[None])[0].numpy()

    monkeypatch.setattr(engines, "_in_ncnn", lambda *_: run)
    monkeypatch.setattr(engines, "find_spec", lambda package: package in ("ncnn", "pnnx"))
    monkeypatch.setattr(engines, "_seconds", lambda one: 1.0 if hasattr(one, "engine") else 2.0)
    fast = on_engine(net(), engine="ncnn")
    torch.testing.assert_close(srkit.upscale(photo(11), fast), srkit.upscale(photo(11), net()), rtol=0, atol=1e-5)
    with pytest.raises(BadInput, match=r"from 11 x 11 pixels on, and 10 x 15 was given.*engine='torch'"):
        srkit.upscale(photo(10), fast)
    right = net()
    assert on_engine(right) is right


MADE_NCNN = """
import os

class Extractor:
    def input(self, name, image):
        self.image = image

    def extract(self, name):
        if min(self.image.shape[1:]) < 10:
            os.abort()
        return 0, 2 * self.image

class Mat:
    def __init__(self, image):
        self.clone = lambda: image

class Net:
    opt = type("Options", (), {})()
    load_param = load_model = lambda *_: 0
    create_extractor = Extractor
"""


def test_a_network_that_ends_the_process_of_its_trial_gives_no_image_from_there_on(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "ncnn.py").write_text(MADE_NCNN)
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))
    images = [np.full((3, side, 12), side, "f4") for side in (12, 9, 14)]
    first, *others = in_ncnn.tried({"net.param": b"", "net.bin": b""}, images, 1)
    np.testing.assert_array_equal(first, 2 * images[0])
    assert others == [None, None]


def test_the_layers_that_ncnn_lacks_are_named(monkeypatch: pytest.MonkeyPatch) -> None:
    known = SimpleNamespace(layer_to_index=lambda kind: -1 if "." in kind else 0)
    monkeypatch.setitem(sys.modules, "ncnn", known)  # type: ignore[arg-type]
    files = {"net.param": b"7767517\n2 2\nInput in0 0 1 in0\npnnx.Expression e 0 1 0\n", "net.bin": b""}
    with pytest.raises(BadInput, match=r"ncnn cannot compute made: it does not know pnnx\.Expression\."):
        engines._in_ncnn(Bundle("ncnn", files, {"name": "made"}), 1)


@pytest.mark.parametrize("faster", ["torch", "ncnn"])
def test_auto_takes_what_needs_the_least_time_and_remembers_it(
    faster: str, made: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(engines, "find_spec", lambda package: package in ("ncnn", "pnnx"))
    asked: list[str] = []

    def seconds(one: Net) -> float:
        asked.append(getattr(one, "engine", "torch"))
        return 1.0 if asked[-1] == faster else 2.0

    monkeypatch.setattr(engines, "_seconds", seconds)
    assert getattr(on_engine(net()), "engine", "torch") == faster
    assert sorted(asked) == ["ncnn", "torch"]
    monkeypatch.setattr(engines, "_seconds", lambda one: pytest.fail("it was measured before"))
    assert getattr(on_engine(net()), "engine", "torch") == faster


def test_several_threads_use_one_engine(made: list[str]) -> None:
    fast, lr, found = on_engine(net(), engine="ncnn"), photo(40), []
    workers = [threading.Thread(target=lambda: found.append(srkit.upscale(lr, fast, tile=16))) for _ in range(4)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    assert len(found) == 4
    assert all(torch.equal(one, found[0]) for one in found)


@pytest.mark.parametrize(
    ("engine", "precision", "said"),
    [
        ("tensorrt", "float32", "there are auto, torch, ncnn, openvino"),
        ("torch", "int4", "there are float32, bfloat16, float16"),
        ("ncnn", "bfloat16", "ncnn does not compute in bfloat16; torch, openvino can"),
    ],
)
def test_what_no_engine_can_is_refused(engine: str, precision: str, said: str) -> None:
    with pytest.raises(BadInput, match=said):
        srkit.upscale(photo(16), net(), engine=engine, precision=precision)


def test_an_engine_that_is_not_installed_is_named_with_the_command_that_brings_it(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    for package in ("openvino", "pnnx"):
        monkeypatch.setitem(sys.modules, package, None)
    with pytest.raises(BadInput, match=r"package openvino.*pip install 'srkit\[engines\]'"):
        on_engine(net(), engine="openvino")
    plain = net()
    assert on_engine(plain, engine="auto") is plain


def test_bfloat16_says_how_far_it_is_off_and_leaves_the_network_alone() -> None:
    exact, lr = net(), photo(48)
    with pytest.warns(RuntimeWarning, match=r"up to [\d.]+ of 255 levels .* dB"):
        fast = srkit.upscale(lr, exact, engine="torch", precision="bfloat16")
    assert next(exact.parameters()).dtype == torch.float32
    error = 255 * (fast - srkit.upscale(lr, exact)).abs()
    assert 0 < error.max() < 8


@pytest.mark.parametrize(("exact", "fast", "levels"), [(1.2, 1.4, "0.0"), (-0.3, -0.1, "0.0"), (0.5, 0.6, "25.5")])
def test_what_a_file_would_cut_off_is_no_difference(exact: float, fast: float, levels: str) -> None:
    class Flat(torch.nn.Module):
        def __init__(self, value: float) -> None:
            super().__init__()
            self.value = value

        def forward(self, lr: torch.Tensor) -> torch.Tensor:
            return torch.full_like(lr, self.value)

    with pytest.warns(RuntimeWarning, match=f"up to {levels} of 255 levels"):
        engines._tell_loss(Flat(fast), Flat(exact), "fast")


def test_a_bundle_comes_back_as_it_was_and_equal_bundles_are_equal_bytes(tmp_path: Path) -> None:
    label = {"name": "n", "scale": "3", "reach": "[7, 1]", "licence": "Freie Nutzung, für alle"}
    for to, files in (("onnx", {"net.onnx": b"\x08\x0a"}), ("ncnn", {"net.param": b"7767517", "net.bin": b"\0"})):
        given = Bundle(to, files, label)
        paths = [write_bundle(given, tmp_path / f"{to}{n}.zip") for n in (1, 2)]
        assert paths[0].read_bytes() == paths[1].read_bytes()
        found = read_bundle(paths[0])
        assert (found.to, found.label, found.scale, found.reach.radius) == (to, label, 3, 7)


@pytest.mark.parametrize("content", [b"", b"PK\x05\x06" + bytes(18), b"\x08\x0a", b"\xff" * 40, b"no network"])
def test_a_file_that_is_no_bundle_is_refused(content: bytes, tmp_path: Path) -> None:
    (tmp_path / "net.onnx").write_bytes(content)
    with pytest.raises(BadFile, match="srkit export"):
        load_bundle(tmp_path / "net.onnx")


@pytest.mark.parametrize("to", ["ncnn", "openvino", "onnx"])
def test_every_format_gives_the_pixels_of_pytorch_in_tiles_of_any_size(to: str, tmp_path: Path) -> None:
    for package in {"ncnn": ("ncnn", "pnnx"), "openvino": ("openvino",), "onnx": ("onnx", "onnxscript", "openvino")}[
        to
    ]:
        pytest.importorskip(package)
    fast = load_bundle(write_bundle(convert(net(), to), tmp_path / ("net.onnx" if to == "onnx" else "net.zip")))
    lr = photo()
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        whole, tiles = srkit.upscale(lr, net()), srkit.upscale(lr, fast, tile=40)
    assert float((whole - tiles).abs().max()) < 1e-4
    apart = (255 * whole + 0.5).floor() != (255 * tiles + 0.5).floor()
    ties = ((255 * whole + 0.5).frac() - 0.5).abs() > 0.5 - 0.03
    assert bool((~apart | ties).all()), "8-bit pixels differ where PyTorch's value is not close to the middle of two"


def test_ncnn_computes_a_network_whose_first_layer_works_in_place() -> None:
    for package in ("ncnn", "pnnx"):
        pytest.importorskip(package)

    class Louder(torch.nn.Module):
        scale = 2

        def __init__(self) -> None:
            super().__init__()
            self.only = torch.nn.Conv2d(3, 12, 3, padding=1)

        def forward(self, lr: torch.Tensor) -> torch.Tensor:
            return torch.nn.functional.pixel_shuffle(self.only(lr * 255) / 255, 2)

    loud = Louder().eval()
    torch.testing.assert_close(
        srkit.upscale(photo(40), on_engine(loud, engine="ncnn")), srkit.upscale(photo(40), loud), rtol=0, atol=1e-4
    )


@pytest.mark.skipif(sys.platform != "linux", reason="asks the C library of Linux where signals are handled")
def test_ctrl_c_does_not_end_python_after_two_networks_in_openvino(tmp_path: Path) -> None:
    pytest.importorskip("openvino")
    bundle = write_bundle(convert(torch.nn.Upsample(scale_factor=2), "openvino"), tmp_path / "net.zip")

    def asked() -> bytes:
        """The address, the flags and the size of the memory in which this thread handles signals."""
        told = ctypes.create_string_buffer(24)
        ctypes.CDLL(None).sigaltstack(None, told)
        return told.raw

    def two() -> None:
        first, second = load_bundle(bundle), load_bundle(bundle)
        for each in (first, second):
            each(photo(24)[None])
        del first
        del second

    two()
    before = asked()
    two()
    assert asked() == before
    with pytest.raises(KeyboardInterrupt):
        signal.raise_signal(signal.SIGINT)


def test_openvino_is_imported_without_what_reports_its_use(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "openvino_telemetry.py").touch()
    (tmp_path / "openvino.py").write_text(
        "try:\n    import openvino_telemetry as reporter\nexcept ImportError:\n    reporter = None\n"
    )
    monkeypatch.syspath_prepend(tmp_path)
    for name in ("openvino", "openvino_telemetry"):
        monkeypatch.delitem(sys.modules, name, raising=False)
    assert import_engine("openvino").reporter is None
    assert importlib.import_module("openvino_telemetry").__file__ == str(tmp_path / "openvino_telemetry.py")
