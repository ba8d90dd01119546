"""The registry of discriminators."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from typing import Any

from torch import nn

from srkit._registry import Registry
from srkit.errors import BadInput
from srkit.ops.check import check_kind, describe

__all__ = ["DISCRIMINATORS", "create", "register_discriminator"]

DISCRIMINATORS: Registry[type[nn.Module]] = Registry("discriminator")


def register_discriminator(name: str) -> Callable[[type[nn.Module]], type[nn.Module]]:
    """Register a discriminator; returns a class decorator.

    Args:
        name: lower case letters, digits and underscores.

    Raises:
        BadInput: the name cannot be a name, or the constructor has no keyword ``size``.
        DuplicateName: the name is taken.
    """

    def file(network: type[nn.Module]) -> type[nn.Module]:
        if "size" not in inspect.signature(network).parameters:
            raise BadInput(f"The discriminator {name!r} has no argument 'size'. Write def __init__(self, *, size).")
        return DISCRIMINATORS.register(name)(network)

    return file


def create(name: str, *, size: int, **arguments: Any) -> nn.Module:
    """Make a discriminator with random weights, which refuses anything but float images ``(b, 3, h, w)``.

    Args:
        name: as registered; ``srkit.discriminators.DISCRIMINATORS.names()`` lists them.
        size: side of the images it will see, in pixels.
        **arguments: of its constructor, for example ``channels=16``.

    Raises:
        UnknownName: there is none of that name.
        BadInput: an argument does not fit.
    """
    network = DISCRIMINATORS.get(name)
    known = list(inspect.signature(network).parameters)
    for argument in arguments:
        if argument not in known:
            raise BadInput(f"The discriminator {name!r} has no argument {argument!r}; it has {', '.join(known)}.")
    made = network(size=size, **arguments)
    made.register_forward_pre_hook(_check_input)
    return made


def _check_input(_: nn.Module, given: tuple[Any, ...]) -> None:
    """Refuse what is no batch of images of floats; their range is free, as that of a network which begins to learn."""
    image = check_kind(given[0])
    if image.ndim != 4 or image.shape[1] != 3:
        raise BadInput(f"A discriminator takes images (b, 3, h, w) and was given {describe(image)}.")
