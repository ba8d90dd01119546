"""Record output shape, parameters and operations of each module of a network."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field, replace
from itertools import groupby
from typing import Any

import torch
from torch import Tensor, nn

from srkit.errors import BadInput
from srkit.models.count import counting, parameters

__all__ = ["Layer", "as_batch", "borrowed", "calls_of", "merged", "named_layer", "walk"]


@dataclass(frozen=True)
class Layer:
    """One module of a network, as recorded."""

    name: str  # inside its parent; ``"blocks.0 to blocks.19"`` where equal neighbours were merged
    kind: str  # its class
    shape: tuple[int, ...] | None  # of the last tensor it gave out; None where it was never called as a whole
    parameters: int  # trainable numbers in it and below
    multiply_adds: int  # in it and below, over all calls
    calls: int  # how often it was used
    parts: tuple[Layer, ...] = ()  # the modules inside it
    alike: int = 1  # how many equal modules this line stands for


@dataclass
class _Seen:
    """What is known of one module while the network runs."""

    shape: tuple[int, ...] | None = None
    multiply_adds: int = 0
    calls: int = 0
    began: list[int] = field(default_factory=list)


def walk(net: nn.Module, lr: Tensor, **inputs: Any) -> Layer:
    """Run ``net`` once and return what each of its modules did."""
    seen = {module: _Seen() for module in net.modules()}
    with ExitStack() as stack:
        stack.enter_context(borrowed(net))
        so_far = stack.enter_context(counting())
        for module, facts in seen.items():
            for handle in _listen(module, facts, so_far):
                stack.callback(handle.remove)
        net(as_batch(lr).clone().requires_grad_(), **inputs)
    return _layer("", net, seen)


def merged(parts: tuple[Layer, ...]) -> tuple[Layer, ...]:
    """Merge neighbouring modules that differ only in their names."""
    lines = []
    for _, group in groupby(parts, key=_signature):
        alike = list(group)
        first, last = alike[0], alike[-1]
        name = first.name if len(alike) == 1 else f"{first.name} to {last.name}"
        total = {what: sum(getattr(part, what) for part in alike) for what in ("parameters", "multiply_adds")}
        lines.append(replace(first, name=name, alike=len(alike), **total))
    return tuple(lines)


def named_layer(net: nn.Module, name: str) -> nn.Module:
    """Return the module called ``name``, for example ``"body.0.conv1"``."""
    modules = dict(net.named_modules())
    if name in modules:
        found: nn.Module = modules[name]
        return found
    parent = name
    while parent not in modules:
        parent = parent.rpartition(".")[0]
    inside = ", ".join(child for child, _ in modules[parent].named_children())
    raise BadInput(
        f"{type(net).__name__} has no layer {name!r}. In {parent or 'the network itself'} there are: {inside}."
    )


def calls_of(module: nn.Module, net: nn.Module, lr: Tensor, inputs: dict[str, Any]) -> list[tuple[Any, Any]]:
    """Return what goes into a module inside ``net`` and what comes out, for each of its calls for one image."""
    seen: list[tuple[Any, Any]] = []
    handle = module.register_forward_hook(lambda _module, given, output: seen.append((given[0], output)))
    try:
        with borrowed(net), torch.no_grad():
            net(as_batch(lr), **inputs)
    finally:
        handle.remove()
    return seen


def as_batch(lr: Tensor) -> Tensor:
    """Return ``(1, 3, h, w)`` of one image.

    Raises:
        BadInput: it is no image, or several.
    """
    batch = lr[None] if isinstance(lr, Tensor) and lr.ndim == 3 else lr
    if not isinstance(batch, Tensor) or batch.ndim != 4 or len(batch) != 1 or not batch.is_floating_point():
        what = tuple(lr.shape) if isinstance(lr, Tensor) else type(lr).__name__
        raise BadInput(f"One image (3, h, w) with floating-point values in [0, 1] was expected; this is {what}.")
    return batch.detach()


@contextmanager
def borrowed(net: nn.Module) -> Iterator[nn.Module]:
    """Put ``net`` in eval mode with gradients, and restore the mode of every module afterwards."""
    training = [module for module in net.modules() if module.training]
    net.eval()
    try:
        with torch.inference_mode(False), torch.enable_grad():
            yield net
    finally:
        for module in training:
            module.training = True


def _listen(module: nn.Module, facts: _Seen, so_far: Any) -> Iterator[Any]:
    def before(*_: object) -> None:
        facts.began.append(so_far())

    def after(_module: nn.Module, _inputs: object, output: Any) -> None:
        facts.multiply_adds += so_far() - facts.began.pop()
        facts.calls += 1
        tensors = [x for x in torch.utils._pytree.tree_leaves(output) if isinstance(x, Tensor)]
        if tensors:
            facts.shape = tuple(tensors[0].shape)

    yield module.register_forward_pre_hook(before)
    yield module.register_forward_hook(after)


def _layer(name: str, module: nn.Module, seen: dict[nn.Module, _Seen]) -> Layer:
    facts = seen[module]
    parts = tuple(_layer(child, inside, seen) for child, inside in module.named_children())
    below = sum(part.multiply_adds for part in parts)
    total = facts.multiply_adds if facts.calls else below
    return Layer(name, type(module).__name__, facts.shape, parameters(module), total, facts.calls, parts)


def _signature(layer: Layer) -> tuple[Any, ...]:
    inside = tuple((part.name, *_signature(part)) for part in layer.parts)
    return layer.kind, layer.shape, layer.parameters, layer.multiply_adds, layer.calls, inside
