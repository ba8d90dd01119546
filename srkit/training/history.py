"""What happened during a run, as data: one row per logged step, one column per number."""

from __future__ import annotations

import statistics
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from srkit.errors import BadInput
from srkit.training.ledger import Ledger

if TYPE_CHECKING:
    from matplotlib.figure import Figure

__all__ = ["History", "smoothed"]

_BEFORE = ("step", "seconds", "learning_rate", "loss")
_AFTER = ("gradient_norm", "skipped", "valid_psnr", "valid_ssim")
_INK, _PALE, _SECOND = "#1f4e79", "#9db8d2", "#b45309"


class History(Ledger):
    """The course of a run.

    Columns: ``step`` (updates made), ``seconds`` spent on steps so far (validation and saving not counted),
    ``learning_rate``, ``loss``, one column per term of the loss (already weighted), ``gradient_norm`` (before
    clipping), ``skipped`` (1 where the guard refused the update), and ``valid_psnr`` (dB), ``valid_ssim`` at the steps
    that were validated.
    """

    @classmethod
    def of_terms(cls, terms: Sequence[str]) -> History:
        """Return an empty history for a loss with these terms."""
        taken = {*_BEFORE, *_AFTER}.intersection(terms)
        if taken:
            raise BadInput(
                f"A loss term cannot be called {', '.join(sorted(taken))}: the history has a column of that name."
            )
        return cls([*_BEFORE, *terms, *_AFTER])

    @property
    def terms(self) -> tuple[str, ...]:
        """The names of the terms of the loss."""
        return self.columns[len(_BEFORE) : -len(_AFTER)]

    def plot(self) -> Figure:
        """Return a figure of the loss (and its terms) over the steps, with the validation PSNR where there is one."""
        from matplotlib.figure import Figure

        figure = Figure(figsize=(7.5, 3.6), layout="constrained")
        axes = figure.subplots()
        self._plot_losses(axes)
        axes.set(xlabel="step", ylabel="loss")
        axes.grid(alpha=0.25)
        steps, psnr = self.pairs("valid_psnr")
        if steps:
            right = axes.twinx()
            right.plot(steps, psnr, "o-", color=_SECOND, markersize=4, label="validation PSNR")
            right.set_ylabel("validation PSNR (dB)", color=_SECOND)
        axes.legend(loc="upper right", frameon=False)
        return figure

    def _plot_losses(self, axes: Any) -> None:
        steps, losses = self.pairs("loss")
        axes.plot(steps, losses, color=_PALE, linewidth=0.8)
        axes.plot(steps, smoothed(losses), color=_INK, linewidth=1.8, label="loss (running median)")
        if len(self.terms) > 1:
            for number, term in enumerate(self.terms):
                at, values = self.pairs(term)
                style = ("--", ":", "-.")[number % 3]
                axes.plot(at, smoothed(values), style, linewidth=1.2, color="#4b5563", label=term)
        if losses and min(losses) > 0:
            axes.set_yscale("log")


def smoothed(values: Sequence[float], *, window: int | None = None) -> list[float]:
    """Return the running median of ``values`` over the last ``window`` of them (default: a twentieth, at most 101)."""
    width = window or max(1, min(101, len(values) // 20))
    return [statistics.median(values[max(0, i + 1 - width) : i + 1]) for i in range(len(values))]
