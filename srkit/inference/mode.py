"""Use a network for inference and restore its state afterwards."""

from __future__ import annotations

import hashlib
import threading
from collections.abc import Callable, Hashable, Iterator
from contextlib import contextmanager
from typing import Any, TypeVar
from weakref import WeakKeyDictionary

import torch
from torch import Tensor, nn

from srkit.errors import BadInput
from srkit.ops.check import describe
from srkit.ops.jobs import code_of

__all__ = ["check_network", "evaluating", "network_digest", "place_of", "remembered", "scale_of"]

T = TypeVar("T")
_LOCK = threading.RLock()
_BORROWED: WeakKeyDictionary[nn.Module, int] = WeakKeyDictionary()
"""How many blocks are using a module that was in training mode when the first of them took it."""
_FACTS: WeakKeyDictionary[nn.Module, tuple[Hashable, dict[Hashable, Any]]] = WeakKeyDictionary()


@contextmanager
def evaluating(net: nn.Module) -> Iterator[nn.Module]:
    """Put ``net`` in eval mode without gradients for the length of a ``with`` block.

    Every sub-module gets its own training flag back afterwards, also after an error, so a network whose batch norm
    was frozen by hand stays frozen. Several threads may be inside with one network: the last to leave gives the flags
    back. Nothing is written to a network that is in eval mode.
    """
    check_network(net)
    borrowed = _borrow(net)
    try:
        with torch.inference_mode():
            yield net
    finally:
        _give_back(borrowed)


def _borrow(net: nn.Module) -> list[nn.Module]:
    with _LOCK:
        borrowed = [module for module in net.modules() if module.training or module in _BORROWED]
        for module in borrowed:
            _BORROWED[module] = _BORROWED.get(module, 0) + 1
            module.training = False
    return borrowed


def _give_back(borrowed: list[nn.Module]) -> None:
    with _LOCK:
        for module in borrowed:
            left = _BORROWED.pop(module) - 1
            if left:
                _BORROWED[module] = left
            else:
                module.training = True


def remembered(net: nn.Module, question: Hashable, answer: Callable[[], T]) -> T:
    """Return ``answer`` for a network, computed once as long as the network does not change.

    A layer put in its place, another device or number type, or another step of training forgets the answers. What a
    network says of itself, in ``facts``, stays.

    Args:
        answer: finds it out, without writing to the network.
    """
    own: dict[Hashable, T] = getattr(net, "facts", {})
    if question in own:
        return own[question]
    with _LOCK:
        state = _state_of(net)
        known, facts = _FACTS.get(net, (None, {}))
        if known != state:
            facts = {}
            _FACTS[net] = state, facts
        if question not in facts:
            facts[question] = answer()
        found: T = facts[question]
        return found


def _state_of(net: nn.Module) -> Hashable:
    tensors = [*net.parameters(), *net.buffers()]
    versions = sum(tensor._version for tensor in tensors if not tensor.is_inference())
    places = {(tensor.device, tensor.dtype) for tensor in tensors}
    return tuple(map(id, net.modules())), tuple(map(id, tensors)), versions, frozenset(places)


def check_network(net: nn.Module) -> None:
    """Refuse what is not a network."""
    if not isinstance(net, nn.Module):
        raise BadInput(
            f"A network was expected and {describe(net)} was given. Make one with "
            "srkit.models.create('edsr_baseline', scale=2) or srkit.models.load('weights.safetensors')."
        )


def place_of(net: nn.Module, fallback: Tensor) -> tuple[torch.device, torch.dtype]:
    """Return the device and floating dtype ``net`` works in; what no tensor of it says is that of ``fallback``."""
    tensors = [*net.parameters(), *net.buffers()]
    leading = next((tensor for tensor in tensors if tensor.is_floating_point()), None)
    if leading is not None:
        return leading.device, leading.dtype
    return tensors[0].device if tensors else fallback.device, fallback.dtype


def scale_of(net: nn.Module) -> int:
    """Return the enlargement factor of ``net``: its ``scale`` attribute, or else measured on a 16 x 16 image."""
    check_network(net)
    scale = getattr(net, "scale", None)
    if isinstance(scale, int) and scale >= 1:
        return scale
    anywhere = torch.zeros((), dtype=torch.float32)
    device, dtype = place_of(net, anywhere)
    with evaluating(net):
        height, width = net(torch.full((1, 3, 16, 16), 0.5, device=device, dtype=dtype)).shape[-2:]
    if height != width or height % 16:
        raise BadInput(
            f"The network turned 16 x 16 pixels into {height} x {width}, which is not a whole enlargement. "
            "It must give (b, 3, scale*h, scale*w); set net.scale to its factor."
        )
    return int(height // 16)


def network_digest(net: nn.Module) -> str:
    """Return a digest of a network's class, scale, weights and ``extra_repr``: equal for equal networks.

    The code of classes that are neither srkit's nor PyTorch's counts too, since it is rewritten between two calls.
    """
    kind = f"{type(net).__module__}.{type(net).__qualname__} x{scale_of(net)}{net.extra_repr()}"
    own = {type(part) for part in net.modules() if type(part).__module__.split(".")[0] not in ("srkit", "torch")}
    forwards = [one.forward for one in sorted(own, key=lambda one: one.__qualname__)]
    seen = hashlib.sha256(f"{kind} {code_of(*forwards) if forwards else ''}".encode())
    for name, value in net.state_dict().items():
        seen.update(f"{name} {value.dtype} {tuple(value.shape)}".encode())
        seen.update(value.detach().contiguous().cpu().reshape(-1).view(torch.uint8).numpy().tobytes())
    return seen.hexdigest()
