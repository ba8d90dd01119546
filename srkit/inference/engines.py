"""Engines: let ncnn or OpenVINO compute a network, behind the contract of every network.

``ncnn`` computes exactly in float32 and is the fastest at that on a CPU; ``openvino`` knows more layers, reads ONNX and
has bfloat16. An engine's network is an ordinary module, so tiles, self-ensembles and metrics take it as it is. What is
converted once is kept in the cache folder, under a digest of all it depends on.
"""

from __future__ import annotations

import contextlib
import copy
import functools
import hashlib
import threading
import time
import warnings
from collections.abc import Hashable
from dataclasses import replace
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

from srkit.datasets import samples
from srkit.datasets.places import cache_home
from srkit.errors import BadFile, BadInput
from srkit.inference.bundle import Bundle, read_bundle, write_bundle
from srkit.inference.convert import PACKAGES, convert, digest_of, import_engine
from srkit.inference.in_ncnn import Array, Run, opened, tried, unknown_layers
from srkit.inference.mode import evaluating, network_digest, place_of, remembered
from srkit.inference.tiling import LEAST
from srkit.ops.atomic import write_atomically
from srkit.ops.device import warn_of_bfloat16

__all__ = ["ENGINES", "PRECISIONS", "Converted", "load_bundle", "on_engine", "proven"]

ENGINES = ("auto", "torch", "ncnn", "openvino")
PRECISIONS = ("float32", "bfloat16", "float16")
_HAS = {"torch": PRECISIONS, "ncnn": ("float32",), "openvino": ("float32", "bfloat16")}
_EXACT = 1e-4  # a fortieth of an 8-bit level
_TRIALS = ((37, 50), (24, 32), (45, 31))
_LONG = 24
_SMALL = [size for side in range(20, LEAST - 1, -1) for size in ((side, side), (side, _LONG), (_LONG, side))]


class Converted(nn.Module):
    """A network that an engine computes on the CPU in float32 or bfloat16; it takes and gives what the network does.

    Several threads may call it at once. It holds no weights of PyTorch's and cannot be trained.

    Args:
        bundle: the converted network.
        engine: ``"ncnn"`` or ``"openvino"``; the latter reads ONNX, too.
        precision: ``"float32"`` or, by OpenVINO, ``"bfloat16"``.

    Raises:
        BadInput: when called with an image that is smaller than what the engine computes as PyTorch does.
    """

    def __init__(self, bundle: Bundle, *, engine: str, precision: str = "float32") -> None:
        super().__init__()
        self.scale, self.name = bundle.scale, bundle.label["name"]
        self.engine, self.precision, self.network = engine, precision, bundle.label["network"]
        self.least = bundle.least
        threads = torch.get_num_threads()
        self._run = _in_ncnn(bundle, threads) if engine == "ncnn" else _in_openvino(bundle, threads, precision)
        self.eval()
        bytes_per_pixel = float(bundle.label["bytes_per_pixel"])
        self.facts: dict[Hashable, object] = {("reach", 3): bundle.reach}  # no probe of PyTorch sees into the engine
        self.facts |= {("bytes", 3, how): bytes_per_pixel for how in (None, "mean", "median")}

    def forward(self, lr: Tensor) -> Tensor:
        """Enlarge ``(b, 3, h, w)`` to ``(b, 3, scale*h, scale*w)``, image by image."""
        h, w = lr.shape[-2:]
        if min(h, w) < self.least:
            extended = f", smaller sides extended to {LEAST}" if min(h, w) == LEAST else ""
            raise BadInput(
                f"{self.name} converted for {self.engine} takes images from {self.least} x {self.least} pixels on, and "
                f"{h} x {w} was given{extended}. Take the network itself (engine='torch')."
            )
        images = np.ascontiguousarray(lr.detach().to("cpu", torch.float32).numpy())
        answers = [torch.from_numpy(self._run(image)) for image in images]  # each (3, scale*h, scale*w)
        return torch.stack(answers).to(lr.device, lr.dtype)  # (b, 3, scale*h, scale*w)

    def extra_repr(self) -> str:
        """Return what ``print(net)`` shows, and what results are told apart by."""
        return f"{self.name}, {self.engine}, {self.precision}, network {self.network}"


def on_engine(net: nn.Module, *, engine: str = "auto", precision: str = "float32") -> nn.Module:
    """Return a network that computes what ``net`` does, by an engine.

    Args:
        net: a network of the contract, or of a bundle.
        engine: ``"torch"``, ``"ncnn"``, ``"openvino"``, or ``"auto"``: the installed one that takes the least CPU time
            for this network, tried once. ncnn and OpenVINO compute on the CPU; ``"auto"`` leaves a network on another
            device to PyTorch.
        precision: ``"float32"`` gives the 8-bit pixels of PyTorch's float32 but for rounding ties; ``"bfloat16"`` is
            about twice as fast on a CPU that has its instructions, and a warning says how far it is off (``"auto"``
            takes float32 where that is faster all the same); ``"float16"`` is for GPUs.

    Raises:
        BadInput: an unknown engine or precision, an engine that is not installed, has not this precision, or cannot
            compute this network.
    """
    _check_choice(engine, precision)
    if isinstance(net, Converted):
        if engine not in ("auto", net.engine) or precision != net.precision:
            raise BadInput(
                f"{net.name} is converted for {net.engine} in {net.precision} already, not for {engine} in {precision}."
            )
        return net
    if engine == "torch" and precision == "float32":
        return net
    return remembered(net, ("engine", engine, precision), lambda: _chosen(net, engine, precision))


def load_bundle(path: str | Path, *, precision: str = "float32") -> Converted:
    """Return the network of a file that ``srkit export`` wrote: ncnn computes its own, OpenVINO its own and ONNX.

    Raises:
        BadFile: the file cannot be read, or is no such file.
        BadInput: the engine is not installed, or has not this precision.
    """
    bundle = read_bundle(path)
    engine = "ncnn" if bundle.to == "ncnn" else "openvino"
    _check_choice(engine, precision)
    return Converted(bundle, engine=engine, precision=precision)


def _check_choice(engine: str, precision: str) -> None:
    if engine not in ENGINES:
        raise BadInput(f"engine={engine!r} was given; there are {', '.join(ENGINES)}.")
    if precision not in PRECISIONS:
        raise BadInput(f"precision={precision!r} was given; there are {', '.join(PRECISIONS)}.")
    if engine != "auto" and precision not in _HAS[engine]:
        able = ", ".join(name for name, known in _HAS.items() if precision in known)
        raise BadInput(f"{engine} does not compute in {precision}; {able} can.")


def _chosen(net: nn.Module, engine: str, precision: str) -> nn.Module:
    device, _ = place_of(net, torch.zeros(()))
    if device.type != "cpu" and engine not in ("auto", "torch"):
        raise BadInput(
            f"{engine} computes on the CPU and the network is on {device}; write net.cpu(), or engine='torch'."
        )
    if engine != "auto" and precision == "bfloat16":
        warn_of_bfloat16(device)
    if engine == "auto":
        fast = device.type == "cpu" and precision != "float16"
        engine, precision = _fastest(net, precision) if fast else ("torch", precision)
    made = _made(net, engine, precision)
    if precision != "float32":
        _tell_loss(made, net, f"{engine}, {precision}")
    return made


def _made(net: nn.Module, engine: str, precision: str) -> nn.Module:
    if engine != "torch":
        return _converted(net, engine, precision)
    if precision == "float32":
        return net
    short: nn.Module = copy.deepcopy(net).eval().to(getattr(torch, precision))
    return short.to(memory_format=torch.channels_last)  # type: ignore[call-overload, no-any-return]


def _fastest(net: nn.Module, precision: str) -> tuple[str, str]:
    """Return the engine, and the precision up to the one wanted, that took the least CPU time; kept for later."""
    engines = [name for name in _HAS if all(find_spec(package) for package in PACKAGES.get(name, ()))]
    wanted = dict.fromkeys(("float32", precision))
    ways = [(engine, kind) for kind in wanted for engine in engines if kind in _HAS[engine]]
    if len(ways) == 1:
        return ways[0]
    digests = [digest_of(net, engine) for engine in engines if engine != "torch"] or [network_digest(net)]
    place = cache_home() / "engines" / f"{hashlib.sha256(f'{digests} {ways}'.encode()).hexdigest()}.txt"
    if place.exists() and tuple(place.read_text("utf-8").split()) in ways:
        engine, kind = place.read_text("utf-8").split()
        return engine, kind
    times = {}
    for engine, kind in ways:
        try:
            made = _made(net, engine, kind)
        except BadInput:  # it cannot compute this network
            continue
        if getattr(made, "least", LEAST) == LEAST:  # at every size
            times[engine, kind] = _seconds(made)
    best = min(times, key=lambda way: times[way])
    with contextlib.suppress(OSError):
        place.parent.mkdir(parents=True, exist_ok=True)
        write_atomically(place, " ".join(best).encode())
    return best


def _seconds(net: nn.Module) -> float:
    """Return the CPU seconds of 64 x 64 pixels, the least of three tries."""
    lr, least = _photograph(), float("inf")
    for _ in range(4):  # the first one allocates
        begun = time.process_time()
        _answer(net, lr)
        least = min(least, time.process_time() - begun)
    return least


def _photograph() -> Tensor:
    return samples()[0].lr[None, :, :64, :64].contiguous()


def _converted(net: nn.Module, engine: str, precision: str) -> Converted:
    """Take what was converted before, or convert a network."""
    place = cache_home() / "engines" / f"{digest_of(net, engine)}.zip"
    try:
        bundle = read_bundle(place)
    except BadFile:  # not there, or damaged
        bundle = proven(net, engine)
        _keep(bundle, place)
    return Converted(bundle, engine=engine, precision=precision)


def _keep(bundle: Bundle, place: Path) -> None:
    try:
        place.parent.mkdir(parents=True, exist_ok=True)
        write_bundle(bundle, place, overwrite=True)
    except OSError as error:
        warnings.warn(f"The converted network is not kept for the next time: {error}", RuntimeWarning, stacklevel=2)


def proven(net: nn.Module, to: str, *, licence: str | None = None) -> Bundle:
    """Convert a network (:func:`srkit.inference.convert.convert`) and try the result beside PyTorch.

    It is tried at three sizes and at every side from 8 (to which smaller images are extended) to 20 pixels: the side
    from which on it equals the network within a fortieth of an 8-bit level becomes its ``least``. ncnn is tried in a
    process of its own, which a misunderstood layer can end; ONNX where OpenVINO is installed.

    Raises:
        BadInput: the network cannot be converted, or the result computes something else.
    """
    bundle, engine = convert(net, to, licence=licence), "ncnn" if to == "ncnn" else "openvino"
    if not find_spec(engine):
        return bundle
    made, sizes = Converted(bundle, engine=engine), [*_TRIALS, *_SMALL]
    images = [torch.rand(1, 3, *size, generator=torch.Generator().manual_seed(0)) for size in sizes]
    errors = [_error(one, _answer(net, lr)) for one, lr in zip(_given(made, bundle, images), images, strict=True)]
    for (height, width), error in zip(_TRIALS, errors, strict=False):
        if not error <= _EXACT:
            said = "it gives no such image" if error == float("inf") else f"it is off by {255 * error:.2g} levels"
            raise BadInput(
                f"{engine} computes another network than {made.name}: at {height} x {width} pixels {said}. Take "
                "engine='torch', or 'auto'."
            )
    wrong = [min(size) for size, error in zip(sizes, errors, strict=True) if not error <= _EXACT]
    return replace(bundle, label={**bundle.label, "least": str(max(wrong, default=LEAST - 1) + 1)})


def _given(made: Converted, bundle: Bundle, images: list[Tensor]) -> list[Array | None]:
    """Return what an engine makes of images; None where it fails."""
    if made.engine == "ncnn":
        return tried(bundle.files, [lr[0].numpy() for lr in images], torch.get_num_threads())
    given: list[Array | None] = []
    for lr in images:
        try:
            given.append(made(lr)[0].numpy())
        except (RuntimeError, ValueError, MemoryError):
            given.append(None)
    return given


def _error(given: Array | None, wanted: Tensor) -> float:
    """Return the largest difference of two images; infinity where there is none, or one of another size."""
    if given is None or given.shape != wanted.shape[1:]:
        return float("inf")
    return float((torch.from_numpy(given) - wanted[0]).abs().max())


def _answer(net: nn.Module, lr: Tensor) -> Tensor:
    with evaluating(net):
        answer: Tensor = net(lr.to(*place_of(net, lr)))
        return answer.to(lr)


def _tell_loss(made: nn.Module, net: nn.Module, how: str) -> None:
    """Warn how far a faster network is off on a piece of a sample photograph."""
    lr = _photograph()
    exact, fast = _answer(net, lr).clamp(0, 1), _answer(made, lr).clamp(0, 1)
    error = 255 * (fast - exact)
    worst, mean = float(error.abs().max()), float(error.square().mean())
    decibels = 10 * np.log10(255**2 / max(mean, 1e-12))
    warnings.warn(
        f"{how}: up to {worst:.1f} of 255 levels from float32 on a sample photograph, {decibels:.1f} dB between both.",
        RuntimeWarning,
        stacklevel=3,
    )


def _in_ncnn(bundle: Bundle, threads: int) -> Run:
    import_engine("ncnn")
    unknown = unknown_layers(bundle.files)
    run = None if unknown else opened(bundle.files, threads)
    if run is None:
        why = f"it does not know {', '.join(unknown)}" if unknown else "its files are damaged"
        raise BadInput(f"ncnn cannot compute {bundle.label['name']}: {why}. Take engine='openvino' or 'torch'.")
    return run


@functools.cache
def _openvino() -> Any:
    """Return the one runtime of OpenVINO in this process.

    On processors with AMX each runtime takes over the memory in which signals are handled, and gives back what it found
    there when it ends. After two that overlapped that was the freed memory of the other, and Ctrl-C ended Python.
    """
    return import_engine("openvino").Core()


def _in_openvino(bundle: Bundle, threads: int, precision: str) -> Run:
    core = _openvino()
    if bundle.to == "onnx":
        model = core.read_model(bundle.files["net.onnx"])
    else:
        model = core.read_model(bundle.files["net.xml"], bundle.files["net.bin"])
    hint = {"float32": "f32", "bfloat16": "bf16"}[precision]
    options: dict[str, Any] = {
        "INFERENCE_PRECISION_HINT": hint, "INFERENCE_NUM_THREADS": threads, "NUM_STREAMS": 1,
    }  # fmt: skip
    compiled, own = core.compile_model(model, "CPU", options), threading.local()

    def run(image: Array) -> Array:
        if not hasattr(own, "request"):
            own.request = compiled.create_infer_request()
        return np.array(own.request.infer([image[None]])[0][0])

    return run
