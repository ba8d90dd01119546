"""Weights as the authors published them, read into state dicts; and goldens of networks that see luma alone."""

from __future__ import annotations

import json
import struct
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from scipy.io import loadmat
from torch import Tensor, nn

import srkit
from srkit.metrics import Protocol
from tests._shared import shared
from tests.models._formula import image, weights

GOLDEN = Path(__file__).parent / "golden"


def golden(name: str) -> dict[str, Any]:
    """Return what ``tests/models/make_golden_luma.py`` recorded."""
    record: dict[str, Any] = json.loads((GOLDEN / f"{name}.json").read_text("utf-8"))
    return record


def golden_input(record: dict[str, Any]) -> Tensor:
    """Return the image the reference was shown, ``(1, channels, h, w)``."""
    return image(*record["size"])[:, : record["channels"]]


def published_file(record: dict[str, Any], folder: Path) -> Path:
    """Write a file as the reference would save it, with the weights of the golden."""
    path = folder / "published.pt"
    torch.save(weights(record["shapes"]), path)
    return path


def same_as_golden(record: dict[str, Any], ours: Tensor) -> None:
    """Compare ``(1, channels, h, w)`` with the recorded pixels and mean."""
    theirs = torch.tensor([value for *_, value in record["pixels"]])
    found = torch.stack([ours[0, c, y, x] for c, y, x, _ in record["pixels"]])
    assert theirs.std() > 0.01, "a golden of equal pixels would prove nothing"
    torch.testing.assert_close(found, theirs, atol=1e-5, rtol=1e-5)
    assert float(ours.mean()) == pytest.approx(record["mean"], abs=1e-5)


def seeded(channels: int = 1) -> Tensor:
    """Return the input of the golden values of real weights: ``rand(1, channels, 16, 16)`` after ``manual_seed(0)``."""
    return torch.rand(1, channels, 16, 16, generator=torch.Generator().manual_seed(0))


def set5(net: nn.Module, protocol: Protocol | None = None) -> float:
    """Return the mean PSNR on Set5 from MATLAB's 8-bit LR images, as the papers measure it."""
    root = shared("benchmarks/Set5").parent
    shared("benchmarks/matlab_lr/Set5")
    mean: float = srkit.evaluate(net, "set5", root=root, protocol=protocol).mean.psnr
    return mean


def matconvnet(path: Path) -> dict[str, Tensor]:
    """Read the parameters of a MatConvNet DagNN; kernels ``(h, w, in, out)`` become ``(out, in, h, w)``."""
    found = {}
    for entry in loadmat(path, struct_as_record=False)["net"][0, 0].params.ravel():
        value = np.asarray(entry.value)
        name = str(entry.name.item())
        if name.endswith("_b"):
            found[name] = torch.from_numpy(value.ravel().copy())
        else:
            value = value.reshape(value.shape + (1,) * (4 - value.ndim))
            found[name] = torch.from_numpy(value.transpose(3, 2, 0, 1).copy())
    return found


def caffe(path: Path) -> dict[str, list[Tensor]]:
    """Read the learned numbers of a caffemodel: layer -> its blobs.

    The file is a protocol buffer: field 100 of the net is a layer, of which field 1 is the name and field 7 a blob; of
    a blob, field 5 holds the numbers, field 7 the shape, or fields 1 to 4 where it is an old one.
    """
    found: dict[str, list[Tensor]] = {}
    for field, layer in _fields(path.read_bytes()):
        if field == 100 and isinstance(layer, bytes):
            parts = list(_fields(layer))
            name = next(bytes(value).decode() for number, value in parts if number == 1 and isinstance(value, bytes))
            blobs = [_blob(value) for number, value in parts if number == 7 and isinstance(value, bytes)]
            if blobs:
                found[name] = blobs
    return found


def _blob(message: bytes) -> Tensor:
    shape: list[int] = []
    for number, value in _fields(message):
        if number == 5 and isinstance(value, bytes):
            numbers = torch.frombuffer(bytearray(value), dtype=torch.float32)
        elif number == 7 and isinstance(value, bytes):
            packed = next(inner for field, inner in _fields(value) if field == 1)
            shape = list(_varints(packed)) if isinstance(packed, bytes) else [packed]
        elif number <= 4 and isinstance(value, int):
            shape.append(value)
    return numbers.reshape(shape)


def _fields(message: bytes) -> Iterator[tuple[int, int | bytes]]:
    """Yield the number and content of each field of a protocol buffer message."""
    place = 0
    while place < len(message):
        key, place = _varint(message, place)
        if key & 7 == 0:
            value, place = _varint(message, place)
            yield key >> 3, value
        elif key & 7 == 2:
            length, place = _varint(message, place)
            yield key >> 3, message[place : place + length]
            place += length
        elif key & 7 == 5:
            yield key >> 3, struct.unpack_from("<I", message, place)[0]
            place += 4
        else:
            place += 8


def _varints(message: bytes) -> Iterator[int]:
    place = 0
    while place < len(message):
        value, place = _varint(message, place)
        yield value


def _varint(message: bytes, place: int) -> tuple[int, int]:
    value = shift = 0
    while True:
        byte = message[place]
        value, shift, place = value | (byte & 127) << shift, shift + 7, place + 1
        if byte < 128:
            return value, place
