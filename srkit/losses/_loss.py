"""A weighted sum of losses with named terms."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import torch
from torch import Tensor, nn

from srkit.errors import BadInput
from srkit.ops.check import check_pair

__all__ = ["Loss", "Term"]


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
