"""Types and bounds of a formula's options, read from the annotations of the function that receives them.

``size: int`` takes whole numbers, ``sigma: float`` numbers, ``kind: str`` (or a ``Literal``) text, ``grey: bool`` True
or False, ``… | None`` also None. ``Annotated[float, Between(0, 50)]`` bounds a number. An argument without annotation
takes anything.
"""

from __future__ import annotations

import inspect
import types
import typing
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

__all__ = ["Between", "parameters", "takes_whole", "unfit"]


@dataclass(frozen=True)
class Between:
    """The bounds of a number, both included; in ``Annotated[float, Between(0, 50)]``."""

    low: float
    high: float


_WIDE = {int: Between(-(2**31), 2**31), float: Between(-1e9, 1e9)}
_WORDS = {int: "a whole number", float: "a number", bool: "True or False", str: "text", type(None): "None"}


def parameters(thing: Callable[..., Any]) -> dict[str, inspect.Parameter]:
    """Return the arguments of a function or a class by name, with annotations as types where they can be read."""
    try:
        return dict(inspect.signature(thing, eval_str=True).parameters)
    except (NameError, AttributeError, TypeError, SyntaxError):  # what only a type checker understands
        return dict(inspect.signature(thing).parameters)


def unfit(value: Any, hint: Any, *, drawn: bool = False) -> str:
    """Return what is wrong with a value for an option, as the end of a sentence; nothing where it fits.

    Args:
        drawn: the value is one end of a range.
    """
    kinds, bounds = _kinds(hint)
    if not kinds:
        return ""
    kind = next((one for one in kinds if _is_a(value, one)), None)
    if kind is None or (drawn and kind not in _WIDE):
        wanted = " or ".join(dict.fromkeys(_WORDS[one] for one in kinds))
        return f"is {wanted}, not {'a range' if drawn and kind is not None else repr(value)}"
    limits = bounds or _WIDE.get(kind)
    if limits is not None and kind in _WIDE and not limits.low <= value <= limits.high:
        return f"is {_WORDS[kind]} from {limits.low:g} to {limits.high:g}, not {value!r}"
    return ""


def takes_whole(hint: Any) -> bool:
    """Tell whether an option takes whole numbers and no others."""
    kinds, _ = _kinds(hint)
    return int in kinds and float not in kinds


def _kinds(hint: Any) -> tuple[list[type], Between | None]:
    """Return the plain types an annotation allows, and its bounds; no types where it is none of those known here."""
    if typing.get_origin(hint) is typing.Annotated:
        inside, *extras = typing.get_args(hint)
        return _kinds(inside)[0], next((extra for extra in extras if isinstance(extra, Between)), None)
    if typing.get_origin(hint) in (typing.Union, types.UnionType):
        parts = [_kinds(part) for part in typing.get_args(hint)]
        known = all(kinds for kinds, _ in parts)
        return [one for kinds, _ in parts for one in kinds] * known, next((b for _, b in parts if b), None)
    if typing.get_origin(hint) is typing.Literal:
        return list(dict.fromkeys(type(word) for word in typing.get_args(hint) if type(word) in _WORDS)), None
    return [hint] if hint in _WORDS else [], None


def _is_a(value: Any, kind: type) -> bool:
    if isinstance(value, bool) or kind is bool:
        return kind is bool and isinstance(value, bool)
    return isinstance(value, (int, float) if kind is float else kind)
