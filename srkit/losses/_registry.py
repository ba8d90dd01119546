"""The losses' registry: functions ``f(sr, hr, **options) -> scalar`` and modules with the same forward."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, TypeVar

from torch import Tensor, nn

from srkit._options import parameters
from srkit._registry import Registry
from srkit.errors import BadInput

__all__ = ["LOSSES", "LossEntry", "register_loss"]

_SWALLOWING = (inspect.Parameter.VAR_POSITIONAL, inspect.Parameter.VAR_KEYWORD)

LossMaker = TypeVar("LossMaker", bound=Callable[..., Any])


class FunctionLoss(nn.Module):
    """A loss function with its options bound, as a module."""

    def __init__(self, function: Callable[..., Tensor], options: Mapping[str, Any]) -> None:
        super().__init__()
        self.function = function
        self.options = dict(options)

    def forward(self, sr: Tensor, hr: Tensor) -> Tensor:
        """Return the scalar loss of ``(b, c, h, w)`` images."""
        return self.function(sr, hr, **self.options)


@dataclass(frozen=True)
class LossEntry:
    """A registered loss: how the formula spells it, and what makes it."""

    title: str
    factory: Callable[..., Any]

    def options(self) -> dict[str, inspect.Parameter]:
        """Return the arguments the formula may set, by name."""
        known = parameters(self.factory)
        if not _is_module(self.factory):
            known = dict(list(known.items())[2:])  # sr and hr come first
        return {name: value for name, value in known.items() if value.kind not in _SWALLOWING}

    def make(self, **options: Any) -> nn.Module:
        """Return the loss as a module with ``forward(sr, hr)``."""
        if _is_module(self.factory):
            module = self.factory(**options)
            assert isinstance(module, nn.Module)
            return module
        return FunctionLoss(self.factory, options)


LOSSES: Registry[LossEntry] = Registry("loss")


def register_loss(name: str) -> Callable[[LossMaker], LossMaker]:
    """Make a loss available to :func:`srkit.losses.parse` and ``train(loss=...)``; returns a decorator.

    Args:
        name: how the formula spells it; letters, digits, underscores. Look-ups ignore case.

    The thing decorated is a function ``f(sr, hr, **options)`` that returns a scalar, or an ``nn.Module`` class whose
    forward takes ``(sr, hr)``.

    Raises:
        BadInput: the name cannot be a name, or the thing is neither of the two.
        DuplicateName: the name is taken.

    Example:
        >>> @register_loss("BrightnessGap")                          # doctest: +SKIP
        ... def brightness_gap(sr, hr, *, power=1.0):
        ...     return (sr.mean() - hr.mean()).abs() ** power
        >>> parse("1*L1+0.1*BrightnessGap(power=2)")                 # doctest: +SKIP
    """

    def file(thing: LossMaker) -> LossMaker:
        if not callable(thing) or isinstance(thing, nn.Module):
            raise BadInput(
                f"register_loss({name!r}) decorates a function f(sr, hr) or an nn.Module class, "
                f"and was given {thing!r}."
            )
        LOSSES.register(LOSSES.key(name))(LossEntry(name, thing))
        return thing

    return file


def _is_module(thing: object) -> bool:
    return isinstance(thing, type) and issubclass(thing, nn.Module)
