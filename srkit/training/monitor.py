"""Watching a run: a progress bar with the time left, and a curve that grows in the notebook."""

from __future__ import annotations

import html
import io
import sys
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from tqdm.std import tqdm

from srkit.ops.colours import uri
from srkit.training.loop import Callback, Outcome
from srkit.training.state import State

if TYPE_CHECKING:
    from matplotlib.figure import Figure

__all__ = ["Curve", "LivePlot", "Progress", "in_notebook", "on_terminal"]

_FASTEST = 0.5
_LARGEST_SHARE = 0.03


class _Bar(tqdm):  # type: ignore[type-arg]
    """A bar without tqdm's background thread."""

    monitor_interval = 0


class Progress(Callback):
    """One line: steps made, time left, loss, last validation PSNR.

    The text bar is used in notebooks as well: the widget bar is stored frozen at 0 % when the notebook is saved.
    """

    def __init__(self) -> None:
        self._bar: Any = None
        self._shown = 0.0

    def started(self, state: State) -> None:
        """Draw the empty bar."""
        target = sys.stdout if in_notebook() else sys.stderr
        self._bar = _Bar(
            total=state.config.steps, initial=state.step, unit="step", file=target, dynamic_ncols=not in_notebook()
        )

    def stepped(self, state: State, outcome: Outcome) -> None:
        """Move it on; the numbers at its end change four times a second at most."""
        if time.perf_counter() - self._shown > _FASTEST / 2 or state.step == state.config.steps:
            self._bar.set_postfix(self._numbers(state, outcome), refresh=False)
            self._shown = time.perf_counter()
        self._bar.update(1)

    def ended(self, state: State) -> None:
        """Leave the last line standing."""
        self._bar.close()

    @staticmethod
    def _numbers(state: State, outcome: Outcome) -> dict[str, str]:
        numbers = {"loss": f"{outcome.loss:.4g}"}
        if state.best is not None:
            numbers["best"] = f"{state.best.spoken} at {state.best.step}"
        if state.guard.skipped:
            numbers["skipped"] = str(state.guard.skipped)
        return numbers


@dataclass(frozen=True)
class Curve:
    """A figure as a notebook shows it whatever its settings for matplotlib are: a picture with alternative text."""

    figure: Figure
    alt: str

    def __repr__(self) -> str:
        return self.alt

    def _repr_html_(self) -> str:
        png = io.BytesIO()
        self.figure.savefig(png, format="png")
        return f'<img alt="{html.escape(self.alt)}" src="{uri(png.getvalue(), "png")}">'


class LivePlot(Callback):
    """The curve of loss and validation PSNR, redrawn in place while the notebook cell runs.

    It is drawn at most twice a second, and seldom enough that drawing takes no more than 3 % of the time.
    """

    def __init__(self) -> None:
        self._handle: Any = None
        self._next = 0.0

    def stepped(self, state: State, outcome: Outcome) -> None:
        """Redraw if it is time."""
        if time.perf_counter() >= self._next:
            self._draw(state)

    def ended(self, state: State) -> None:
        """Draw the final curve, which is what a saved notebook keeps."""
        self._draw(state)

    def _draw(self, state: State) -> None:
        from IPython.display import display

        if state.history is None or len(state.history) < 2:
            return
        begin = time.perf_counter()
        curve = Curve(state.history.plot(), f"Loss, and validation where measured, over {state.step} steps")
        if self._handle is None:
            self._handle = display(curve, display_id=True)
        else:
            self._handle.update(curve)
        spent = time.perf_counter() - begin
        self._next = time.perf_counter() + max(_FASTEST, spent / _LARGEST_SHARE)


def in_notebook() -> bool:
    """Return whether this is a Jupyter kernel."""
    if "IPython" not in sys.modules:
        return False
    from IPython import get_ipython

    return getattr(get_ipython(), "kernel", None) is not None


def on_terminal() -> bool:
    """Return whether somebody sees what is written to stderr."""
    return sys.stderr is not None and sys.stderr.isatty()
