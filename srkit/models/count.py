"""What a network costs: parameters, multiply-adds and memory per output pixel.

Multiply-adds are those of convolutions (grouped, strided and transposed ones too), linear layers, matrix products and
``einsum`` whose two factors depend on something learned or on the image, attention between positions, and Fourier
transforms of what depends on the image. Whatever runs several times counts several times. Activations, normalisation,
additions and fixed interpolation are left out, as in the "Mult-Adds" of Ahn et al. (CARN, ECCV 2018, section 4.2).

Memory is the most that image and feature maps take at once in a forward pass that keeps nothing for a gradient; weights
and the workspace of single operations are left out. Attention is taken as PyTorch's fused kernels compute it in
inference: piece by piece, without the matrix of all pairs, where values are as wide as keys.
"""

from __future__ import annotations

import weakref
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from functools import lru_cache, partial
from math import log2, prod
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor, nn
from torch.overrides import TorchFunctionMode
from torch.utils._python_dispatch import TorchDispatchMode

__all__ = ["counting", "living_at_once", "multiply_adds", "parameters", "peak_memory"]


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
    lr = _lr(net, size).requires_grad_()
    with counting() as so_far:
        sr = net(lr, **inputs)
    return float(so_far() / prod(sr.shape[-2:]))


@contextmanager
def counting() -> Iterator[Callable[[], int]]:
    """Count the multiply-adds made inside a ``with`` block; what it yields tells how many they are so far.

    Only products whose two factors require a gradient are counted, so the image must require one.
    """
    with torch.enable_grad(), _Products() as products, _Attention(products):
        yield lambda: products.total


def peak_memory(net: nn.Module, *, size: tuple[int, int] = (64, 64), **inputs: Any) -> float:
    """Return the peak of memory in bytes per output pixel for an LR image of ``size`` (h, w).

    A network on torch's "meta" device is measured without computing anything.

    Args:
        net: a network of the contract, with ``.scale``.
        size: LR height and width; only global operations depend on it.
        **inputs: the extra keyword of networks that need one.
    """
    with torch.no_grad(), _Storages() as storages, _Attention():
        sr = net(_lr(net, size), **inputs)
    return float(storages.peak / prod(sr.shape[-2:]))


def living_at_once(job: Callable[[], object]) -> int:
    """Return the most bytes that the tensors which ``job()`` makes take at once, whatever it does, in this thread."""
    storages = _Storages()
    with storages:
        job()
    return storages.peak


def _lr(net: nn.Module, size: tuple[int, int]) -> Tensor:
    weight = next(net.parameters(), torch.empty(0))
    return torch.rand(1, 3, *size, device=weight.device, dtype=weight.dtype)


class _Repeated(TorchDispatchMode):  # type: ignore[no-untyped-call]  # torch leaves it untyped
    """Works out once what form the result of an operation on the "meta" device has: blocks repeat."""

    def __init__(self) -> None:
        super().__init__()  # type: ignore[no-untyped-call]  # torch leaves it untyped
        self._forms: dict[Any, Any] = {}

    def _do(self, func: Any, args: Sequence[Any], kwargs: Mapping[str, Any]) -> Any:
        key = (func, _form(args), _form(tuple(kwargs.items()))) if _makes_its_result(func) else None
        if key is None or None in key:
            return func(*args, **kwargs)
        if key in self._forms:
            made = [make() for make in self._forms[key]]
            return made[0] if len(made) == 1 else tuple(made)
        result = func(*args, **kwargs)
        given = {id(one.untyped_storage()) for one in _tensors((args, tuple(kwargs.values())))}
        parts = result if type(result) is tuple and len(result) > 1 else (result,)
        if all(_is_made_there(one, given) for one in parts):
            self._forms[key] = tuple(map(_maker, parts))
        return result


class _Products(_Repeated):  # type: ignore[no-untyped-call]  # torch leaves it untyped
    """Adds up the multiplications of every operation that passes below autograd."""

    def __init__(self) -> None:
        super().__init__()
        self.total = 0
        self.deaf = False

    def __torch_dispatch__(
        self, func: Any, types: Sequence[type], args: Sequence[Any] = (), kwargs: Mapping[str, Any] | None = None
    ) -> Any:
        result = self._do(func, args, kwargs or {})
        name = func.overloadpacket.__name__
        cost = _pairs if name.startswith("_scaled_dot_product") else _COSTS.get(name)
        if cost is not None and not self.deaf:
            self.total += cost(args, result)
        return result


class _Storages(_Repeated):  # type: ignore[no-untyped-call]  # torch leaves it untyped
    """Follows every piece of memory from the operation that makes it until it is freed."""

    def __init__(self) -> None:
        super().__init__()
        self.now: int = 0
        self.peak: int = 0
        self._alive: set[int] = set()

    def __torch_dispatch__(
        self, func: Any, types: Sequence[type], args: Sequence[Any] = (), kwargs: Mapping[str, Any] | None = None
    ) -> Any:
        kept = {id(tensor.untyped_storage()) for tensor in _tensors(args)}
        result = self._do(func, args, kwargs or {})
        for tensor in _tensors(result):
            if id(tensor.untyped_storage()) not in kept:
                self._add(tensor.untyped_storage())
        return result

    def _add(self, storage: torch.UntypedStorage) -> None:
        key, size = id(storage), storage.nbytes()
        if key in self._alive:
            return
        self._alive.add(key)
        self.now += size
        self.peak = max(self.peak, self.now)
        weakref.finalize(storage, self._drop, key, size)

    def _drop(self, key: int, size: int) -> None:
        self._alive.discard(key)
        self.now -= size


class _Attention(TorchFunctionMode):
    """Counts attention as one operation; on the "meta" device, which has no fused kernel, it also stands in for one.

    Attention inside torch's own ``nn.MultiheadAttention`` is out of its reach; there the products are counted below.
    """

    def __init__(self, products: _Products | None = None) -> None:
        super().__init__()
        self.products = products

    def __torch_function__(
        self, func: Any, types: Sequence[type], args: Sequence[Any] = (), kwargs: Mapping[str, Any] | None = None
    ) -> Any:
        if func is not F.scaled_dot_product_attention:
            return func(*args, **(kwargs or {}))
        given = dict(zip(("query", "key", "value"), args, strict=False)) | dict(kwargs or {})
        query, key, value = given["query"], given["key"], given["value"]
        if self.products is not None:
            self.products.total += _pairs((query, key, value), None)
        if query.is_meta and query.shape[-1] == value.shape[-1]:  # what the fused kernels of the CPU ask for
            return value.new_empty(*query.shape[:-1], value.shape[-1]).requires_grad_(torch.is_grad_enabled())
        return self._unheard(func, args, kwargs or {})

    def _unheard(self, func: Any, args: Sequence[Any], kwargs: Mapping[str, Any]) -> Any:
        if self.products is None:
            return func(*args, **kwargs)
        self.products.deaf = True
        try:
            return func(*args, **kwargs)
        finally:
            self.products.deaf = False


def _tensors(given: Any) -> Iterator[Tensor]:
    """Yield the tensors of an operation's arguments or result, which come alone, in lists and in tuples."""
    if isinstance(given, Tensor):
        yield given
    elif isinstance(given, list | tuple):
        for one in given:
            yield from _tensors(one)


@lru_cache(maxsize=1024)
def _makes_its_result(func: Any) -> bool:
    """Tell whether an operation gives new tensors and neither views nor changes what it is given."""
    told = func._schema
    return bool(told.returns) and not any(one.alias_info for one in (*told.arguments, *told.returns))


def _form(given: Any) -> Any:
    """Return what decides the form of a result, to be looked up by; None if that is more than shapes and settings."""
    if isinstance(given, Tensor):
        return (given.shape, given.stride(), given.dtype) if given.is_meta and given.dim() else None
    if isinstance(given, list | tuple):
        parts = tuple(map(_form, given))
        return None if None in parts else (type(given), parts)
    return (type(given), given)


def _is_made_there(one: Any, given: Collection[int]) -> bool:
    """Tell whether a result is a tensor on the "meta" device with memory of its own, no more than it needs."""
    return (
        isinstance(one, Tensor)
        and one.is_meta
        and id(one.untyped_storage()) not in given
        and one.untyped_storage().nbytes() == _maker(one)().untyped_storage().nbytes()
    )


def _maker(made: Tensor) -> Callable[[], Tensor]:
    """Return what makes another tensor of this form."""
    return partial(torch.empty_strided, made.shape, made.stride(), dtype=made.dtype, device="meta")


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


def _pairs(args: Sequence[Any], result: Any) -> int:
    query, key, value = args[:3]
    return int(query.numel() * key.shape[-2] + prod(query.shape[:-1]) * key.shape[-2] * value.shape[-1])


def _fourier(args: Sequence[Any], result: Any) -> int:
    """Count n/2 log2(n) butterflies of one complex product for n complex numbers, half as many for real ones."""
    whole = result if args[0].is_complex() and not result.is_complex() else args[0]
    if not args[0].requires_grad:
        return 0
    points = prod(whole.shape[dim] for dim in args[1])
    butterflies = whole.numel() / 2 * log2(points) if points > 1 else 0
    return round(butterflies * 4 / (1 if whole.is_complex() else 2))


_COSTS: dict[str, Callable[[Sequence[Any], Any], int]] = {
    "convolution": _convolution,
    "addmm": _product,
    "addmv": _product,
    "baddbmm": _product,
    "bmm": _product,
    "dot": _product,
    "mm": _product,
    "mv": _product,
    "_fft_c2c": _fourier,
    "_fft_c2r": _fourier,
    "_fft_r2c": _fourier,
}
