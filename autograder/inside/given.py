"""The tensors among a case's inputs, in memory that the process which watches the case has too.

So whether an answer has changed its inputs is seen there, whatever the student's process says about it.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from typing import Any

import torch
from torch import Tensor

__all__ = ["Spans", "digests", "lay", "size", "spans"]

Spans = Mapping[str, tuple[int, int]]  # input -> where its tensors begin and end
_ALIGNED = 64  # bytes, as PyTorch itself lays tensors


def spans(inputs: Mapping[str, Any]) -> Spans:
    """Return where each input lies, in the order in which :func:`lay` takes them."""
    found, end = {}, 0
    for name, value in inputs.items():
        start, end = end, end + _room(value)
        found[name] = (start, end)
    return found


def size(where: Spans) -> int:
    """Return the bytes that all inputs take, at least one."""
    return max((1, *(end for _, end in where.values())))


def lay(inputs: Mapping[str, Any], room: Any) -> dict[str, Any]:
    """Return the inputs with every tensor in ``room``, a writable buffer of :func:`size` bytes."""
    place = 0

    def put(value: Any) -> Any:
        nonlocal place
        if isinstance(value, (list, tuple)):
            return type(value)(map(put, value))
        if not isinstance(value, Tensor) or not value.numel():
            return value
        laid = torch.frombuffer(room, dtype=value.dtype, count=value.numel(), offset=place).reshape(value.shape)
        place += _room(value)
        return laid.copy_(value)

    return {name: put(value) for name, value in inputs.items()}


def digests(room: Any, where: Spans) -> dict[str, str]:
    """Return input -> digest of its bytes."""
    with memoryview(room) as held:
        return {name: hashlib.sha256(held[start:end]).hexdigest() for name, (start, end) in where.items()}


def _room(value: Any) -> int:
    if isinstance(value, (list, tuple)):
        return sum(map(_room, value))
    return -(-value.nbytes // _ALIGNED) * _ALIGNED if isinstance(value, Tensor) else 0
