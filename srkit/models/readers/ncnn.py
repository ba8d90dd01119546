"""ncnn's pair of files: ``.param``, the layers as text, and ``.bin``, their weights in the same order without names.

Source: the wiki pages "param and model file structure" and "operators" of Tencent/ncnn. A convolution begins with a
tag of four bytes: 0 before 32-bit weights, 0x01306B47 before 16-bit ones (filled up to a multiple of four bytes);
biases and the slopes of a PReLU are 32-bit numbers without a tag.
"""

from __future__ import annotations

from fractions import Fraction
from math import prod
from pathlib import Path

import numpy as np
import torch
from torch import Tensor

from srkit.errors import BadFile, BadInput

__all__ = ["is_ncnn", "read_ncnn"]

MAGIC = "7767517"
HALF = 0x01306B47
TIMES = "2"
_WITHOUT_WEIGHTS = {"Input", "Split", "Concat", "Eltwise", "BinaryOp", "Interp", "PixelShuffle", "ReLU", "Noop", "Crop"}
_WITHOUT_WEIGHTS |= {
    "Clip",
    "Sigmoid",
    "TanH",
    "Padding",
    "Reshape",
    "Permute",
    "Slice",
    "Dropout",
    "Pooling",
    "UnaryOp",
    "Swish",
}

Layer = tuple[str, list[str], list[str], dict[int, str]]


def is_ncnn(path: Path, head: bytes) -> bool:
    """Tell whether a file is one of the two: a ``.param`` by its first line, a ``.bin`` by the ``.param`` beside it."""
    if head.startswith(MAGIC.encode()):
        return True
    beside = path.with_suffix(".param")
    return path.suffix == ".bin" and beside.is_file() and beside.read_bytes()[: len(MAGIC)] == MAGIC.encode()


def read_ncnn(path: Path) -> tuple[dict[str, Tensor], Fraction]:
    """Return the weights in order of execution, named ``0.weight``, ``0.bias``, ``1.weight``, …, and the enlargement.

    Numbers that were not learned are among them: ``0.constant`` is what the network adds or subtracts before layer 0,
    such as a mean colour, and ``0.factor`` what it multiplies the image with.

    Args:
        path: of either file; the other one lies beside it.

    Raises:
        BadFile: the other file is missing, a layer is not known, weights are compressed, or the sizes disagree.
    """
    text, numbers = path.with_suffix(".param"), path.with_suffix(".bin")
    for file in (text, numbers):
        if not file.is_file():
            raise BadFile(f"An ncnn network is two files, {text.name} and {numbers.name}; there is no {file}.")
    try:
        layers = _layers(text)
        return _weights(layers, numbers), _enlargement(layers)
    except (ValueError, IndexError, KeyError, ZeroDivisionError) as error:
        raise BadFile(f"{text} and {numbers.name} are no pair of ncnn files, or are damaged: {error}.") from error


def _layers(path: Path) -> list[Layer]:
    magic, _, *lines = path.read_text("utf-8").splitlines()
    if magic.strip() != MAGIC:
        raise BadInput(f"it does not begin with {MAGIC}")
    found = []
    for line in filter(str.strip, lines):
        kind, _, n_in, n_out, *rest = line.split()
        inputs, outputs = rest[: int(n_in)], rest[int(n_in) : int(n_in) + int(n_out)]
        settings = (setting.split("=") for setting in rest[int(n_in) + int(n_out) :])
        found.append((kind, inputs, outputs, {int(key): value for key, value in settings}))
    return found


def _weights(layers: list[Layer], path: Path) -> dict[str, Tensor]:
    data, place, found = path.read_bytes(), 0, dict[str, Tensor]()
    count = 0
    for kind, _, _, settings in layers:
        if kind == "BinaryOp" and not count and settings.get(0) == TIMES and settings.get(1) == "1":
            found["0.factor"] = torch.tensor(float(settings[2]))
        if kind in _WITHOUT_WEIGHTS:
            continue
        outputs = int(settings.get(0, 0))
        if kind == "MemoryData":
            length = prod(int(settings.get(axis, 1)) or 1 for axis in range(3))
            found[f"{count}.constant"], place = _numbers(data, place, length, "<f4")
            continue
        if kind == "PReLU":
            found[f"{count}.weight"], place = _numbers(data, place, outputs, "<f4")
        elif kind in ("Convolution", "Deconvolution", "ConvolutionDepthWise"):
            flat, place = _tagged(data, place, int(settings[6]))
            wide = int(settings[1])
            shape = (outputs, -1, int(settings.get(11, wide)), wide)
            found[f"{count}.weight"] = flat.reshape(shape)
            if settings.get(5, "0") == "1":
                found[f"{count}.bias"], place = _numbers(data, place, outputs, "<f4")
        else:
            raise BadInput(f"srkit does not read layers of the kind {kind!r}")
        count += 1
    if place != len(data):
        raise BadInput(f"{len(data) - place} bytes are left over")
    return found


def _tagged(data: bytes, place: int, count: int) -> tuple[Tensor, int]:
    tag = int.from_bytes(data[place : place + 4], "little")
    if tag == HALF:
        numbers, end = _numbers(data, place + 4, count, "<f2")
        return numbers, end + -end % 4
    if tag:
        raise BadInput(f"its weights are compressed (tag {tag:#x}), and srkit reads 16 and 32 bits")
    return _numbers(data, place + 4, count, "<f4")


def _numbers(data: bytes, place: int, count: int, kind: str) -> tuple[Tensor, int]:
    end = place + count * np.dtype(kind).itemsize
    if end > len(data):
        raise BadInput("the weights end too early")
    return torch.from_numpy(np.frombuffer(data[place:end], kind).astype(np.float32)), end


def _enlargement(layers: list[Layer]) -> Fraction:
    """Follow the size of the image from the input through every layer to the last one."""
    sizes: dict[str, Fraction] = {}
    size = Fraction(1)
    for kind, inputs, outputs, settings in layers:
        size = sizes[inputs[0]] if inputs else Fraction(1)
        if kind == "PixelShuffle":
            size *= int(settings[0])
        elif kind == "Interp":
            size *= Fraction(settings.get(2, "1")).limit_denominator(64)
        elif kind == "Convolution":
            size /= int(settings.get(3, 1))
        elif kind == "Deconvolution":
            size *= int(settings.get(3, 1))
        sizes.update(dict.fromkeys(outputs, size))
    return size
