"""From a name to a network: ``create``, ``names``, ``card``."""

from __future__ import annotations

import difflib
import inspect
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from torch import nn

from srkit.errors import BadInput
from srkit.models._contract import install_contract
from srkit.models._registry import MODELS, Card

__all__ = ["arguments_of", "card", "create", "names"]


def create(
    name: str,
    *,
    scale: int,
    tiny: bool = False,
    pretrained: str | Path | None = None,
    **arguments: Any,
) -> nn.Module:
    """Build a registered network in its paper's configuration.

    Args:
        name: see :func:`names`.
        scale: enlargement factor; the card lists those the network is defined for.
        tiny: take the card's small configuration, which runs in CPU seconds.
        pretrained: ``"srkit"`` for the weights shipped with the package (``"srkit:gan"`` for a variant of them, such as
            the twin trained against a discriminator), or the path of a weight file.
        **arguments: constructor arguments that differ from the paper's; an unknown one is refused.

    Returns:
        The network, with ``.scale``, ``.name`` and ``.arguments`` (what it takes to build it again): in training mode,
        or in evaluation mode where it has trained weights, as :func:`load` gives it.

    Raises:
        UnknownName: nobody registered ``name``.
        BadInput: a scale or an argument the network does not have.
        BadFile: ``pretrained`` names weights that are missing or do not fit.
    """
    entry, key = MODELS.get(name), MODELS.key(name)
    _check_scale(key, entry.card, scale)
    merged = {**entry.arguments, **(entry.card.tiny if tiny else {}), **arguments}
    _check_arguments(key, entry.factory, merged)
    net = label(entry.factory(scale=scale, **merged), name=key, scale=scale, arguments=merged)
    if pretrained is not None:
        from srkit.models._load import load_into
        from srkit.models._weights import weights_path

        load_into(net, weights_path(key, scale=scale, pretrained=pretrained))
        net.eval()
    return net


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


def names(pattern: str = "*") -> list[str]:
    """Return the registered networks that match a shell pattern (``"*rc*"``), sorted."""
    return MODELS.names(pattern)


def card(name: str) -> Card:
    """Return the card of a registered network.

    Raises:
        UnknownName: nobody registered ``name``.
    """
    return MODELS.get(name).card


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
            near = difflib.get_close_matches(argument, known, n=1)
            hint = f" Did you mean {near[0]!r}?" if near else ""
            raise BadInput(f"{name!r} has no argument {argument!r}.{hint} It has: {', '.join(['scale', *known])}.")


def _list(scales: tuple[int, ...]) -> str:
    return ", ".join(f"x{scale}" for scale in scales)
