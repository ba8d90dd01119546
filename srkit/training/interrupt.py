"""Ctrl-C without loss: the step in hand is finished, then the run ends and what it reached is kept."""

from __future__ import annotations

import contextlib
import signal
import threading
from collections.abc import Iterator
from types import FrameType
from typing import Protocol

__all__ = ["finish_step_first"]


class Stoppable(Protocol):
    """Anything that ends when its ``stop`` is not empty."""

    stop: str
    step: int


@contextlib.contextmanager
def finish_step_first(state: Stoppable) -> Iterator[None]:
    """Turn the first Ctrl-C inside a ``with`` block into ``state.stop``; a second one interrupts at once.

    Python's own Ctrl-C handling is put back at the end. Where somebody else handles Ctrl-C already, or outside the main
    thread, nothing is changed.
    """
    ours = threading.current_thread() is threading.main_thread()
    if not ours or signal.getsignal(signal.SIGINT) is not signal.default_int_handler:
        yield
        return

    def ask(number: int, frame: FrameType | None) -> None:
        if state.stop:
            raise KeyboardInterrupt
        state.stop = "interrupted by Ctrl-C"

    signal.signal(signal.SIGINT, ask)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, signal.default_int_handler)
