"""Reading MATLAB files of version 5, in Python; damaged files raise an error and never crash.

"MAT-File Format", MathWorks, chapter 1: a header of 128 bytes, then elements, each a tag (type and number of bytes) and
its data; an element of type 14 is an array and is made of elements itself, one of type 15 is compressed.
https://www.mathworks.com/help/pdf_doc/matlab/matfile_format.pdf
"""

from __future__ import annotations

import math
import struct
import zlib
from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

__all__ = ["LARGEST", "Damaged", "read_version_5", "write_version_5"]

LARGEST = 1 << 28  # bytes of a file or of what is packed in it
_STORED = {1: "i1", 2: "u1", 3: "i2", 4: "u2", 5: "i4", 6: "u4", 7: "f4", 9: "f8", 12: "i8", 13: "u8"}
_ARRAY, _PACKED, _TEXT = 14, 15, {16: "utf-8", 17: "utf-16", 18: "utf-32"}
_CELL, _STRUCTURE, _CHARACTERS = 1, 2, 4
_CLASSES = {6: "f8", 7: "f4", 8: "i1", 9: "u1", 10: "i2", 11: "u2", 12: "i4", 13: "u4", 14: "i8", 15: "u8"}
_COMPLEX, _DEEPEST = 0x800, 16

_Element = tuple[int, bytes]


class Damaged(Exception):
    """The bytes are not what the format says; the message says where."""


def read_version_5(content: bytes) -> dict[str, Any]:
    """Return the variables of a file by name.

    Real matrices come as arrays, cells as arrays of objects, structures as arrays of dicts, text as ``str``, and all
    else (complex numbers, sparse matrices, functions, objects of classes) as None.
    """
    order = {b"IM": "<", b"MI": ">"}.get(content[126:128])
    if order is None:
        raise Damaged("it has no header of a MATLAB 5 file")
    found = {}
    for kind, data in _elements(content[128:], order):
        for inner, array in _elements(_unpacked(data), order) if kind == _PACKED else [(kind, data)]:
            if inner == _ARRAY:
                name, value = _array(array, order, 0)
                found[name] = value
    return {name: value for name, value in found.items() if name}


def write_version_5(variables: Mapping[str, NDArray[np.float64]]) -> bytes:
    """Return the bytes of a file that holds real matrices by name."""
    arrays = b"".join(
        _packed(
            _ARRAY,
            _packed(6, struct.pack("<II", 6, 0))  # flags: double
            + _packed(5, struct.pack(f"<{matrix.ndim}i", *matrix.shape))
            + _packed(1, name.encode("ascii"))
            + _packed(9, matrix.astype("<f8").tobytes(order="F")),
        )
        for name, matrix in variables.items()
    )
    return b"MATLAB 5.0 MAT-file, written by srkit".ljust(124) + struct.pack("<H2s", 0x0100, b"IM") + arrays


def _packed(kind: int, data: bytes) -> bytes:
    return struct.pack("<II", kind, len(data)) + data + bytes(-len(data) % 8)


def _elements(data: bytes, order: str) -> Iterator[_Element]:
    at = 0
    while at + 8 <= len(data):
        kind, size = struct.unpack_from(f"{order}II", data, at)
        begin = at + 8
        if kind >> 16:  # up to four bytes stand in the tag itself
            kind, size, begin = kind & 0xFFFF, kind >> 16, at + 4
        if kind not in (*_STORED, _ARRAY, _PACKED, *_TEXT):
            raise Damaged(f"an element of the unknown type {kind} at byte {at}")
        if begin + size > len(data) or (begin == at + 4 and size > 4):
            raise Damaged(f"an element of {size} bytes at byte {at} ends behind its place")
        yield kind, data[begin : begin + size]
        at = max(at + 8, begin + size if kind == _PACKED else -(-(begin + size) // 8) * 8)


def _unpacked(data: bytes) -> bytes:
    unpacker = zlib.decompressobj()
    try:
        content = unpacker.decompress(data, LARGEST)
    except zlib.error as error:
        raise Damaged(f"a packed element cannot be unpacked ({error})") from None
    if unpacker.unconsumed_tail:
        raise Damaged(f"a packed element unpacks to more than {LARGEST} bytes")
    return content


def _array(data: bytes, order: str, depth: int) -> tuple[str, Any]:
    """Return the name and value of an array; None stands for a kind that is not read."""
    if not data:
        return "", np.zeros((0, 0))
    if depth > _DEEPEST:
        raise Damaged(f"cells within cells, more than {_DEEPEST} deep")
    parts = list(_elements(data, order))
    if len(parts) < 3:
        raise Damaged("an array without flags, sizes or name")
    flags, sizes = _numbers(parts[0], order), [int(size) for size in _numbers(parts[1], order)]
    name = parts[2][1].decode("latin-1")
    if not len(flags) or not 2 <= len(sizes) <= 32 or min(sizes) < 0:
        raise Damaged(f"the array {name!r} has the sizes {sizes[:5]}")
    kind, count = int(flags[0]) & 0xFF, math.prod(sizes)
    if kind == _CELL:
        return name, _cells(parts[3:], sizes, order, depth)
    if kind == _STRUCTURE:
        return name, _structures(parts[3:], sizes, order, depth)
    if kind == _CHARACTERS:
        return name, _text(parts[3:], order)
    if kind not in _CLASSES or int(flags[0]) & _COMPLEX:
        return name, None
    values = _numbers(parts[3], order) if len(parts) > 3 else np.zeros(0)
    if values.size != count:
        raise Damaged(f"the array {name!r} has {values.size} numbers and the sizes {sizes[:5]}")
    with np.errstate(invalid="ignore", over="ignore"):
        return name, values.astype(_CLASSES[kind]).reshape(sizes, order="F")


def _cells(parts: list[_Element], sizes: list[int], order: str, depth: int) -> NDArray[np.object_]:
    if len(parts) != math.prod(sizes) or any(kind != _ARRAY for kind, _ in parts):
        raise Damaged(f"{len(parts)} cells and the sizes {sizes[:5]}")
    found = np.empty(len(parts), dtype=object)
    for number, (_, data) in enumerate(parts):
        found[number] = _array(data, order, depth + 1)[1]
    return found.reshape(sizes, order="F")


def _structures(parts: list[_Element], sizes: list[int], order: str, depth: int) -> NDArray[np.object_]:
    """Return dicts: the length of a field's name, all names, and then the fields of each structure in turn."""
    lengths = _numbers(parts[0], order) if parts else np.zeros(0)
    if len(parts) < 2 or len(lengths) != 1 or not 0 < int(lengths[0]) <= 256:
        raise Damaged("a structure without names of fields")
    every, length = parts[1][1], int(lengths[0])
    names = [every[at : at + length].split(b"\0")[0].decode("latin-1") for at in range(0, len(every), length)]
    count = math.prod(sizes)
    if len(parts) - 2 != count * len(names) or any(kind != _ARRAY for kind, _ in parts[2:]):
        raise Damaged(f"{len(parts) - 2} fields for {count} structures of {len(names)}")
    values = iter(parts[2:])
    found = np.empty(count, dtype=object)
    for number in range(count):
        found[number] = {name: _array(next(values)[1], order, depth + 1)[1] for name in names}
    return found.reshape(sizes, order="F")


def _text(parts: list[_Element], order: str) -> str:
    if not parts:
        return ""
    kind, data = parts[0]
    if kind not in _TEXT:
        return "".join(map(chr, _numbers(parts[0], order).astype("u4")))
    spelling = _TEXT[kind] if kind == 16 else f"{_TEXT[kind]}-{'le' if order == '<' else 'be'}"
    return data.decode(spelling, errors="replace")


def _numbers(element: _Element, order: str) -> NDArray[Any]:
    kind, data = element
    if kind not in _STORED:
        raise Damaged(f"numbers are expected and an element of type {kind} is there")
    stored = np.dtype(f"{order}{_STORED[kind]}")
    if len(data) % stored.itemsize:
        raise Damaged(f"{len(data)} bytes are no whole number of values of {stored.itemsize} bytes")
    return np.frombuffer(data, stored)
