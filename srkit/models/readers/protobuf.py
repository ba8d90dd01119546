"""Protocol buffers, as far as files of weights and of exported networks need them: fields of bytes, in order.

Source: Protocol Buffers documentation, "Encoding".
"""

from __future__ import annotations

from collections.abc import Iterator

from srkit.errors import BadInput

__all__ = ["field", "fields", "integer"]


def fields(message: bytes) -> Iterator[tuple[int, bytes]]:
    """Yield number and bytes of each field of a message."""
    place = 0
    while place < len(message):
        key, place = integer(message, place)
        kind, begin = key & 7, place
        if kind == 0:
            _, place = integer(message, place)
        elif kind == 2:
            length, begin = integer(message, place)
            place = begin + length
        else:
            place += {1: 8, 5: 4}[kind]
        if place > len(message):
            raise BadInput("a field leaves the file")
        yield key >> 3, message[begin:place]


def integer(message: bytes, place: int) -> tuple[int, int]:
    """Return the number that begins at ``place``, and the place behind it."""
    value = shift = 0
    while True:
        byte = message[place]
        value, shift, place = value | (byte & 127) << shift, shift + 7, place + 1
        if byte < 128:
            return value, place


def field(number: int, content: bytes) -> bytes:
    """Return a field of bytes; appended to a message it becomes part of it."""
    return _varint(number << 3 | 2) + _varint(len(content)) + content


def _varint(value: int) -> bytes:
    found = bytearray()
    while value > 127:
        found.append(value & 127 | 128)
        value >>= 7
    return bytes([*found, value])
