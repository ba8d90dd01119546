"""Progress: a bar on a terminal, a line now and then in a file or a pipe."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from srkit._lines import lines

__all__ = ["progress_bar"]


@contextmanager
def progress_bar(label: str, *, unit: str) -> Iterator[Callable[[int, int], object]]:
    """Show a bar on a terminal, and in a file or a pipe a line now and then; yields ``move(done, total)``."""
    from tqdm.std import tqdm

    if not sys.stderr.isatty():
        yield lines(label, unit)
        return
    with tqdm(desc=label, unit=unit, leave=False, dynamic_ncols=True) as bar:

        def move(done: int, total: int) -> None:
            bar.total = total
            bar.n = done
            bar.refresh()

        yield move
