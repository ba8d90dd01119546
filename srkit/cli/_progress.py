"""Progress: a bar on a terminal, a line now and then in a file or a pipe."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import click

__all__ = ["duration", "progress_bar"]

_QUIET = 10.0  # seconds between two lines of progress in a file


@contextmanager
def progress_bar(label: str, *, unit: str) -> Iterator[Callable[[int, int], object]]:
    """Show a bar on a terminal, and in a file or a pipe a line now and then; yields ``move(done, total)``."""
    from tqdm.std import tqdm

    if not sys.stderr.isatty():
        yield _lines(label, unit)
        return
    with tqdm(desc=label, unit=unit, leave=False, dynamic_ncols=True) as bar:

        def move(done: int, total: int) -> None:
            bar.total = total
            bar.n = done
            bar.refresh()

        yield move


def _lines(label: str, unit: str) -> Callable[[int, int], None]:
    """Return a ``move(done, total)`` that writes whole lines, the first after ten seconds and then one in ten."""
    start = said = time.monotonic()

    def move(done: int, total: int) -> None:
        nonlocal said
        now = time.monotonic()
        if now - said >= _QUIET and 0 < done < total:
            said = now
            left = duration((now - start) / done * (total - done))
            click.echo(f"{label}: {done} of {total} {unit}s, {left} left", err=True)

    return move


def duration(seconds: float) -> str:
    """Return an estimated duration in words: ``"about 3 min"``."""
    if seconds < 90:
        return f"about {seconds:.0f} s"
    return f"about {seconds / 60:.0f} min" if seconds < 5400 else f"about {seconds / 3600:.1f} h"
