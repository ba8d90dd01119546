"""A watched run with buttons: what is pressed in the browser reaches the thread that trains."""

from __future__ import annotations

import functools
from typing import TYPE_CHECKING, Any

from srkit.errors import BadInput
from srkit.widgets._live import display_with_twin, twin_page
from srkit.widgets._static import book_style, monitor_module

if TYPE_CHECKING:
    from srkit.widgets._monitor import Monitor

__all__ = ["live_monitor"]


def live_monitor(monitor: Monitor) -> Any:
    """Return ``monitor`` as an anywidget with buttons to pause, to stop and to keep the best.

    Raises:
        BadInput: anywidget is not installed.
    """
    try:
        return _widget_class()(monitor)
    except ImportError as error:
        raise BadInput(
            f"Buttons need the package anywidget, and it cannot be imported ({error}). Install it with pip install "
            "anywidget, or use start(job, live=False) and the methods pause(), resume() and stop()."
        ) from error


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
            super().__init__(_html=monitor._repr_html_(), _style=book_style())
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
