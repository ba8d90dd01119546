"""Progress in a file or a pipe: a whole line now and then, without carriage returns."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable

__all__ = ["duration", "lines"]

_SHORTEST, _LONGEST, _SHARE = 10.0, 60.0, 0.05  # seconds between two lines: a share of the time so far, within limits


def lines(label: str, unit: str, *, begun: int = 0) -> Callable[..., None]:
    """Return a ``move(done, total, words="")`` that writes whole lines to the standard error output.

    The first comes after ten seconds; then one in ten, and in a long job one a minute.

    Args:
        label: what every line begins with.
        unit: of what is counted, in the singular.
        begun: how many were done before.
    """
    start = said = time.monotonic()

    def move(done: int, total: int, words: str = "") -> None:
        nonlocal said
        now = time.monotonic()
        if now - said >= min(_LONGEST, max(_SHORTEST, _SHARE * (now - start))) and begun < done < total:
            said = now
            left = duration((now - start) / (done - begun) * (total - done))
            sys.stderr.write(f"{label}: {done} of {total} {unit}s, {left} left{words and f'; {words}'}\n")
            sys.stderr.flush()

    return move


def duration(seconds: float) -> str:
    """Return an estimated duration in words: ``"about 3 min"``."""
    if seconds < 90:
        return f"about {seconds:.0f} s"
    return f"about {seconds / 60:.0f} min" if seconds < 5400 else f"about {seconds / 3600:.1f} h"
