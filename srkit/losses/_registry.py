"""What a loss is: a weighted sum of registered terms, which are functions ``f(sr, hr, **options)`` or modules."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, TypeVar

import torch
from torch import Tensor, nn

from srkit._options import parameters
from srkit._registry import Registry
from srkit.errors import BadInput
from srkit.ops.check import check_pair

__all__ = ["LOSSES", "Loss", "LossEntry", "Term", "register_loss"]


@dataclass(frozen=True)
class Term:
    """One term of a formula: ``weight * title(options)``."""

    title: str
    weight: float
    module: nn.Module
    options: Mapping[str, Any] = field(default_factory=dict)

    def __str__(self) -> str:
        inside = ", ".join(f"{name}={value}" for name, value in self.options.items())
        return f"{self.weight:g}*{self.title}" + (f"({inside})" if inside else "")


class Loss(nn.Module):
    """The weighted sum of terms; made by :func:`srkit.losses.parse`.

    It never trains anything: computing it changes no weight, no statistics and no random state of its own.

    Args:
        terms: in the order of the formula.

    Attributes:
        names: the keys of :meth:`terms`, in order; a repeated name gets a number (``L1``, ``L1#2``).
        weights: the weight of each term, in order.
    """

    def __init__(self, terms: Sequence[Term]) -> None:
        super().__init__()
        self.names = tuple(_numbered([term.title for term in terms]))
        self.weights = tuple(term.weight for term in terms)
        self.modules_of_terms = nn.ModuleList(term.module for term in terms)
        self.formula = "+".join(map(str, terms))

    def forward(self, sr: Tensor, hr: Tensor) -> Tensor:
        """Return the scalar sum of the weighted terms of ``(b, c, h, w)`` images.

        Raises:
            BadInput: the shapes differ, ``hr`` is no picture in [0, 1], or a registered loss returned something
                other than a number.
        """
        return torch.stack(list(self.terms(sr, hr).values())).sum()  # (terms,) -> scalar

    def terms(self, sr: Tensor, hr: Tensor) -> dict[str, Tensor]:
        """Return each weighted term by name; their sum is the loss.

        Raises:
            BadInput: as for the loss itself.
        """
        check_pair(sr, hr)
        parts = zip(self.names, self.weights, self.modules_of_terms, strict=True)
        return {name: weight * _scalar(name, module(sr, hr)) for name, weight, module in parts}

    def __str__(self) -> str:
        return self.formula


def _numbered(titles: Sequence[str]) -> list[str]:
    seen: dict[str, int] = {}
    numbered = []
    for title in titles:
        seen[title] = seen.get(title, 0) + 1
        numbered.append(title if seen[title] == 1 else f"{title}#{seen[title]}")
    return numbered


def _scalar(name: str, value: object) -> Tensor:
    if isinstance(value, Tensor) and value.numel() == 1:
        return value.reshape(())
    given = f"a tensor of shape {tuple(value.shape)}" if isinstance(value, Tensor) else repr(value)
    raise BadInput(f"The loss {name!r} returned {given}; a loss returns one number, for example value.mean().")


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
    """A registered loss: its name in formulas, and its factory."""

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
