"""Weights out of a .caffemodel, without Caffe: a file of length-prefixed fields (protocol buffers), read by hand."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import torch
from torch import Tensor

LAYER, NAME, BLOB = 100, 1, 7  # numbers of the fields in caffe.proto
NUMBERS, SHAPE = 5, 7


def caffe_weights(path: Path) -> dict[str, Tensor]:
    """Return ``<layer>.weight`` and ``<layer>.bias`` of every layer that has them."""
    state: dict[str, Tensor] = {}
    for layer in _values(path.read_bytes(), LAYER):
        (name, *_), blobs = _values(layer, NAME), _values(layer, BLOB)
        for part, blob in zip(("weight", "bias"), blobs, strict=False):
            state[f"{name.decode()}.{part}"] = _tensor(blob)
    return state


def _tensor(blob: bytes) -> Tensor:
    numbers = np.frombuffer(b"".join(_values(blob, NUMBERS)), dtype="<f4").copy()
    (shape,) = _values(blob, SHAPE)
    (packed,) = _values(shape, 1)
    return torch.from_numpy(numbers).reshape(_integers(packed))


def _values(message: bytes, field: int) -> list[bytes]:
    return [value for number, value in _fields(message) if number == field]


def _integers(packed: bytes) -> list[int]:
    found, place = [], 0
    while place < len(packed):
        value, place = _integer(packed, place)
        found.append(value)
    return found


def _fields(message: bytes) -> Iterator[tuple[int, bytes]]:
    """Yield number and bytes of each field."""
    place = 0
    while place < len(message):
        key, place = _integer(message, place)
        kind, begin = key & 7, place
        if kind == 0:
            _, place = _integer(message, place)
        elif kind == 2:
            length, begin = _integer(message, place)
            place = begin + length
        else:
            place += {1: 8, 5: 4}[kind]
        yield key >> 3, message[begin:place]


def _integer(message: bytes, place: int) -> tuple[int, int]:
    value = shift = 0
    while True:
        byte = message[place]
        value, shift, place = value | (byte & 127) << shift, shift + 7, place + 1
        if byte < 128:
            return value, place
