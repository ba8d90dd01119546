"""The registry of one-image methods."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, TypeVar

from srkit._reader import near
from srkit._registry import Registry
from srkit._verdicts import verdicts
from srkit.degrade import read_kernel
from srkit.errors import BadInput, SrkitError
from srkit.methods._method import Method, MethodCard

__all__ = ["METHODS", "MethodEntry", "card", "create", "names", "register_method"]

M = TypeVar("M", bound=type[Method])


@dataclass(frozen=True)
class MethodEntry:
    """A registered method: the class that makes it, and its card."""

    factory: type[Method]
    card: MethodCard


METHODS: Registry[MethodEntry] = Registry("method")


def register_method(name: str, card: MethodCard) -> Callable[[M], M]:
    """Register a method under ``name``; returns a class decorator.

    Args:
        name: lower case letters, digits and underscores.
        card: what is known about it.

    Raises:
        BadInput: the name cannot be a name, or the thing decorated is no subclass of :class:`Method`.
        DuplicateName: the name is taken.
    """

    def file(factory: M) -> M:
        if not (isinstance(factory, type) and issubclass(factory, Method)):
            raise BadInput(f"register_method({name!r}) decorates a subclass of srkit.methods.Method, not {factory!r}.")
        METHODS.register(name)(MethodEntry(factory, card))
        factory.name = METHODS.key(name)
        return factory

    return file


def create(name: str, **settings: Any) -> Method:
    """Make a method by name; a ``kernel`` may be a file that :func:`srkit.degrade.read_kernel` reads.

    Raises:
        UnknownName: it is not registered.
        BadInput: a setting it does not have, or a value it cannot use.
        BadFile: there is no kernel in the file.
    """
    factory = METHODS.get(name).factory
    parameters = inspect.signature(factory).parameters
    open_ended = any(parameter.kind is parameter.VAR_KEYWORD for parameter in parameters.values())
    known = list(parameters)
    for setting in settings:
        if setting not in known and not open_ended:  # an open-ended one checks what it is given itself
            listed = ", ".join(known) or "none"
            raise BadInput(f"{name!r} has no setting {setting!r}.{near(setting, known)} It has: {listed}.")
    if isinstance(settings.get("kernel"), str | Path):
        settings["kernel"] = read_kernel(settings["kernel"])
    try:
        return factory(**settings)
    except SrkitError:
        raise
    except Exception as error:  # what comparisons and arithmetic raise about a value of a wrong kind
        given = ", ".join(f"{setting}={value!r}"[:80] for setting, value in settings.items())
        raise BadInput(f"{name!r} cannot be made with {given}: {error}.") from error


def names(pattern: str = "*") -> list[str]:
    """Return the names of the methods that match a shell pattern, sorted."""
    return METHODS.names(pattern)


def card(name: str) -> MethodCard:
    """Return what is known about a method, with what the table of real-world systems says of it.

    Raises:
        UnknownName: it is not registered.
    """
    return replace(METHODS.get(name).card, measured=verdicts(METHODS.key(name)))
