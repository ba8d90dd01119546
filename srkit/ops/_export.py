"""What networks compute by plain tensor operations while they are exported: their sizes are symbols then."""

from __future__ import annotations

from functools import lru_cache
from typing import Any

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional

from srkit.ops._weights import Axis

__all__ = ["enlarge", "fourier", "is_exporting", "lacking", "largest", "repeated"]

_AXIS = 17
_MIDDLE = _AXIS // 2


def is_exporting() -> bool:
    """Return whether ``torch.export``, an ONNX exporter or ``torch.jit.trace`` records what is computed."""
    traced = torch._C._get_tracing_state() is not None  # what torch.jit.is_tracing asks
    return traced or bool(torch.compiler.is_exporting())


def lacking(side: Any, wanted: int) -> Any:
    """Return how many pixels a side lacks of ``wanted``, 0 at least; ``torch.jit.trace`` gives sides as tensors."""
    if isinstance(side, Tensor):
        return (wanted - side).clamp(min=0)
    return torch.sym_max(0, wanted - side)  # type: ignore[no-untyped-call]


def enlarge(image: Tensor, factor: int, method: str) -> Tensor:
    """Enlarge ``(…, h, w)`` of any size as ``imresize(image, factor, method=method)`` does, by one convolution.

    Every input pixel and its neighbours give ``factor`` x ``factor`` output pixels, each with its own fixed weights;
    outside lies the mirror image, edge pixel repeated. Equal to ``imresize`` but for the order of its sums.
    """
    weights = _phases(factor, method)  # (factor, taps)
    margin = weights.shape[1] // 2
    both = weights[:, None, :, None] * weights[None, :, None, :]  # (factor, factor, taps, taps)
    x = image if image.dim() == 4 else image.reshape(-1, 1, *image.shape[-2:])  # (n, c, h, w)
    x = x.float() if x.dtype in (torch.float16, torch.bfloat16) else x
    for dim in (-2, -1):
        x = _mirrored(x, margin, dim)
    channels = int(x.shape[1])  # kept apart: ncnn has no batches they could be put into
    kernel = torch.from_numpy(both.reshape(factor**2, 1, *both.shape[2:])).to(x.device, x.dtype)
    large = functional.conv2d(x, kernel.repeat(channels, 1, 1, 1), groups=channels)  # (n, c*factor**2, h, w)
    large = functional.pixel_shuffle(large, factor).to(image.dtype)  # (n, c, factor*h, factor*w)
    return large if image.dim() == 4 else large.reshape(*image.shape[:-2], *large.shape[-2:])


def _mirrored(x: Tensor, margin: int, dim: int) -> Tensor:
    """Put ``margin`` mirrored pixels before and behind an axis, in slices that any runtime knows."""
    first = [slice(i, i + 1) for i in reversed(range(margin))]
    last = [slice(-i - 1, -i or None) for i in range(margin)]
    before, behind = ([x[..., one, :] if dim == -2 else x[..., one] for one in part] for part in (first, last))
    return torch.cat([*before, x, *behind], dim=dim)


def largest(x: Tensor, step: int) -> Tensor:
    """Return ``F.adaptive_max_pool2d(x, (h // step, w // step))`` of ``(…, h, w)``, no side smaller than ``step``."""
    for dim in (-2, -1):
        n = x.shape[dim]
        m = torch.full((), n // step)  # a tensor, because ONNX divides no tensor by a size
        i = torch.arange(n // step)
        first, last = i * n // m, ((i + 1) * n - 1) // m  # of the pixels of each part, at most 2 * step
        parts = [x.index_select(dim, torch.minimum(first + k, last).to(x.device)) for k in range(2 * step)]
        x = torch.stack(parts).amax(0)
    return x


def repeated(x: Tensor, h: int, w: int) -> Tensor:
    """Return ``F.interpolate(x, (h, w), mode="nearest")``, which multiplies places by a 32-bit number, as here."""
    for dim, n in ((-2, h), (-1, w)):
        m = x.shape[dim]
        step = torch.full((), m, dtype=torch.float32) / torch.full((), n, dtype=torch.float32)
        places = (torch.arange(n, dtype=torch.float32) * step).long().clamp(max=m - 1)
        x = x.index_select(dim, places.to(x.device))
    return x


def fourier(x: Tensor, *, back: bool = False) -> Tensor:
    """Return the Fourier transform of each ``(h, w)`` of ``(2, …, h, w)``, real and imaginary parts, or undo it.

    By matrix products, which every format knows and none must have complex numbers for.
    """
    real, imaginary = x.unbind()
    for _ in range(2):  # along the width, then along the height
        n = x.shape[-1]
        i = torch.arange(n, device=x.device)
        turns = i[:, None] * i % torch.full((), n)  # so that even a large product is exact in 32 bits
        angle = turns.to(x.dtype) * (2 * torch.pi / torch.full((), n, dtype=x.dtype))
        cosine, sine = angle.cos(), -angle.sin()
        if back:
            cosine, sine = cosine / n, -sine / n
        real, imaginary = real @ cosine - imaginary @ sine, real @ sine + imaginary @ cosine
        x = torch.stack((real, imaginary)).mT
        real, imaginary = x.unbind()
    return x


@lru_cache(maxsize=32)
def _phases(factor: int, method: str) -> np.ndarray:
    """Return the weights ``(factor, taps)`` of the outputs of one input pixel, which stands in the middle."""
    rows, columns, values = Axis(_AXIS, factor * _AXIS, factor, method, True).entries()
    dense = np.zeros((factor * _AXIS, _AXIS))
    np.add.at(dense, (rows, columns), values)
    dense = dense[factor * _MIDDLE : factor * (_MIDDLE + 1)]
    margin = int(np.abs(np.nonzero(dense)[1] - _MIDDLE).max(initial=0))
    return np.ascontiguousarray(dense[:, _MIDDLE - margin : _MIDDLE + margin + 1])
