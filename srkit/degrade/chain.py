"""A chain of degradations: calling it degrades an image, printing it gives its formula."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import torch
from torch import Tensor

from srkit.degrade import draw
from srkit.degrade._registry import DegradationEntry
from srkit.errors import BadInput
from srkit.ops.check import check_image

__all__ = ["Chain", "Range", "Step"]


@dataclass(frozen=True)
class Range:
    """A value drawn evenly between two ends, anew for each image; whole where the option is whole."""

    low: float  # the smaller end
    high: float  # the larger end
    whole: bool = False  # both ends belong to it, and nothing between whole numbers

    def draw(self, rng: torch.Generator) -> float:
        """Return one value."""
        if self.whole:
            return draw.whole(rng, int(self.low), int(self.high))
        return draw.uniform(rng, self.low, self.high)

    def __str__(self) -> str:
        return f"{self.low:g}..{self.high:g}"


@dataclass(frozen=True)
class Step:
    """One link of a chain."""

    entry: DegradationEntry  # what is done
    options: dict[str, Any] = field(default_factory=dict)  # with which values; a :class:`Range` is drawn from
    drawn_size: bool = False  # the size of the result hangs on a draw

    @property
    def draws(self) -> bool:
        """Whether it uses random numbers."""
        return self.entry.random or self.varies

    @property
    def has_range(self) -> bool:
        """Whether an option is drawn."""
        return any(isinstance(value, Range) for value in self.options.values())

    @property
    def varies(self) -> bool:
        """Whether images of a batch are treated differently."""
        return self.entry.one_by_one or self.has_range

    def __call__(self, image: Tensor, rng: torch.Generator | None) -> Tensor:
        """Degrade ``(b, 3, h, w)``."""
        options = self.options
        if self.has_range:
            if rng is None:
                raise BadInput(f"{self} draws random numbers: hand in rng=torch.Generator().manual_seed(0).")
            options = {name: value.draw(rng) if isinstance(value, Range) else value for name, value in options.items()}
        return self.entry.apply(image, options, rng)

    def __str__(self) -> str:
        inside = ", ".join(f"{name}={_written(value)}" for name, value in self.options.items())
        return f"{self.entry.title}({inside})" if inside else self.entry.title


class Chain:
    """Degradations one after the other, as :func:`srkit.degrade.parse` makes them.

    Example:
        >>> degrade = parse("blur(1.6) > down(4) > noise(10)")                 # doctest: +SKIP
        >>> lr = degrade(hr, rng=torch.Generator().manual_seed(0))             # doctest: +SKIP
    """

    def __init__(self, steps: Sequence[Step]) -> None:
        if not steps:
            raise BadInput("A chain has at least one step, for example srkit.degrade.parse('down(4)').")
        self.steps = tuple(steps)

    @property
    def scale(self) -> int:
        """The whole factor by which the chain makes images smaller."""
        factor = 1.0
        for step in self.steps:
            if step.drawn_size or isinstance(step.options.get(step.entry.reduces), Range):
                raise BadInput(f"{step} draws its factor, so the scale of {str(self)!r} is not known beforehand.")
            factor *= step.entry.factor(step.options)
        if factor != int(factor):
            raise BadInput(f"{str(self)!r} reduces by {factor:g}, which is no whole scale.")
        return int(factor)

    @property
    def random(self) -> bool:
        """Whether the result depends on ``rng``."""
        return any(step.draws for step in self.steps)

    def __call__(self, hr: Tensor, *, rng: torch.Generator | None = None) -> Tensor:
        """Degrade an image ``(3, h, w)`` or a batch ``(b, 3, h, w)`` in [0, 1], on any device.

        Args:
            rng: where random numbers come from; needed only if the chain draws any.

        Returns:
            ``(…, 3, h/scale, w/scale)``, not clipped unless a step clips.
        """
        check_image(hr, name="hr")
        if hr.ndim == 3:
            return self._run(hr[None], rng)[0]
        if not any(step.varies for step in self.steps):
            return self._run(hr, rng)
        made = [self._run(one[None], rng) for one in hr]
        sizes = sorted({tuple(one.shape[-2:]) for one in made})
        if len(sizes) > 1:
            raise BadInput(
                f"{str(self)!r} draws the size of its result, and images of {sizes[0]} and {sizes[-1]} pixels are no "
                "batch: fix the factor, or hand in one image at a time."
            )
        return torch.cat(made)

    def _run(self, image: Tensor, rng: torch.Generator | None) -> Tensor:
        for step in self.steps:
            image = step(image, rng)
        return image

    def __str__(self) -> str:
        return " > ".join(map(str, self.steps))

    def __repr__(self) -> str:
        return f"<Chain {self}>"


def _written(value: Any) -> str:
    text = str(value)
    if isinstance(value, str) and not (text.isidentifier() and text not in ("True", "False", "None")):
        return f'"{text}"'
    return text
