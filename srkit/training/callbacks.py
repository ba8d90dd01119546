"""Callbacks: record, validate, stop early, save, show a progress bar or a growing curve.

A callback has three moments (:class:`srkit.training.Callback`); the order in which they stand is the order in which
they are told. None of them keeps anything that a resumed run would miss: what must survive is in the state.
"""

from __future__ import annotations

import copy
import io
import math
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import torch
from tqdm.std import tqdm

from srkit._html import render
from srkit._lines import lines
from srkit.errors import BadInput
from srkit.evaluation import Table
from srkit.evaluation.table import mean_gain
from srkit.ops.colours import uri
from srkit.training.checkpoint import save_checkpoint
from srkit.training.folder import RunFolder
from srkit.training.history import History
from srkit.training.loop import Callback, Outcome
from srkit.training.state import Best, State
from srkit.training.weights import write_weights

if TYPE_CHECKING:
    from matplotlib.figure import Figure

__all__ = [
    "Curve",
    "EarlyStopping",
    "LivePlot",
    "Progress",
    "Record",
    "Save",
    "TensorBoard",
    "Validate",
    "as_callback",
    "in_notebook",
    "on_terminal",
]

Listener = Callback | Callable[[State, Outcome], object]


class Record(Callback):
    """Write down every ``config.log_every``-th step and every skipped update."""

    def stepped(self, state: State, outcome: Outcome) -> None:
        """Add a row to the history."""
        if state.history is None:
            state.history = History.of_terms([*outcome.terms, *outcome.beside])
        state.history.widen([*outcome.terms, *outcome.beside])
        if outcome.skipped:
            state.skips.note(state.step, loss=outcome.loss, gradient_norm=outcome.gradient_norm, reason=outcome.skipped)
        if state.step % state.config.log_every == 0 or state.step == state.config.steps or outcome.skipped:
            state.history.note(
                state.step,
                seconds=round(state.seconds, 3),
                learning_rate=state.optimiser.param_groups[0]["lr"],
                loss=outcome.loss,
                gradient_norm=outcome.gradient_norm,
                skipped=int(bool(outcome.skipped)),
                **outcome.terms,
                **outcome.beside,
            )


class Validate(Callback):
    """Measure the network every ``config.valid_every`` steps and after the last, and remember the best weights.

    Args:
        measure: gives a table of results for a network, for example ``lambda net: srkit.evaluate(net, "set5")``.

    What is measured is ``state.result``: the averaged weights where ``ema`` is on.
    """

    def __init__(self, measure: Callable[[torch.nn.Module], Table]) -> None:
        self.measure = measure

    def stepped(self, state: State, outcome: Outcome) -> None:
        """Validate if it is time."""
        if state.step % state.config.valid_every == 0 or state.step == state.config.steps or state.stop:
            found = self.measure(state.result)
            scores, values = found.mean.scores, tuple(found.column(found.metrics[0].name))
            if state.history is not None:
                state.history.note_validation(state.step, scores)
            if state.best is None or _is_better(scores, values, state.best):
                state.best = Best(state.step, scores, copy.deepcopy(state.result.state_dict()), values)


def _is_better(scores: Mapping[str, float], values: Sequence[float], best: Best) -> bool:
    """Compare two validations on the images that neither reproduced exactly; where they are equal, by the others."""
    if len(values) != len(best.values):
        return best.metric.gain(scores[best.metric.name], best.scores[best.metric.name]) > 0
    gain = mean_gain(best.metric, values, best.values)
    exact, exact_then = (sum(map(math.isinf, some)) for some in (values, best.values))
    return gain > 0 or (not gain < 0 and exact > exact_then)


class EarlyStopping(Callback):
    """End the run when the validation has not become better for ``patience`` steps; needs ``valid=…``.

    Args:
        patience: steps since the best validation.
    """

    def __init__(self, *, patience: int) -> None:
        if patience < 1:
            raise BadInput(f"patience={patience} is not a number of steps: give 1 or more.")
        self.patience = patience

    def stepped(self, state: State, outcome: Outcome) -> None:
        """Stop if the best validation is more than ``patience`` steps ago."""
        if state.best is not None and state.step - state.best.step >= self.patience:
            state.stop = f"no better {state.best.metric.title} for {self.patience} steps"


class Save(Callback):
    """Keep the run folder up to date: config, history, skipped updates, checkpoint, best and last weights.

    Args:
        folder: the folder of the run.
        origin: where network, loss and images came from, as plain values.

    A checkpoint is written every ``config.save_every`` steps and at the end. An interrupted step is never saved: then
    the last complete checkpoint stands.
    """

    def __init__(self, folder: RunFolder, origin: Mapping[str, Any]) -> None:
        self.folder = folder
        self.origin = origin
        self._best_step = -1

    def started(self, state: State) -> None:
        """Write the config, and bring the CSV files to the step the run (re)starts from."""
        self.folder.write_config({**state.config.as_dict(), **self.origin})
        if state.history is not None:
            state.history.start_file(self.folder.history)
        state.skips.start_file(self.folder.skipped)
        self._best_step = -1 if state.best is None else state.best.step

    def stepped(self, state: State, outcome: Outcome) -> None:
        """Save if it is time."""
        if state.step % state.config.save_every == 0:
            self.save(state)
        elif state.step % 100 == 0:
            self._write_tables(state, everything=False)

    def ended(self, state: State) -> None:
        """Save what was reached."""
        if state.whole and state.step:
            self.save(state)
            write_weights(self.folder.last, state.result)

    def save(self, state: State) -> None:
        """Bring the tables up to date, write the checkpoint that counts their rows, then what can be made from it."""
        self._write_tables(state, everything=True)
        save_checkpoint(self.folder.checkpoint, state, self.origin, tables=False)
        if state.best is not None and state.best.step != self._best_step:
            best = copy.deepcopy(state.net)
            best.load_state_dict(state.best.weights)
            write_weights(self.folder.best, best)
            self._best_step = state.best.step

    def _write_tables(self, state: State, *, everything: bool) -> None:
        if state.history is None:
            return
        if not self.folder.history.exists():
            state.history.start_file(self.folder.history)
        state.history.append_to(self.folder.history, everything=everything)
        state.skips.append_to(self.folder.skipped, everything=everything)


class TensorBoard(Callback):
    """Send every logged number to TensorBoard (``pip install tensorboard``).

    Args:
        folder: where the event files go; show them with ``tensorboard --logdir <folder>``.

    Raises:
        BadInput: TensorBoard is not installed.
    """

    def __init__(self, folder: str | Path) -> None:
        try:
            from torch.utils.tensorboard import SummaryWriter
        except ImportError as error:
            raise BadInput(
                "TensorBoard is not installed: run `pip install tensorboard`, or leave this callback out; "
                "history.csv holds the same numbers."
            ) from error
        self._writer: Any = SummaryWriter(str(folder))

    def stepped(self, state: State, outcome: Outcome) -> None:
        """Send the row of this step."""
        row = state.history.rows[-1] if state.history is not None and state.history.rows else {}
        if row.get("step") != state.step:
            return
        for name, value in row.items():
            if name != "step" and isinstance(value, int | float):
                self._writer.add_scalar(name, value, state.step)

    def ended(self, state: State) -> None:
        """Write what is still in memory."""
        self._writer.close()


class _Function(Callback):
    """A plain function as a callback."""

    def __init__(self, function: Callable[[State, Outcome], object]) -> None:
        self.function = function

    def stepped(self, state: State, outcome: Outcome) -> None:
        """Call it."""
        self.function(state, outcome)


def as_callback(listener: Listener) -> Callback:
    """Return a callback, made from a function ``f(state, outcome)`` if need be."""
    if isinstance(listener, Callback):
        return listener
    if callable(listener) and not isinstance(listener, type):
        return _Function(listener)
    raise BadInput(
        f"{listener!r} cannot be a callback: give an instance of a subclass of srkit.training.Callback or a function "
        "f(state, outcome)."
    )


_FASTEST = 0.5
_LARGEST_SHARE = 0.03


class _Bar(tqdm):  # type: ignore[type-arg]
    """A bar without tqdm's background thread."""

    monitor_interval = 0


class Progress(Callback):
    """One line: steps made, time left, loss, last validation PSNR; in a file or a pipe such a line now and then.

    The text bar is used in notebooks as well: the widget bar is stored frozen at 0 % when the notebook is saved.
    """

    def __init__(self) -> None:
        self._bar: Any = None
        self._line: Callable[..., None] | None = None
        self._shown = 0.0

    def started(self, state: State) -> None:
        """Draw the empty bar."""
        if not in_notebook() and not on_terminal():
            self._line = lines("training", "step", begun=state.step)
            return
        target = sys.stdout if in_notebook() else sys.stderr
        self._bar = _Bar(
            total=state.config.steps, initial=state.step, unit="step", file=target, dynamic_ncols=not in_notebook()
        )

    def stepped(self, state: State, outcome: Outcome) -> None:
        """Move it on; the numbers at its end change four times a second at most."""
        if self._line is not None:
            words = ", ".join(f"{name} {value}" for name, value in self._numbers(state, outcome).items())
            self._line(state.step, state.config.steps, words)
            return
        if time.perf_counter() - self._shown > _FASTEST / 2 or state.step == state.config.steps:
            self._bar.set_postfix(self._numbers(state, outcome), refresh=False)
            self._shown = time.perf_counter()
        self._bar.update(1)

    def ended(self, state: State) -> None:
        """Leave the last line standing."""
        if self._bar is not None:
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
        return render(Path(__file__).with_name("curve.html"), curve=self, uri=uri(png.getvalue(), "png"))


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
    """Return whether stderr is a terminal."""
    return sys.stderr is not None and sys.stderr.isatty()
