"""``Monitor``: a running training: curves, the present result, and buttons to pause and to end it.

A busy notebook cannot react to buttons, so a run that is to be controlled goes on in a thread (:meth:`Monitor.start`).
The same object is a callback of :func:`srkit.train`, the ``progress`` of a method, and, drawn, a still picture.
"""

from __future__ import annotations

import functools
import math
import threading
import time
from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor

from srkit.errors import BadInput
from srkit.ops.colours import data_uri
from srkit.training import Callback, State
from srkit.training.loop import Outcome
from srkit.widgets._draw import map_scale, picture_of_map, plotted
from srkit.widgets._sliders import Picture, picture_of
from srkit.widgets._static import fill, monitor_module, style
from srkit.widgets._twin import come_alive, display_with_twin, twin_page
from srkit.widgets._walk import as_batch, borrowed

__all__ = ["Monitor"]

_PAUSE = 0.4


class Monitor(Callback):
    """Watch a training (``callbacks=[monitor]``) or a method (``restore(..., progress=monitor.progress)``).

    Args:
        look_at: an LR image ``(3, h, w)`` that is enlarged by the present network whenever the picture is renewed.
        truth: what it should become, for its PSNR.
        zoom: screen pixels per pixel.

    Attributes:
        curves: name -> list of (step, value).
        why: why the run ended; empty while it goes on.
        result: what the job of :meth:`start` returned.

    Example:
        >>> monitor = Monitor(look_at=lr)                                                  # doctest: +SKIP
        >>> monitor.start(lambda watch: srkit.train(net, pairs, steps=500, callbacks=[watch]))  # doctest: +SKIP
    """

    def __init__(self, *, look_at: Tensor | None = None, truth: Tensor | None = None, zoom: int = 2) -> None:
        self.look_at = None if look_at is None else as_batch(look_at)
        self.truth, self.zoom = truth, zoom
        self.curves: dict[str, list[tuple[int, float]]] = {}
        self.pictures: dict[str, Picture] = {}
        self.why, self.result = "", None
        self._going = threading.Event()
        self._going.set()
        self._wanted, self._best, self._next = "", False, 0.0
        self._listeners: list[Callable[[], None]] = []
        self._thread: threading.Thread | None = None

    @property
    def paused(self) -> bool:
        """Whether the run waits."""
        return not self._going.is_set()

    def pause(self) -> None:
        """Pause the run after the current step."""
        self._going.clear()
        self._tell()

    def resume(self) -> None:
        """Continue the run."""
        self._going.set()
        self._tell()

    def stop(self) -> None:
        """End the run after the current step."""
        self._wanted = self._wanted or "stopped by the monitor"
        self.resume()

    def keep_best(self) -> None:
        """End it, and put the weights of the best validation back into the network."""
        self._best = True
        self.stop()

    def note(self, step: int, **values: float) -> None:
        """Put values onto their curves."""
        for name, value in values.items():
            self.curves.setdefault(name, []).append((step, float(value)))

    def put(self, title: str, picture: Any) -> None:
        """Show a picture, ``(3, h, w)`` in [0, 1], or a kernel ``(k, k)`` painted by size."""
        if isinstance(picture, Tensor) and picture.ndim == 2:
            self.pictures[title] = Picture(
                title, picture_of_map(picture), f"{title}, bright is large", 6, map_scale(picture)
            )
        else:
            if isinstance(picture, Tensor) and picture.is_floating_point():
                picture = picture.clamp(-1, 2)  # what a network that is still learning gives may be anything
            self.pictures[title] = picture_of(title, picture, f"{title}, as it stands", zoom=self.zoom)

    def stepped(self, state: State, outcome: Outcome) -> None:
        """Record the loss and, after a validation, its result; wait while paused; stop the run if requested."""
        values = {"loss": outcome.loss}
        if state.best is not None and state.best.step == state.step:
            metric = state.best.metric
            values[f"best validation {metric.title}"] = state.best.scores[metric.name]
        self.note(state.step, **values)
        if time.perf_counter() >= self._next:
            self._look(state)
        self._going.wait()
        if self._wanted and not state.stop:
            state.stop = self._wanted

    def ended(self, state: State) -> None:
        """Draw the end; put the best weights back if that was requested."""
        if self._best and state.best is not None:
            state.result.load_state_dict(dict(state.best.weights))
        self._look(state)
        self.why = state.stop or f"all {state.step} steps made"
        self._tell()

    def progress(self, done: int, total: int) -> bool:
        """Follow a method: ``method.restore(lr, scale=2, progress=monitor.progress)``; True ends it."""
        self.note(done, **{"steps made, %": 100 * done / max(total, 1)})
        self._going.wait()
        if time.perf_counter() >= self._next:
            self._next = time.perf_counter() + _PAUSE
            self._tell()
        return bool(self._wanted)

    def start(self, job: Callable[[Monitor], Any], *, live: bool = True) -> Any:
        """Run ``job(self)`` in a thread; returns a widget with buttons, or this object with ``live=False``.

        Raises:
            BadInput: a job is running already, or anywidget is not installed.
        """
        if self._thread is not None and self._thread.is_alive():
            raise BadInput("This monitor watches a run already; make another one: srkit.widgets.Monitor().")
        shown = live_monitor(self) if live else self
        self._thread = threading.Thread(target=self._work, args=(job,), daemon=True, name="srkit monitor")
        self._thread.start()
        return shown

    def wait(self, seconds: float | None = None) -> Any:
        """Wait for the end of the run and return what its job returned; None if it goes on longer than ``seconds``."""
        if self._thread is not None:
            self._thread.join(seconds)
        return self.result

    def listen(self, listener: Callable[[], None]) -> None:
        """Call ``listener`` whenever there is something new to draw."""
        self._listeners.append(listener)

    def _work(self, job: Callable[[Monitor], Any]) -> None:
        try:
            self.result = job(self)
            self.why = self.why or "done"
        except Exception as error:  # a thread has nobody to raise to: the words go where the curves are
            self.why = f"ended by {type(error).__name__}: {error}"
        self._tell()

    def _look(self, state: State) -> None:
        begin = time.perf_counter()
        if self.look_at is not None:
            with borrowed(state.result), torch.no_grad():
                weight = next(state.result.parameters(), self.look_at)
                sr = state.result(self.look_at.to(weight))[0].float().cpu()
            self.put("now", sr.clamp(0, 1))
            if self.truth is not None:
                error = float((sr.clamp(0, 1) - self.truth.cpu()).square().mean())
                self.note(state.step, **{"RGB PSNR of the picture": 10 * math.log10(1 / max(error, 1e-12))})
                self.put("truth", self.truth)
        self._tell()
        self._next = time.perf_counter() + max(_PAUSE, 20 * (time.perf_counter() - begin))

    def _tell(self) -> None:
        for listener in self._listeners:
            listener()

    def __repr__(self) -> str:
        return "\n".join(
            [f"Run: {self._standing()}", *(f"{name}: {_words(curve)}" for name, curve in self.curves.items())]
        )

    def _standing(self) -> str:
        return self.why or ("paused" if self.paused else "going on")

    def _repr_html_(self) -> str:
        """Return curves and pictures as a table of images with their numbers as text."""
        drawn = [_drawn(name, curve) for name, curve in list(self.curves.items()) if curve]
        pictures = [(one, data_uri(one.pixels)) for one in [*drawn, *list(self.pictures.values())]]
        return fill("monitor", standing=self._standing(), pictures=pictures)


def _words(curve: list[tuple[int, float]]) -> str:
    values = [value for _, value in curve if math.isfinite(value)] or [math.nan]
    gaps = sum(not math.isfinite(value) for _, value in curve)
    broken = f"; {gaps} of {len(curve)} values are no numbers, and not drawn" if gaps else ""
    return f"{curve[-1][1]:.4g} at step {curve[-1][0]}, lowest {min(values):.4g}, highest {max(values):.4g}{broken}"


def _without_gaps(values: list[float]) -> list[float]:
    """Return the values with each that is no number replaced by the last one before it (or the first after) that is."""
    last = next((value for value in values if math.isfinite(value)), 0.0)
    kept = []
    for value in values:
        last = value if math.isfinite(value) else last
        kept.append(last)
    return kept


def _drawn(name: str, curve: list[tuple[int, float]]) -> Picture:
    values = torch.tensor(_without_gaps([value for _, value in curve]), dtype=torch.float64)
    logarithmic = bool((values > 0).all()) and float(values.max()) > 8 * float(values.min())
    drawn = values.log10() if logarithmic else values
    low, high = (float(end) for end in torch.aminmax(drawn))
    picture = plotted(drawn, low=low, high=high if high > low else low + 1)
    words = f"{_words(curve)}; {'logarithmic, ' if logarithmic else ''}steps {curve[0][0]} to {curve[-1][0]}"
    return Picture(name, picture, f"Curve of {name}: {words}", text=words)


def live_monitor(monitor: Monitor) -> Any:
    """Return ``monitor`` as an anywidget with buttons to pause, to stop and to keep the best."""
    otherwise = ", or use start(job, live=False) and the methods pause(), resume() and stop()."
    return come_alive(_widget_class, monitor, asked="Buttons need", otherwise=otherwise)


@functools.cache
def _widget_class() -> type:
    import anywidget
    import traitlets

    class LiveMonitor(anywidget.AnyWidget):  # type: ignore[misc]
        """A run that can be paused and ended from the browser."""

        _esm = monitor_module()
        _html = traitlets.Unicode().tag(sync=True)
        _style = traitlets.Unicode().tag(sync=True)
        _twin = traitlets.Unicode().tag(sync=True)
        _command = traitlets.Dict().tag(sync=True)
        paused = traitlets.Bool(False).tag(sync=True)
        done = traitlets.Bool(False).tag(sync=True)

        def __init__(self, monitor: Monitor) -> None:
            super().__init__(_html=monitor._repr_html_(), _style=style("sliders"))
            self.monitor = monitor
            self._handles: list[Any] = []
            self.observe(self._pressed, "_command")
            monitor.listen(self._renew)

        def _renew(self) -> None:
            self.paused = self.monitor.paused
            self.done = bool(self.monitor.why)
            if self.paused or self.done:
                for handle in self._handles:
                    handle.update(twin_page(self, self.monitor), raw=True)
            self._html = self.monitor._repr_html_()

        def _pressed(self, change: Any) -> None:
            command = change["new"].get("command")
            if command in ("pause", "resume", "stop", "keep_best"):
                getattr(self.monitor, command)()

        def _ipython_display_(self) -> None:
            self._handles.append(display_with_twin(self, self.monitor))

    return LiveMonitor
