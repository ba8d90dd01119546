"""What a network costs: parameters, and multiply-adds per output pixel.

Counted are convolutions, linear layers and matrix products whose two factors depend on something learned or on the
image. Activations, normalisation, additions and fixed interpolation are left out, as in the "Mult-Adds" of Ahn et al.
(CARN, ECCV 2018, section 4.2); attention between positions is counted.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from math import prod
from typing import Any

import torch
from torch import nn
from torch.utils._python_dispatch import TorchDispatchMode

__all__ = ["multiply_adds", "parameters"]


def parameters(net: nn.Module) -> int:
    """Return the number of trainable parameters; buffers and frozen tensors do not count."""
    return sum(weight.numel() for weight in net.parameters() if weight.requires_grad)


def multiply_adds(net: nn.Module, *, size: tuple[int, int] = (64, 64), **inputs: Any) -> float:
    """Return the multiply-adds per output pixel for an LR image of ``size`` (h, w).

    A network on torch's "meta" device is counted without computing anything.

    Args:
        net: a network of the contract, with ``.scale``.
        size: LR height and width; only global operations depend on it.
        **inputs: the extra keyword of networks that need one.
    """
    weight = next(net.parameters(), torch.empty(0))
    lr = torch.rand(1, 3, *size, device=weight.device, dtype=weight.dtype).requires_grad_()
    with torch.enable_grad(), _Counter() as counter:
        sr = net(lr, **inputs)
    return float(counter.total / prod(sr.shape[-2:]))


class _Counter(TorchDispatchMode):  # type: ignore[no-untyped-call]  # torch leaves it untyped
    """Adds up the multiplications of every operation that passes below autograd."""

    def __init__(self) -> None:
        super().__init__()  # type: ignore[no-untyped-call]  # torch leaves it untyped
        self.total = 0

    def __torch_dispatch__(
        self, func: Any, types: Sequence[type], args: Sequence[Any] = (), kwargs: Mapping[str, Any] | None = None
    ) -> Any:
        result = func(*args, **(kwargs or {}))
        name = func.overloadpacket.__name__
        cost = _scaled_dot_product if name.startswith("_scaled_dot_product") else _COSTS.get(name)
        if cost is not None:
            self.total += cost(args, result)
        return result


def _convolution(args: Sequence[Any], result: Any) -> int:
    image, weight, transposed = args[0], args[1], args[6]
    if not weight.requires_grad:
        return 0
    places = image if transposed else result
    return int(places.numel() * prod(weight.shape[1:]))


def _product(args: Sequence[Any], result: Any) -> int:
    left, right = args[-2], args[-1]
    if not (left.requires_grad and right.requires_grad):
        return 0
    return int(result.numel() * left.shape[-1])


def _scaled_dot_product(args: Sequence[Any], result: Any) -> int:
    query, key, value = args[:3]
    return int(query.numel() * key.shape[-2] + prod(query.shape[:-1]) * key.shape[-2] * value.shape[-1])


_COSTS: dict[str, Callable[[Sequence[Any], Any], int]] = {
    "convolution": _convolution,
    "addmm": _product,
    "baddbmm": _product,
    "bmm": _product,
    "mm": _product,
}
