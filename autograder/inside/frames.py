"""Values as bytes and back, without pickle: a length, JSON, raw arrays.

Both sides of the wall use this file. The reader assumes that the writer lies: every count is compared with what is
there, nothing is executed, and what does not fit raises :class:`BadFrame`.
"""

from __future__ import annotations

import json
import struct
from collections.abc import Callable, Mapping
from typing import Any

import torch
from torch import Tensor

__all__ = ["BadFrame", "decode", "encode", "read_frame", "write_frame"]

DEEPEST = 16
LONGEST_LIST = 1 << 20
LONGEST_TEXT = 1 << 16
LARGEST_FRAME = 1 << 30
_INTEGERS = range(-(1 << 63), 1 << 63)
_DTYPES = {
    name: getattr(torch, name)
    for name in (
        *("bool", "uint8", "int8", "int16", "int32", "int64"),
        *("float16", "bfloat16", "float32", "float64", "complex64", "complex128"),
    )
}


class BadFrame(ValueError):
    """The bytes are no frame."""


def encode(value: Any) -> bytes:
    """Return ``value`` (plain values, mappings, bytes, tensors) as bytes; what has no place there is named instead."""
    blobs: list[bytes] = []
    head = json.dumps([_pack(value, blobs, 0), [len(blob) for blob in blobs]]).encode()
    return b"".join([struct.pack(">I", len(head)), head, *blobs])


def decode(data: bytes, foreign: Callable[[str], Any] = str, *, most: int = LARGEST_FRAME) -> Any:
    """Undo :func:`encode`. Things that are no plain values come back as ``foreign(name of their type)``.

    Args:
        data: the bytes.
        foreign: what stands for a thing that is no plain value.
        most: bytes that everything but the numbers of tensors may take; more is refused before anything is built.

    Raises:
        BadFrame: the bytes were not made by :func:`encode`.
    """
    try:
        (size,) = struct.unpack_from(">I", data)
        if size > most:
            raise BadFrame(f"{size} bytes of single values, names and text; {most} is the most")
        tree, lengths = json.loads(data[4 : 4 + size].decode())
        if not all(type(length) is int and length >= 0 for length in lengths):
            raise BadFrame("a length is no length")
        start, blobs = 4 + size, []
        for length in lengths:
            blobs.append(data[start : start + length])
            start += length
        if start != len(data):
            raise BadFrame(f"{len(data)} bytes came, {start} were announced")
        return _unpack(tree, blobs, foreign, 0)
    except (ValueError, TypeError, LookupError, AttributeError, ArithmeticError, struct.error, RuntimeError) as problem:
        raise BadFrame(f"this is no frame: {str(problem)[:200]}") from None


def write_frame(write: Callable[[bytes], Any], value: Any) -> None:
    """Write one frame with its length in front."""
    data = encode(value)
    write(struct.pack(">Q", len(data)) + data)


def read_frame(read: Callable[[int], bytes]) -> Any:
    """Read one frame with ``read(n)``, which returns fewer than n bytes only at the end.

    Raises:
        BadFrame: the stream ended, or holds something else.
    """
    head = read(8)
    if len(head) < 8:
        raise BadFrame("the stream ended")
    (size,) = struct.unpack(">Q", head)
    if size > LARGEST_FRAME:
        raise BadFrame(f"a frame of {size} bytes")
    data = read(size)
    if len(data) < size:
        raise BadFrame("the stream ended within a frame")
    return decode(data)


def _pack(value: Any, blobs: list[bytes], depth: int) -> Any:
    kind = type(value)
    if depth > DEEPEST:
        return {"foreign": "something nested too deeply"}
    if value is None or kind in (bool, float):
        return value
    if kind is str:
        return value[:LONGEST_TEXT].encode("utf-8", "replace").decode() if depth else value
    if kind is int:
        return value if value in _INTEGERS else {"foreign": "int of more than 64 bits"}
    if kind is bytes:
        blobs.append(value)
        return {"bytes": len(blobs) - 1}
    if isinstance(value, Mapping):
        return {"map": {str(key): _pack(item, blobs, depth + 1) for key, item in value.items()}}
    if kind in (list, tuple) and len(value) <= LONGEST_LIST:
        return [_pack(item, blobs, depth + 1) for item in value]
    if isinstance(value, Tensor):
        return _pack_tensor(value, blobs)
    return {"foreign": str(getattr(value, "kind", kind.__name__))[:200]}


def _pack_tensor(value: Tensor, blobs: list[bytes]) -> Any:
    dtype = str(value.dtype).removeprefix("torch.")
    if dtype not in _DTYPES or value.layout != torch.strided or value.device.type != "cpu":
        return {"foreign": f"tensor of {dtype}, {value.layout}, on {value.device.type}"}
    flat = value.detach().resolve_conj().resolve_neg().contiguous().reshape(-1)
    blobs.append(flat.view(torch.uint8).numpy().tobytes() if flat.numel() else b"")
    return {"tensor": [dtype, list(value.shape), len(blobs) - 1]}


def _unpack(tree: Any, blobs: list[bytes], foreign: Callable[[str], Any], depth: int) -> Any:
    if depth > DEEPEST + 2:
        raise BadFrame("nested too deeply")
    if isinstance(tree, list):
        return [_unpack(item, blobs, foreign, depth + 1) for item in tree]
    if not isinstance(tree, dict):
        return tree if type(tree) is not int or tree in _INTEGERS else foreign("int of more than 64 bits")
    ((kind, value),) = tree.items()
    if kind == "map":
        return {key: _unpack(item, blobs, foreign, depth + 1) for key, item in value.items()}
    if kind == "tensor":
        dtype, shape, place = value
        return _unpack_tensor(dtype, shape, place, blobs)
    if kind == "bytes":
        return blobs[_index(value, blobs)]
    if kind == "foreign" and isinstance(value, str):
        return foreign(value[:200])
    raise BadFrame("an unknown kind of value")


def _unpack_tensor(dtype: Any, shape: Any, place: Any, blobs: list[bytes]) -> Tensor:
    if not all(type(side) is int and 0 <= side <= LARGEST_FRAME for side in shape) or len(shape) > 32:
        raise BadFrame("a shape is no shape")
    blob, kind = blobs[_index(place, blobs)], _DTYPES[dtype]
    count = 1
    for side in shape:
        count *= side
    if count * kind.itemsize != len(blob):
        raise BadFrame(f"{len(blob)} bytes for {count} numbers of {dtype}")
    if kind is torch.bool and blob.strip(b"\0\1"):
        raise BadFrame("a truth value that is neither true nor false")
    return (torch.frombuffer(bytearray(blob), dtype=kind) if blob else torch.empty(0, dtype=kind)).reshape(shape)


def _index(value: Any, blobs: list[bytes]) -> int:
    if type(value) is not int or not 0 <= value < len(blobs):
        raise BadFrame("a place is no place")
    return value
