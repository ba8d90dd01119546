"""What happened during a run, as data: one row per logged step, one column per number."""

from __future__ import annotations

import statistics
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from srkit._optional import optional
from srkit.errors import BadInput
from srkit.metrics import METRICS
from srkit.training.ledger import Ledger

if TYPE_CHECKING:
    from matplotlib.figure import Figure

__all__ = ["History", "medians"]

_BEFORE = ("step", "seconds", "learning_rate", "loss")
_AFTER = ("gradient_norm", "skipped", "valid_psnr", "valid_ssim")
_VALID = "valid_"
_POINTS = 4000
_INK, _PALE, _SECOND = "#1f4e79", "#9db8d2", "#b45309"


class History(Ledger):
    """The course of a run.

    Columns: ``step`` (updates made), ``seconds`` spent on steps so far (validation and saving not counted),
    ``learning_rate``, ``loss``, one column per term of the loss (already weighted), ``gradient_norm`` (before
    clipping), ``skipped`` (1 where the guard refused the update), and ``valid_psnr`` (dB), ``valid_ssim`` and one
    column for each further metric at the steps that were validated.
    """

    @classmethod
    def of_terms(cls, terms: Sequence[str]) -> History:
        """Return an empty history for a loss with these terms."""
        taken = [term for term in terms if term in (*_BEFORE, *_AFTER) or term.startswith(_VALID)]
        if taken:
            raise BadInput(
                f"A loss term cannot be called {', '.join(sorted(taken))}: the history has a column of that name."
            )
        return cls([*_BEFORE, *terms, *_AFTER])

    def widen(self, terms: Sequence[str]) -> None:
        """Add columns for terms that are new: a growing network gets further predictions. Earlier rows stay empty."""
        new = [term for term in terms if term not in self.columns]
        if new:
            self.add_columns(new, self.columns.index(_AFTER[0]))

    def note_validation(self, step: int, scores: Mapping[str, float]) -> None:
        """Add the means of a validation to the row of ``step``, with a new column where a metric is new."""
        values = {_VALID + name: value for name, value in scores.items()}
        new = [name for name in values if name not in self.columns]
        if new:
            self.add_columns(new, len(self.columns))
        self.note(step, **values)

    @property
    def terms(self) -> tuple[str, ...]:
        """The names of the terms of the loss."""
        return self.columns[len(_BEFORE) : self.columns.index(_AFTER[0])]

    def plot(self) -> Figure:
        """Return a figure of the loss (and its terms) over the steps, with the validation where there is one."""
        figure: Figure = optional("matplotlib.figure", "plots").Figure(figsize=(7.5, 3.6), layout="constrained")
        axes = figure.subplots()
        self._plot_losses(axes)
        axes.set(xlabel="step", ylabel="loss")
        axes.grid(alpha=0.25)
        validated = next((name for name in self.columns if name.startswith(_VALID) and self.pairs(name)[0]), None)
        if validated:
            metric = METRICS.get(validated.removeprefix(_VALID))
            right = axes.twinx()
            right.plot(*self.pairs(validated), "o-", color=_SECOND, markersize=4, label=f"validation {metric.title}")
            right.set_ylabel(f"validation {metric.heading}", color=_SECOND)
        axes.legend(loc="upper right", frameon=False)
        return figure

    def _plot_losses(self, axes: Any) -> None:
        steps, losses = self.pairs("loss")
        thin = max(1, len(steps) // _POINTS)
        axes.plot(steps[::thin], losses[::thin], color=_PALE, linewidth=0.8)
        axes.plot(*medians(steps, losses), color=_INK, linewidth=1.8, label="loss (median of 1 % of the steps)")
        if len(self.terms) > 1:
            for number, term in enumerate(self.terms):
                style = ("--", ":", "-.")[number % 3]
                axes.plot(*medians(*self.pairs(term)), style, linewidth=1.2, color="#4b5563", label=term)
        if losses and min(losses) > 0:
            axes.set_yscale("log")


def medians(steps: Sequence[int], values: Sequence[float], *, parts: int = 100) -> tuple[list[float], list[float]]:
    """Return the median step and the median value in each of (at most) ``parts`` equal stretches of a curve."""
    width = max(1, -(-len(values) // parts))
    stretches = [slice(begin, begin + width) for begin in range(0, len(values), width)]
    return (
        [statistics.median(steps[stretch]) for stretch in stretches],
        [statistics.median(values[stretch]) for stretch in stretches],
    )
