"""Weights out of a ``.caffemodel``, without Caffe: a file of length-prefixed fields (protocol buffers), read by hand.

Source: ``caffe.proto`` of BVLC/caffe, messages NetParameter, LayerParameter, V1LayerParameter and BlobProto.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from pathlib import Path

import numpy as np
import torch
from torch import Tensor

from srkit.errors import BadFile, BadInput
from srkit.models.readers.protobuf import fields, integer

__all__ = ["is_caffe", "joined", "places_of", "read_caffe"]

LAYER, NAME, KIND, BLOB = 100, 1, 2, 7  # numbers of the fields
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

    A BatchNorm has ``<layer>.running_mean`` and ``<layer>.running_var`` instead; its factors are a layer Scale's.

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


def joined(weights: Mapping[str, Tensor], places: Mapping[str, str]) -> dict[str, Tensor]:
    """Return a Caffe network's entries under our names; layers that share weights are one module here.

    Args:
        weights: from :func:`read_caffe`.
        places: as :func:`places_of` takes them.

    Raises:
        BadInput: layers that are one module here hold different weights.
    """
    found: dict[str, Tensor] = {}
    for key, ours in zip(weights, places_of(weights, places), strict=True):
        known = found.setdefault(ours, weights[key])
        if known is not weights[key] and not torch.equal(known, weights[key]):
            raise BadInput(f"{key} and the entry of another layer, which are one {ours}, differ.")
    return found


def places_of(keys: Iterable[str], places: Mapping[str, str]) -> list[str]:
    """Return our names for entries of Caffe layers; the names themselves where not all are of such layers.

    Args:
        keys: names, ``<layer>.<part>``.
        places: our module for each regular expression of a layer's name; ``{0}`` is its first number, counted from 0.
    """
    keys, found = list(keys), list[str]()
    for key in keys:
        layer, _, part = key.rpartition(".")
        matches = ((re.fullmatch(pattern, layer), place) for pattern, place in places.items())
        for match, place in matches:
            if match:
                found.append(f"{place.format(*(int(number) - 1 for number in match.groups()))}.{part}")
                break
        else:
            return keys
    return found


def _state(message: bytes) -> dict[str, Tensor]:
    state: dict[str, Tensor] = {}
    for field, name_field, blob_field in ((LAYER, NAME, BLOB), (OLD_LAYER, OLD_NAME, OLD_BLOB)):
        for layer in _values(message, field):
            name, blobs = _values(layer, name_field), [_tensor(blob) for blob in _values(layer, blob_field)]
            parts = ("weight", "bias")
            if field == LAYER and _values(layer, KIND) == [b"BatchNorm"] and len(blobs) == 3:
                *sums, total = blobs  # and how many samples they count as
                blobs, parts = [each / (total or 1) for each in sums], ("running_mean", "running_var")
            for part, blob in zip(parts, blobs, strict=False):
                state[f"{name[0].decode()}.{part}"] = blob
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
