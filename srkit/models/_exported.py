"""A network as a program of ``torch.export``, for images of any height and width."""

from __future__ import annotations

import logging
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import torch
from torch import Tensor, nn

__all__ = ["as_onnx", "exported", "free_sizes", "quiet"]


def exported(net: nn.Module, lr: Tensor, **extra: Any) -> torch.export.ExportedProgram:
    """Record what ``net`` computes, with the height and the width of its images left free.

    Args:
        net: in evaluation mode; networks of the house resize and pad by :mod:`srkit.ops`, which know any size then.
        lr: an example ``(b, 3, h, w)`` whose sides are no special case: odd, or even but no multiple of 4.
        **extra: the extra input, where the network has one; a tensor is as free as the sides it shares with ``lr``.

    Returns:
        The program. Call ``program.module(check_guards=False)``: PyTorch's guards refuse sizes that differ from the
        example in what decides nothing about the result, above all which tensors are contiguous or one pixel long
        (``max(1, 8*h) * max(1, 8*w) != 16*h*w``). ONNX has no guards.

    Raises:
        Whatever ``torch.export`` raises where a size becomes a number on the way, or pixels decide what is done.
    """
    with quiet(), torch.no_grad():
        return torch.export.export(net, (lr,), extra, dynamic_shapes=free_sizes(net, lr, **extra))


def as_onnx(program: torch.export.ExportedProgram) -> bytes:
    """Return the bytes of a recorded network as an ONNX model; its image is called ``lr`` and the result ``sr``."""
    options = {"input_names": ["lr"], "output_names": ["sr"], "dynamo": True, "verbose": False}
    try:
        made = torch.onnx.export(program, **options)  # type: ignore[arg-type]
    except RuntimeError:  # too much for the optimizer; runtimes have one of their own
        made = torch.onnx.export(program, optimize=False, **options)  # type: ignore[arg-type]
    return bytes(made.model_proto.SerializeToString())  # type: ignore[union-attr]  # None with a file alone


def free_sizes(net: nn.Module, lr: Tensor, **extra: Any) -> tuple[Any, ...]:
    """Return the ``dynamic_shapes`` of :func:`exported`."""
    free = torch.export.Dim.DYNAMIC
    sides = {2: free, 3: free}
    shared = [
        {axis: free for axis in (2, 3) if value.ndim == 4 and value.shape[axis] == lr.shape[axis]}
        if isinstance(value, Tensor)
        else None
        for value in extra.values()
    ]
    return (sides, *shared)


@contextmanager
def quiet() -> Iterator[None]:
    """Keep what the exporters say of themselves off the screen; errors are raised all the same."""
    before = logging.root.manager.disable
    logging.disable(logging.ERROR)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            yield
    finally:
        logging.disable(before)
