"""Turn a network into files of ONNX, ncnn or OpenVINO that take images of any size."""

from __future__ import annotations

import hashlib
import importlib
import json
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from importlib import metadata
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn

from srkit._home import weights_terms
from srkit._version import __version__
from srkit.errors import BadInput
from srkit.inference.bounded import bytes_per_pixel
from srkit.inference.bundle import Bundle
from srkit.inference.mode import evaluating, network_digest, scale_of
from srkit.inference.reach import measure_reach
from srkit.inference.tiling import LEAST
from srkit.models._exported import as_onnx, exported, quiet
from srkit.models._registry import MODELS

__all__ = ["PACKAGES", "TARGETS", "convert", "digest_of", "import_engine"]

_EXAMPLE, _OTHER = (37, 50), (48, 56)
PACKAGES = {"onnx": ("onnx", "onnxscript"), "ncnn": ("ncnn", "pnnx"), "openvino": ("openvino",)}
"""What each needs."""


def convert(net: nn.Module, to: str, *, licence: str | None = None) -> Bundle:
    """Convert a network; the result computes in float32, for one image ``(1, 3, h, w)`` of any size from 8 x 8 on.

    Args:
        net: a network of the contract, on any device; it stays as it is.
        to: ``"onnx"``, ``"ncnn"`` (by the converter pnnx) or ``"openvino"``.
        licence: the terms of its weights; None says those of srkit's own weights.

    Raises:
        BadInput: an unknown target, a converter that is not installed, or a network it cannot convert.
    """
    if to not in TARGETS:
        raise BadInput(f"A network is exported to one of {', '.join(TARGETS)}, and {to!r} was given.")
    for package in PACKAGES[to]:
        import_engine(package)
    example = torch.rand(1, 3, *_EXAMPLE, generator=torch.Generator().manual_seed(0))
    try:
        with evaluating(net), quiet(), torch.inference_mode(False), torch.no_grad():
            files = TARGETS[to](net, example)
    except BadInput:
        raise
    except Exception as error:  # whatever a converter raises is its answer
        said = (str(error).strip().splitlines() or ["no reason"])[0]
        raise BadInput(
            f"{_name_of(net)} cannot be converted to {to}: {type(error).__name__}: {said}. Other formats: "
            f"{', '.join(other for other in TARGETS if other != to)}."
        ) from error
    return Bundle(to, files, _label(net, licence))


def import_engine(package: str) -> Any:
    """Import a package that computes or converts, or refuse with the command that installs it."""
    try:
        with _unreported():
            return importlib.import_module(package)
    except ImportError as error:
        raise BadInput(
            f"This needs the package {package}, which is not installed: pip install 'srkit[engines]' brings ncnn with "
            "its converter pnnx, and OpenVINO; pip install 'srkit[onnx]' what writes ONNX."
        ) from error


@contextmanager
def _unreported() -> Iterator[None]:
    """Hide the package by which OpenVINO tells its makers, when it is imported, that it is used; it works without."""
    if "openvino_telemetry" in sys.modules:  # the user's own doing
        yield
        return
    sys.modules["openvino_telemetry"] = None  # type: ignore[assignment]  # to import it fails
    try:
        yield
    finally:
        sys.modules.pop("openvino_telemetry", None)


def digest_of(net: nn.Module, to: str) -> str:
    """Return what a converted network depends on, as a digest: weights, converters, srkit and PyTorch."""
    versions = [_version_of(package) for package in PACKAGES[to]]
    text = " ".join([network_digest(net), to, __version__, torch.__version__, *versions])
    return hashlib.sha256(text.encode()).hexdigest()


def _version_of(package: str) -> str:
    try:
        return metadata.version(package)
    except metadata.PackageNotFoundError:
        return str(getattr(import_engine(package), "__version__", ""))


def _to_onnx(net: nn.Module, example: Tensor) -> dict[str, bytes]:
    return {"net.onnx": as_onnx(exported(net, example))}


def _to_openvino(net: nn.Module, example: Tensor) -> dict[str, bytes]:
    openvino = import_engine("openvino")
    model = openvino.convert_model(net, example_input=example, input=[(1, 3, -1, -1)])
    with tempfile.TemporaryDirectory(prefix="srkit-") as folder:
        openvino.save_model(model, str(Path(folder) / "net.xml"), compress_to_fp16=False)
        return {name: (Path(folder) / name).read_bytes() for name in ("net.xml", "net.bin")}


def _to_ncnn(net: nn.Module, example: Tensor) -> dict[str, bytes]:
    sizes = [f"inputshape{n}=[1,3,{h},{w}]" for n, (h, w) in (("", _EXAMPLE), ("2", _OTHER))]
    with tempfile.TemporaryDirectory(prefix="srkit-") as folder:
        traced = torch.jit.trace(net, example, check_trace=False)  # type: ignore[no-untyped-call]
        traced.save(str(Path(folder) / "net.pt"))
        command = [import_engine("pnnx").EXEC_PATH, "net.pt", *sizes, "fp16=0"]
        done = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False, timeout=600)
        made = {f"net.{kind}": Path(folder) / f"net.ncnn.{kind}" for kind in ("param", "bin")}
        if not all(path.exists() for path in made.values()):
            raise BadInput(f"pnnx wrote no network (it ended with {done.returncode}): {done.stderr[-300:].strip()}")
        return {name: path.read_bytes() for name, path in made.items()}


TARGETS: dict[str, Callable[[nn.Module, Tensor], dict[str, bytes]]] = {
    "onnx": _to_onnx,
    "ncnn": _to_ncnn,
    "openvino": _to_openvino,
}
"""What a network can be converted to, and how."""


def _name_of(net: nn.Module) -> str:
    return str(getattr(net, "name", type(net).__name__))


def _label(net: nn.Module, licence: str | None) -> dict[str, str]:
    """Return what a bundle says of itself."""
    name, reach = _name_of(net), measure_reach(net)
    label = {
        "srkit": __version__,
        "name": name,
        "scale": str(scale_of(net)),
        "arguments": json.dumps(getattr(net, "arguments", {}), default=str, sort_keys=True),
        "network": network_digest(net),
        "licence": weights_terms() if licence is None else licence,
        "input": "lr: RGB, float32, (1, 3, h, w) in [0, 1]; h and w at least the number least",
        "least": str(LEAST),
        "output": "sr: RGB, float32, (1, 3, scale*h, scale*w), not clamped",
        "reach": json.dumps([reach.radius, reach.align]),
        "bytes_per_pixel": f"{bytes_per_pixel(net):.0f}",
        "protocol": "8-bit levels are floor(255 * clamp(sr, 0, 1) + 0.5); scores are of Y of them, border = scale",
    }
    if name in MODELS.names():
        card = MODELS.get(name).card
        facts = {key: getattr(card, key) for key in ("title", "year", "citation", "url", "idea", "deviations")}
        label["card"] = json.dumps(facts, ensure_ascii=False)
    return label
