"""Former public names, which still work for one version and are found where they are now."""

from __future__ import annotations

import importlib
import warnings
from collections.abc import Callable, Mapping
from typing import Any

__all__ = ["former"]


def former(room: str, homes: Mapping[str, str]) -> Callable[[str], Any]:
    """Return a module's ``__getattr__`` (PEP 562) that finds its former names and warns about their use.

    Args:
        room: the module's dotted name.
        homes: module of ``srkit`` in which names are now, to those names, separated by blanks; ``old=new`` for a name
            that has changed: ``{"training.state": "Guard", "evaluation.mismatch": "Told=Conditioned"}``.

    Every other name is an AttributeError that lists the public ones.
    """
    places = {old: (home, new or old) for home, names in homes.items() for old, new in map(_pair, names.split())}

    def find(name: str) -> Any:
        module = importlib.import_module(room)
        if name not in places:
            raise AttributeError(f"{room} has no public name {name!r}; it has: {', '.join(module.__all__)}")
        home, now = places[name]
        message = f"{room}.{name} will go with the next version; it is srkit.{home}.{now} now."
        warnings.warn(message, DeprecationWarning, stacklevel=2)
        return getattr(importlib.import_module(f"srkit.{home}"), now)

    return find


def _pair(entry: str) -> tuple[str, str]:
    old, _, new = entry.partition("=")
    return old, new
