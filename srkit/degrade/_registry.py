"""The registry of degradations: functions ``f(image, …, rng=…)`` that a formula calls by name."""

from __future__ import annotations

import functools
import inspect
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, TypeVar, cast

import torch
from torch import Tensor

from srkit._options import parameters
from srkit._registry import Registry
from srkit.errors import BadInput
from srkit.ops.check import check_kind, check_range

__all__ = ["DEGRADATIONS", "DegradationEntry", "register_degradation"]

F = TypeVar("F", bound=Callable[..., Tensor])
_SWALLOWING = (inspect.Parameter.VAR_POSITIONAL, inspect.Parameter.VAR_KEYWORD)


@dataclass(frozen=True)
class DegradationEntry:
    """A registered degradation."""

    title: str  # how the formula spells it
    function: Callable[..., Tensor]  # takes a batch ``(b, 3, h, w)`` first
    reduces: str = ""  # the option that holds the factor by which the sides shrink; empty where they stay
    one_by_one: bool = False  # it draws something anew for each image, so a batch is handed over image by image

    @property
    def random(self) -> bool:
        """Whether it draws numbers, and therefore needs ``rng``."""
        return "rng" in inspect.signature(self.function).parameters

    def options(self) -> dict[str, inspect.Parameter]:
        """Return the arguments a formula may set, by name, in order."""
        known = list(parameters(self.function).items())[1:]  # the image comes first
        return {name: value for name, value in known if name != "rng" and value.kind not in _SWALLOWING}

    def factor(self, options: dict[str, Any]) -> float:
        """Return by how much the sides shrink."""
        if not self.reduces:
            return 1.0
        given = options.get(self.reduces, self.options()[self.reduces].default)
        return float(given)

    def apply(self, image: Tensor, options: dict[str, Any], rng: torch.Generator | None) -> Tensor:
        """Run it on ``(b, 3, h, w)``."""
        if not self.random:
            return self.function(image, **options)
        if rng is None:
            raise BadInput(
                f"{self.title} draws random numbers: hand in a generator, "
                "rng=torch.Generator().manual_seed(0), and the same seed gives the same image."
            )
        return self.function(image, rng=rng, **options)


DEGRADATIONS: Registry[DegradationEntry] = Registry("degradation")


def register_degradation(name: str, *, reduces: str = "", one_by_one: bool = False) -> Callable[[F], F]:
    """Make a degradation available to :func:`srkit.degrade.parse`; returns a decorator.

    Args:
        name: how the formula spells it; letters, digits, underscores. Look-ups ignore case.
        reduces: the name of the option that holds the factor by which the sides shrink, if they do.
        one_by_one: hand a batch over image by image, because something is drawn anew for each.

    The function takes a batch ``(b, 3, h, w)`` first and then its options; if it draws random numbers, it has a keyword
    ``rng`` and draws them from that generator only.

    Raises:
        BadInput: the name cannot be a name, the thing is no function, or ``reduces`` is none of its options.
        DuplicateName: the name is taken.

    Example:
        >>> @register_degradation("fade")                            # doctest: +SKIP
        ... def fade(image, strength=0.5):
        ...     return image * (1 - strength) + 0.5 * strength
        >>> parse("fade(0.2) > down(2)")                             # doctest: +SKIP
    """

    def file(function: F) -> F:
        if not callable(function):
            raise BadInput(f"register_degradation({name!r}) decorates a function f(image, …), not {function!r}.")
        entry = DegradationEntry(name, function, reduces, one_by_one)
        if reduces and reduces not in entry.options():
            raise BadInput(f"{name!r} has no option {reduces!r}; it has: {', '.join(entry.options()) or 'none'}.")
        DEGRADATIONS.register(DEGRADATIONS.key(name))(entry)
        return _checked(function)

    return file


def _checked(function: F) -> F:
    """Return the function with a check of its image; in a chain, the chain checks once."""

    @functools.wraps(function)
    def checked(image: Tensor, *rest: Any, **options: Any) -> Tensor:
        if check_kind(image).numel():
            check_range(image)
        return function(image, *rest, **options)

    return cast(F, checked)
