"""Resizing in plain tensor operations: for a network that is being exported, whose sizes are symbols."""

from __future__ import annotations

from functools import lru_cache

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional

from srkit.ops._weights import Axis

__all__ = ["enlarge", "is_exporting"]

_AXIS = 17
_MIDDLE = _AXIS // 2


def is_exporting() -> bool:
    """Return whether ``torch.export``, an ONNX exporter or ``torch.jit.trace`` records what is computed."""
    traced = torch._C._get_tracing_state() is not None  # what torch.jit.is_tracing asks
    return traced or bool(torch.compiler.is_exporting())


def enlarge(image: Tensor, factor: int, method: str) -> Tensor:
    """Enlarge ``(…, h, w)`` of any size as ``imresize(image, factor, method=method)`` does, by one convolution.

    Every input pixel and its neighbours give ``factor`` x ``factor`` output pixels, each with its own fixed weights;
    outside lies the mirror image, edge pixel repeated. Equal to ``imresize`` but for the order of its sums.
    """
    weights = _phases(factor, method)  # (factor, taps)
    margin = weights.shape[1] // 2
    both = weights[:, None, :, None] * weights[None, :, None, :]  # (factor, factor, taps, taps)
    x = image.reshape(-1, 1, *image.shape[-2:])  # (n, 1, h, w)
    x = x.float() if x.dtype in (torch.float16, torch.bfloat16) else x
    for dim in (-2, -1):
        x = _mirrored(x, margin, dim)
    kernel = torch.from_numpy(both.reshape(factor**2, 1, *both.shape[2:])).to(x.device, x.dtype)
    large = functional.pixel_shuffle(functional.conv2d(x, kernel), factor)  # (n, 1, factor*h, factor*w)
    return large.reshape(*image.shape[:-2], *large.shape[-2:]).to(image.dtype)


def _mirrored(x: Tensor, margin: int, dim: int) -> Tensor:
    """Put ``margin`` mirrored pixels before and behind an axis, in slices that any runtime knows."""
    first = [slice(i, i + 1) for i in reversed(range(margin))]
    last = [slice(-i - 1, -i or None) for i in range(margin)]
    before, behind = ([x[..., one, :] if dim == -2 else x[..., one] for one in part] for part in (first, last))
    return torch.cat([*before, x, *behind], dim=dim)


@lru_cache(maxsize=32)
def _phases(factor: int, method: str) -> np.ndarray:
    """Return the weights ``(factor, taps)`` of the outputs of one input pixel, which stands in the middle."""
    rows, columns, values = Axis(_AXIS, factor * _AXIS, factor, method, True).entries()
    dense = np.zeros((factor * _AXIS, _AXIS))
    np.add.at(dense, (rows, columns), values)
    dense = dense[factor * _MIDDLE : factor * (_MIDDLE + 1)]
    margin = int(np.abs(np.nonzero(dense)[1] - _MIDDLE).max(initial=0))
    return np.ascontiguousarray(dense[:, _MIDDLE - margin : _MIDDLE + margin + 1])
