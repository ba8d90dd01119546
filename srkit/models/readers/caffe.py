"""Weights out of a ``.caffemodel``, without Caffe: a file of length-prefixed fields (protocol buffers), read by hand.

Source: ``caffe.proto`` of BVLC/caffe, messages NetParameter, LayerParameter, V1LayerParameter and BlobProto.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
import torch
from torch import Tensor

from srkit.errors import BadFile
from srkit.models.readers.protobuf import fields, integer

__all__ = ["is_caffe", "read_caffe"]

LAYER, NAME, BLOB = 100, 1, 7  # numbers of the fields
OLD_LAYER, OLD_NAME, OLD_BLOB = 2, 4, 6  # of files of before 2014
NUMBERS, SHAPE = 5, 7


def is_caffe(head: bytes) -> bool:
    """Tell whether a file is a trained Caffe network: first its name in a few letters, then the field of a layer."""
    if head[:1] != b"\n" or len(head) < 2:
        return False
    name, after = head[2 : 2 + head[1]], head[2 + head[1] : 4 + head[1]]
    return name.isascii() and name.decode("latin1").isprintable() and after[:1] in (b"\xa2", b"\x12", b"\x1a", b"\x20")


def read_caffe(path: Path) -> dict[str, Tensor]:
    """Return ``<layer>.weight`` and ``<layer>.bias`` of every layer that has them.

    Raises:
        BadFile: the file is no ``.caffemodel``, or is damaged.
    """
    try:
        state = _state(path.read_bytes())
    except (IndexError, ValueError, KeyError, UnicodeDecodeError) as error:
        raise BadFile(f"{path} is no .caffemodel with weights, or is damaged or cut short ({error}).") from error
    if not state:
        raise BadFile(f"{path} holds no layer with weights; the .caffemodel does, the .prototxt does not.")
    return state


def _state(message: bytes) -> dict[str, Tensor]:
    state: dict[str, Tensor] = {}
    for field, name_field, blob_field in ((LAYER, NAME, BLOB), (OLD_LAYER, OLD_NAME, OLD_BLOB)):
        for layer in _values(message, field):
            names, blobs = _values(layer, name_field), _values(layer, blob_field)
            for part, blob in zip(("weight", "bias"), blobs, strict=False):
                state[f"{names[0].decode()}.{part}"] = _tensor(blob)
    return state


def _tensor(blob: bytes) -> Tensor:
    numbers = np.frombuffer(b"".join(_values(blob, NUMBERS)), dtype="<f4").copy()
    shapes = _values(blob, SHAPE)
    sizes = _integers(b"".join(_values(shapes[0], 1))) if shapes else [1, 1, 1, numbers.size]
    return torch.from_numpy(numbers).reshape(sizes)


def _values(message: bytes, field: int) -> list[bytes]:
    return [value for number, value in fields(message) if number == field]


def _integers(packed: bytes) -> list[int]:
    found, place = [], 0
    while place < len(packed):
        value, place = integer(packed, place)
        found.append(value)
    return found
