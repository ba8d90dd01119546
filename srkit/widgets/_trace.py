"""Follow an image through a network: which module or function reads what which other one made.

Modules report themselves by hooks, functions of torch by a mode, and the functions of a network's file are found on the
stack of calls. So any control flow can be followed, loops and recursion included, and nothing is computed twice.
"""

from __future__ import annotations

import sys
import weakref
from contextlib import ExitStack
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from types import FrameType
from typing import Any

import torch
from torch import Tensor, nn
from torch.overrides import TorchFunctionMode
from torch.utils._pytree import tree_leaves
from torch.utils.weak import WeakTensorKeyDictionary

from srkit.widgets._walk import as_batch, borrowed

__all__ = ["Call", "trace"]


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


PLUMBING = _words(
    "getitem view reshape permute transpose contiguous to float double type type_as expand expand_as unsqueeze squeeze "
    "flatten unflatten clone detach narrow movedim swapaxes view_as unbind pad add sub mul div truediv rsub neg iadd "
    "isub imul itruediv radd rmul clamp clamp_min clamp_max T mT real data roll as_strided requires_grad get cat"
)
"""Operations on one traced tensor that a drawing leaves out: forms, and arithmetic with constants."""
FRESH = _words("empty_like zeros_like ones_like full_like rand_like new_zeros new_ones new_full new_empty")
"""Operations that take nothing but the form of what they are given."""
LIKE = _words("to type_as expand_as view_as reshape_as")
"""Operations that take nothing but the form of their second argument."""
HOUSE = str(Path(torch.__file__).parent)
NAMELESS = ("<listcomp>", "<genexpr>", "<lambda>", "<dictcomp>", "<setcomp>")


@dataclass(eq=False)
class Call:
    """One use of a module, of a function of torch, or of a function of the network's file."""

    kind: str  # the class or the function
    name: str = ""  # of the module, inside the network
    module: nn.Module | None = None
    parent: Call | None = None
    parts: list[Call] = field(default_factory=list)  # what it used, in order
    sources: list[Call] = field(default_factory=list)  # whose results it read itself, if it has no parts
    gives: list[Call] = field(default_factory=list)  # what made its results, if it has parts
    shape: tuple[int, ...] = ()  # of its first result
    maps: Tensor | None = None  # a few channels of that result, made small

    def inside(self, scope: Call) -> bool:
        """Tell whether it is a part of ``scope``, at any depth, or ``scope`` itself."""
        call: Call | None = self
        while call is not None and call is not scope:
            call = call.parent
        return call is scope

    def leaves(self) -> list[Call]:
        """Return what it used that has no parts; itself if it has none."""
        return [leaf for part in self.parts for leaf in part.leaves()] if self.parts else [self]


def trace(net: nn.Module, lr: Tensor, *, maps: bool = False, **inputs: Any) -> Call:
    """Run ``net`` once, in eval mode, and return its call; what it was given are calls of the kind ``"input"``.

    Args:
        net: a network.
        lr: ``(3, h, w)`` or ``(1, 3, h, w)``.
        maps: keep a few channels of each result.
        **inputs: the extra keyword of networks that need one.
    """
    given = {"lr": as_batch(lr).clone(), **inputs}
    listener = _Listener(net, maps)
    for name, thing in given.items():
        for tensor in _tensors(thing):
            listener.maker[tensor] = Call("input", name, shape=tuple(tensor.shape))
    with ExitStack() as stack:
        stack.enter_context(borrowed(net))
        stack.enter_context(torch.no_grad())
        for name, module in net.named_modules():
            for handle in listener.hooks(name, module):
                stack.callback(handle.remove)
        stack.enter_context(listener)
        net(given["lr"], **inputs)
    listener.frames.clear()
    assert listener.root is not None
    return _settled(listener.root)


class _Listener(TorchFunctionMode):
    """Writes down every call while the network runs."""

    def __init__(self, net: nn.Module, maps: bool) -> None:
        super().__init__()
        self.net, self.keep = net, maps
        self.maker: Any = WeakTensorKeyDictionary()
        self.writer: dict[int, Call] = {}  # by the memory that was written to
        self.frames: dict[FrameType, Call] = {}
        self.root: Call | None = None
        self.scope: Call | None = None
        self.hidden = 0  # inside how many of torch's own modules we are

    def hooks(self, name: str, module: nn.Module) -> list[Any]:
        """Listen to one module."""
        before = module.register_forward_pre_hook(partial(self._enter, name), with_kwargs=True)
        after = module.register_forward_hook(self._leave, with_kwargs=True, always_call=False)
        return [before, after]

    def _enter(self, name: str, module: nn.Module, args: Any, kwargs: Any) -> None:
        if self.hidden:
            self.hidden += 1
            return
        call = Call(type(module).__name__, name, module, self._place(2))
        if self.root is None:
            self.root = call
        elif call.parent is not None:
            call.parent.parts.append(call)
        self.scope = call
        if _is_primitive(module):
            self.hidden = 1
            call.sources = self._makers((args, kwargs))

    def _leave(self, module: nn.Module, _args: Any, _kwargs: Any, output: Any) -> None:
        if self.hidden > 1:
            self.hidden -= 1
            return
        call, self.hidden = self.scope, 0
        assert call is not None
        if isinstance(module, nn.Identity | nn.Dropout) and call.sources and call.parent is not None:
            call.parent.parts.remove(call)
            self._made(call.sources[0], output)
        elif _is_primitive(module):
            self._made(call, output)
        else:
            call.gives = self._makers(output)
            self._keep(call, output)
        parent = call.parent
        while parent is not None and parent.module is None:  # functions on the way
            parent = parent.parent
        self.scope = parent

    def __torch_function__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        kwargs = kwargs or {}
        name = getattr(func, "__name__", "").strip("_")
        read = args[:1] if name in LIKE else (args, kwargs)
        sources = [] if self.hidden or self.scope is None else self._makers(read)
        result = func(*args, **kwargs)
        tensors = _tensors(result)
        if not sources or (not tensors and name != "setitem") or name in FRESH:
            return result
        if len(sources) == 1 and name in PLUMBING:
            for tensor in tensors:
                self.maker[tensor] = sources[0]
                if len(sources[0].shape) != 4 and tensor.ndim == 4:
                    sources[0].shape = tuple(tensor.shape)
            self._shaped(tensors)
            return result
        call = Call(name, parent=self._place(1), sources=sources)
        assert call.parent is not None
        call.parent.parts.append(call)
        self._made(call, args[0] if name == "setitem" else result)
        if name == "setitem" or kwargs.get("out") is not None:  # another view of that memory may be read later
            self._wrote(call, args[0] if name == "setitem" else kwargs["out"])
        self._shaped(tensors)
        return result

    def _shaped(self, made: list[Tensor]) -> None:
        """Give the functions that are going on the shape of what was made last: at their end it is their result's."""
        for frame in _helpers(1, self.scope.module if self.scope is not None else None):
            if frame in self.frames and made:
                self.frames[frame].shape = tuple(made[0].shape)

    def _wrote(self, call: Call, tensor: Tensor) -> None:
        storage = tensor.untyped_storage()
        if id(storage) not in self.writer:
            weakref.finalize(storage, self.writer.pop, id(storage), None)
        self.writer[id(storage)] = call

    def _made(self, call: Call, output: Any) -> None:
        for tensor in _tensors(output):
            self.maker[tensor] = call
        self._keep(call, output)

    def _keep(self, call: Call, output: Any) -> None:
        first = next(iter(_tensors(output)), None)
        if first is None:
            return
        call.shape = tuple(first.shape)
        if self.keep and first.ndim == 4 and first.is_floating_point():
            step = -(-max(first.shape[-2:]) // 48)
            self.hidden += 1  # this is not the network's doing
            call.maps = first[0, :8, ::step, ::step].detach().float().cpu().clone()
            self.hidden -= 1

    def _makers(self, things: Any) -> list[Call]:
        found = (self.maker.get(tensor) or self._writer(tensor) for tensor in _tensors(things))
        return list(dict.fromkeys(call for call in found if call is not None))

    def _writer(self, tensor: Tensor) -> Call | None:
        return self.writer.get(id(tensor.untyped_storage())) if self.writer else None

    def _place(self, skip: int) -> Call | None:
        """Return the call that is going on: of the innermost module, or of a function that it called."""
        scope = self.scope
        if scope is None:
            return None
        for frame in _helpers(skip, scope.module):
            known = self.frames.get(frame)
            if known is None or known.parent is not scope:
                known = self.frames[frame] = Call(frame.f_code.co_name, parent=scope)
                scope.parts.append(known)
            scope = known
        return scope


def _helpers(skip: int, module: nn.Module | None) -> list[FrameType]:
    """Return the frames between a module's ``forward`` and here, ``skip`` calls away, without its own methods."""
    frame: FrameType | None = sys._getframe(2)
    found: list[FrameType] = []
    seen = 0
    while frame is not None:
        code = frame.f_code
        if code is nn.Module._call_impl.__code__:
            seen += 1
            if seen == skip:
                break
        elif not code.co_filename.startswith(HOUSE) and code.co_name not in NAMELESS and code.co_filename != __file__:
            found.append(frame)
        frame = frame.f_back
    return [frame for frame in reversed(found) if not _is_method_of(frame, module)]


def _is_method_of(frame: FrameType, module: nn.Module | None) -> bool:
    first = frame.f_code.co_varnames[:1]
    return first == ("self",) and frame.f_code.co_argcount > 0 and frame.f_locals.get("self") is module


def _is_primitive(module: nn.Module) -> bool:
    """Tell whether a module is one of torch's own that does something itself, or a variant of its convolutions."""
    if isinstance(module, nn.Conv2d | nn.ConvTranspose2d | nn.Linear):
        return True
    own = type(module).__module__.startswith("torch.nn")
    return own and not isinstance(module, nn.Sequential | nn.ModuleList | nn.ModuleDict)


def _tensors(things: Any) -> list[Tensor]:
    return [thing for thing in tree_leaves(things) if isinstance(thing, Tensor)]


def _settled(call: Call) -> Call:
    """Dissolve functions that use modules into what they use; the others become one call without parts."""
    parts: list[Call] = []
    for part in call.parts:
        _settled(part)
        if part.module is None and part.parts and any(_uses_modules(inner) for inner in part.parts):
            for inner in part.parts:
                inner.parent = call
            parts += part.parts
        else:
            part.shape = part.shape or part.leaves()[-1].shape
            parts.append(part)
    call.parts = parts
    return call


def _uses_modules(call: Call) -> bool:
    return call.module is not None or any(_uses_modules(part) for part in call.parts)
