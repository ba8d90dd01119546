"""What a training returns."""

from __future__ import annotations

import html
from dataclasses import dataclass, field
from pathlib import Path

from torch import nn

from srkit.training.config import Config
from srkit.training.history import History
from srkit.training.state import Best

__all__ = ["Run"]


@dataclass(frozen=True)
class Run:
    """A finished (or interrupted) training.

    Attributes:
        net: the network handed in, holding the result: the averaged weights where ``ema`` is on, those of the best
            validation with ``keep="best"``, else the last.
        history: every logged number; ``run.history.plot()`` draws it.
        config: the settings.
        best: step, PSNR, SSIM and weights of the best validation; None without ``valid``.
        folder: the run folder, or None.
        steps: how many steps were made in all, before and after resuming.
        skipped: how many updates the guard refused.
        seconds: time spent on steps, validation and saving not counted.
        interrupted: why the run ended before ``config.steps``; empty if it did not.
    """

    net: nn.Module = field(repr=False)
    history: History = field(repr=False)
    config: Config
    best: Best | None
    folder: Path | None
    steps: int
    skipped: int
    seconds: float
    interrupted: str

    def __str__(self) -> str:
        return "\n".join(f"{name}: {value}" for name, value in self._facts())

    def _repr_html_(self) -> str:
        rows = "".join(
            f'<tr><th scope="row" style="text-align:left">{html.escape(name)}</th>'
            f'<td style="text-align:left">{html.escape(value)}</td></tr>'
            for name, value in self._facts()
        )
        return f"<table><caption>Training run</caption>{rows}</table>"

    def _facts(self) -> list[tuple[str, str]]:
        facts = [("steps", f"{self.steps:,} of {self.config.steps:,} in {self.seconds:,.1f} s")]
        losses = self.history["loss"]
        if losses:
            facts.append(("loss", f"{losses[0]:.4g} at the first step, {losses[-1]:.4g} at the last"))
        if self.best is not None:
            facts.append(("best validation", f"{self.best.spoken} at step {self.best.step:,}"))
        if self.skipped:
            facts.append(("skipped updates", str(self.skipped)))
        if self.interrupted:
            facts.append(("ended early", self.interrupted))
        if self.folder is not None:
            facts.append(("folder", str(self.folder)))
        return facts
