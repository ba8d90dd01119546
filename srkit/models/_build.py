"""Build a network from its registry entry, with checks; or its shapes alone, without any numbers."""

from __future__ import annotations

import inspect
import math
import re
from collections.abc import Callable, Mapping
from typing import Any

import torch
from torch import Tensor, nn
from torch.overrides import TorchFunctionMode

from srkit._reader import near
from srkit.errors import BadInput, SrkitError
from srkit.models._contract import install_contract
from srkit.models._registry import MODELS, Card

__all__ = ["OnlyShapes", "arguments_of", "build", "label", "shapes", "without_weights"]


class OnlyShapes(TorchFunctionMode):
    """While it is entered, weights are shapes without memory, and nothing initialises them.

    Weights alone, not all tensors: arithmetic on the device "meta" would import half of PyTorch.

    Args:
        limit: calls of PyTorch after which the building is given up.
    """

    def __init__(self, limit: float = math.inf) -> None:
        super().__init__()
        self._left = limit

    def __torch_function__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        """Leave out the call if it initialises, else make it."""
        kwargs, self._left = kwargs or {}, self._left - 1
        if self._left < 0:
            raise BadInput("it has many times more layers than the file has entries")
        if func in _INITIALISES:
            return (*args, *kwargs.values())[0]
        return func(*args, **({**kwargs, "device": "meta"} if func is torch.empty else kwargs))


_INITIALISES = {Tensor.normal_, Tensor.uniform_} | {
    getattr(nn.init, name)
    for name in dir(nn.init)
    if re.fullmatch(r"(kaiming|xavier|trunc)?_?(normal|uniform)_|orthogonal_|sparse_", name)
}


def build(name: str, *, scale: int, **arguments: Any) -> nn.Module:
    """Build a registered network with arguments on top of its variant's, checked and labelled.

    Raises:
        UnknownName: ``name`` is not registered.
        BadInput: a scale or an argument the network does not have, or a value it cannot be built with.
    """
    entry, key = MODELS.get(name), MODELS.key(name)
    _check_scale(key, entry.card, scale)
    merged = {**entry.arguments, **arguments}
    _check_arguments(key, entry.factory, merged)
    try:
        net = entry.factory(scale=scale, **merged)
    except Exception as error:  # of a value of a wrong kind a constructor may raise anything
        if isinstance(error, SrkitError) or not arguments:
            raise
        raise _cannot(name, scale, arguments, error) from error
    return label(net, name=key, scale=scale, arguments=merged)


def shapes(name: str, *, scale: int, entries: int, **arguments: Any) -> dict[str, Tensor]:
    """Return the state dict that :func:`build` would give, as shapes on the meta device; milliseconds, no memory.

    Args:
        name: as for ``build``.
        scale: as for ``build``.
        entries: of the file it is compared with, which bounds the work.
        **arguments: as for ``build``.

    Raises:
        BadInput: the network cannot be built so; whatever a constructor raises is told as this.
    """
    entry = MODELS.get(name)
    _check_scale(MODELS.key(name), entry.card, scale)
    key = (entry.factory, scale, repr(sorted({**entry.arguments, **arguments}.items())))
    if key not in _SHAPES:
        try:
            with torch.enable_grad(), OnlyShapes(limit=2000 + 50 * entries):  # giving up may skip the end of a no_grad
                _SHAPES[key] = build(name, scale=scale, **arguments).state_dict()
        except BadInput:
            raise
        except Exception as error:  # a file's numbers may be anything, and a constructor may do anything with them
            raise _cannot(name, scale, arguments, error) from error
        if len(_SHAPES) > 100:
            del _SHAPES[next(iter(_SHAPES))]
    return _SHAPES[key]


_SHAPES: dict[Any, dict[str, Tensor]] = {}  # variants of one network ask for the same


def without_weights(name: str, *, scale: int) -> nn.Module:
    """Return what :func:`build` would give, on the meta device: with the shapes of its weights and no numbers."""
    with OnlyShapes():
        return build(name, scale=scale).to("meta")


def _cannot(name: str, scale: int, arguments: Mapping[str, Any], error: Exception) -> BadInput:
    return BadInput(f"{name!r} x{scale} cannot be built with {dict(arguments)}: {type(error).__name__}: {error}")


def label(net: nn.Module, *, name: str, scale: int, arguments: Mapping[str, Any]) -> nn.Module:
    """Write on a network what it is, and install the check of its input."""
    given = getattr(net, "scale", None)
    if given != scale:
        raise BadInput(
            f"The network {name!r} must say its enlargement factor: net.scale is {given!r} and {scale} was asked for. "
            "Add self.scale = scale to its __init__."
        )
    net.name, net.arguments = name, dict(arguments)  # type: ignore[assignment]  # plain attributes, not tensors
    return install_contract(net)


def arguments_of(factory: Callable[..., nn.Module]) -> dict[str, inspect.Parameter]:
    """Return the constructor arguments of a network, without ``scale``."""
    parameters = inspect.signature(factory).parameters
    return {name: value for name, value in parameters.items() if name != "scale"}


def _check_scale(name: str, card: Card, scale: int) -> None:
    if isinstance(scale, bool) or not isinstance(scale, int):
        raise BadInput(f"scale is a whole number; {scale!r} was given. {name!r} is defined for {_list(card.scales)}.")
    if scale not in card.scales:
        others = [other for other in MODELS.names() if scale in MODELS.get(other).card.scales]
        raise BadInput(
            f"{name!r} is defined for {_list(card.scales)}, not for x{scale}. "
            f"Networks for x{scale}: {', '.join(others) or 'none'}."
        )


def _check_arguments(name: str, factory: Callable[..., nn.Module], arguments: Mapping[str, Any]) -> None:
    known = arguments_of(factory)
    for argument in arguments:
        if argument not in known:
            listed = ", ".join(["scale", *known])
            raise BadInput(f"{name!r} has no argument {argument!r}.{near(argument, known)} It has: {listed}.")


def _list(scales: tuple[int, ...]) -> str:
    return ", ".join(f"x{scale}" for scale in scales)
