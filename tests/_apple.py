"""A device as Apple's is, emulated on the CPU: it refuses float64, and tensors of the CPU beside its own.

Inside ``with apple():`` tensors can be put on ``DEVICE`` and computed with there; ``with apple(float64=True):`` gives
one as Nvidia's are, which has float64. What runs is the CPU's arithmetic, so that results are those of the CPU. Where
there is no Apple PyTorch lets no tensor on "mps", so the name is another device's.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from typing import Any

import torch
from torch import Tensor
from torch.overrides import TorchFunctionMode
from torch.utils._python_dispatch import TorchDispatchMode
from torch.utils._pytree import tree_flatten, tree_map

DEVICE = "meta"
_WIDE = {torch.float64, torch.complex128}
_REFUSED = _WIDE.copy()
_MOVING = ("aten::_to_copy", "aten::copy_", "aten::_copy_from")
_done: list[str] = []


class OnDevice(Tensor):
    """A tensor on the emulated device; ``held`` is where its numbers are."""

    held: Tensor

    @staticmethod
    def __new__(cls, held: Tensor) -> OnDevice:
        if held.dtype in _REFUSED:
            raise TypeError("Cannot convert a MPS Tensor to float64 dtype as the MPS framework doesn't support float64")
        made: OnDevice = Tensor._make_wrapper_subclass(  # type: ignore[attr-defined]
            cls,
            held.shape,
            strides=held.stride(),
            storage_offset=held.storage_offset(),
            dtype=held.dtype,
            device=DEVICE,
        )
        made.held = held
        return made

    @classmethod
    def __torch_dispatch__(cls, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        return _run(func, args, kwargs or {})


class _Device(TorchDispatchMode):
    def __torch_dispatch__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        return _run(func, args, kwargs or {})


class _Lists(TorchFunctionMode):
    """Lists of Python become tensors of the CPU first; PyTorch would write into the device without asking anybody."""

    def __torch_function__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        kwargs = kwargs or {}
        if func in (torch.tensor, torch.as_tensor) and kwargs.get("device") is not None:
            return func(*args, **{**kwargs, "device": "cpu"}).to(kwargs["device"])
        if func is Tensor.tolist and isinstance(args[0], OnDevice):
            return args[0].held.tolist()
        if func is Tensor.new_tensor and isinstance(args[0], OnDevice):
            return torch.tensor(args[1], dtype=kwargs.get("dtype", args[0].dtype)).to(kwargs.get("device", DEVICE))
        if func.__name__ in ("matmul", "__matmul__") and [args[0].dim(), args[1].dim()] == [1, 2]:
            # PyTorch would reshape a matrix in place, which a tensor of this kind does not notice
            return torch.mv(args[1].t(), args[0])
        if func is Tensor.__getitem__ and isinstance(args[1], tuple | list):
            return func(args[0], tuple(torch.tensor(i) if isinstance(i, list) else i for i in args[1]))
        return func(*args, **kwargs)


@contextmanager
def apple(*, float64: bool = False) -> Iterator[list[str]]:
    """Give this process the device ``DEVICE`` while the block runs, and a list of what was done there."""
    inference = torch.inference_mode
    _REFUSED.difference_update(_WIDE if float64 else ())
    torch.inference_mode = _without_gradients  # type: ignore[misc, assignment]
    torch.__future__.set_overwrite_module_params_on_conversion(True)  # what is written into a wrapper is not ``held``
    try:
        with _Device(), _Lists():
            _done.clear()
            yield _done
    finally:
        torch.__future__.set_overwrite_module_params_on_conversion(False)
        torch.inference_mode = inference  # type: ignore[misc]
        _REFUSED.update(_WIDE)


def _without_gradients(mode: bool = True) -> AbstractContextManager[object]:
    """Stand for ``torch.inference_mode``, in which PyTorch takes steps together that are looked at here one by one."""
    return torch.no_grad() if mode else nullcontext()


def _run(func: Any, args: Any, kwargs: dict[str, Any]) -> Any:
    given = [one for one in tree_flatten((args, kwargs))[0] if isinstance(one, Tensor)]
    there = any(isinstance(one, OnDevice) for one in given)
    asked = kwargs.get("device")
    moves = func._schema.name in _MOVING
    if there and not moves:
        foreign = [one for one in given if not isinstance(one, OnDevice) and one.dim()]
        if foreign and "index" not in func._schema.name:
            raise RuntimeError(f"{func} got tensors on mps and on the cpu: {[tuple(one.shape) for one in foreign]}")
    result_there = torch.device(asked).type == DEVICE if asked is not None else there
    if moves and there and not result_there and kwargs.get("dtype") in _REFUSED:
        raise TypeError("a copy to the CPU that also makes float64 is made on the device first: write .cpu().double()")
    if asked is not None and torch.device(asked).type == DEVICE:
        kwargs = {**kwargs, "device": "cpu"}
    if there:
        _done.append(func._schema.name)
    made = func(*tree_map(_plain, args), **tree_map(_plain, kwargs))
    if func._schema.name.endswith("_") or any(a.alias_info and a.alias_info.is_write for a in func._schema.arguments):
        written = kwargs.get("out", args[0] if args else None)
        return written if isinstance(written, Tensor) else made
    return (
        tree_map(lambda one: OnDevice(one.resolve_conj().resolve_neg()) if isinstance(one, Tensor) else one, made)
        if result_there
        else made
    )


def _there(thing: Any) -> Any:
    return OnDevice(thing.resolve_conj().resolve_neg()) if isinstance(thing, Tensor) else thing


def _plain(thing: Any) -> Any:
    return thing.held if isinstance(thing, OnDevice) else thing
