"""Networks in ncnn. As a program, this file computes some images and needs neither PyTorch nor srkit.

Layers that a converter has misunderstood can end the process which computes them, so a new network is tried in one of
its own.
"""

from __future__ import annotations

import contextlib
import importlib
import subprocess
import sys
import tempfile
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

__all__ = ["Array", "Run", "opened", "tried", "unknown_layers"]

Array: TypeAlias = NDArray[np.float32]
Run: TypeAlias = Callable[[Array], Array]

_SECONDS = 600


def unknown_layers(files: Mapping[str, bytes]) -> list[str]:
    """Return the kinds of layers in ``net.param`` that ncnn does not know."""
    ncnn = importlib.import_module("ncnn")
    kinds = {line.split()[0] for line in files["net.param"].decode("utf-8", "replace").splitlines()[2:] if line.strip()}
    return sorted(kind for kind in kinds if ncnn.layer_to_index(kind) < 0)


def opened(files: Mapping[str, bytes], threads: int) -> Run | None:
    """Return what enlarges ``(3, h, w)`` by ``net.param`` and ``net.bin`` in float32, None if ncnn cannot read them."""
    ncnn = importlib.import_module("ncnn")
    net = ncnn.Net()
    net.opt.num_threads = threads
    for name in ("fp16_packed", "fp16_storage", "fp16_arithmetic", "bf16_packed", "bf16_storage"):
        if hasattr(net.opt, f"use_{name}"):
            setattr(net.opt, f"use_{name}", False)
    with tempfile.TemporaryDirectory(prefix="srkit-") as folder:
        param, weights = _written(files, Path(folder))
        if net.load_param(str(param)) or net.load_model(str(weights)):
            return None

    def run(image: Array) -> Array:
        extractor = net.create_extractor()
        extractor.input("in0", ncnn.Mat(image).clone())  # without a copy, a first layer that works in place ends Python
        failed, answer = extractor.extract("out0")
        if failed:
            raise MemoryError("ncnn gave no result: out of memory")
        return np.array(answer)

    return run


def tried(files: Mapping[str, bytes], images: Sequence[Array], threads: int) -> list[Array | None]:
    """Let a process of its own enlarge images ``(3, h, w)``; None where it gave no result, or had ended."""
    with tempfile.TemporaryDirectory(prefix="srkit-") as folder:
        _written(files, Path(folder))
        for number, image in enumerate(images):
            np.save(_place(folder, "lr", number), image)
        command = [sys.executable, "-P", __file__, folder, str(len(images)), str(threads)]
        with contextlib.suppress(subprocess.TimeoutExpired):
            subprocess.run(command, capture_output=True, check=False, timeout=_SECONDS)
        made = [_place(folder, "sr", number) for number in range(len(images))]
        return [np.load(path) if path.exists() else None for path in made]


def _written(files: Mapping[str, bytes], folder: Path) -> list[Path]:
    paths = [folder / name for name in ("net.param", "net.bin")]
    for path in paths:
        path.write_bytes(files[path.name])
    return paths


def _place(folder: str, what: str, number: int) -> Path:
    return Path(folder) / f"{what}-{number}.npy"


def _main(folder: str, count: str, threads: str) -> None:
    run = opened({name: (Path(folder) / name).read_bytes() for name in ("net.param", "net.bin")}, int(threads))
    if run is None:
        return
    for number in range(int(count)):
        with contextlib.suppress(MemoryError):
            np.save(_place(folder, "sr", number), run(np.load(_place(folder, "lr", number))))


if __name__ == "__main__":
    _main(*sys.argv[1:])
