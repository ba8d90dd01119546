"""What the table of real-world systems says of each: real, or a demonstration.

``python -m benchmarks real-world --press`` prints ``data/weights/verdicts.json`` from the cells that were measured;
cards, help texts and lessons read it here.
"""

from __future__ import annotations

import json
from functools import lru_cache
from pathlib import Path

from srkit._home import shipped

__all__ = ["file_of_verdicts", "verdicts"]


def file_of_verdicts() -> Path:
    """Return the file that the table is summed up in."""
    return shipped() / "weights" / "verdicts.json"


@lru_cache
def _sentences() -> dict[str, tuple[str, ...]]:
    told = json.loads(file_of_verdicts().read_text("utf-8"))
    return {
        name: tuple(
            f"{one['row']}, {one['column']}: {one['verdict']} ({one['psnr']:.2f} dB, {one['gain']:+.2f} over "
            f"{one['baseline']}, better on {one['better']} of {one['pictures']} pictures, "
            f"{one['seeds']} seed{'s' * (one['seeds'] > 1)})"
            for one in found
        )
        for name, found in told.items()
    }


def verdicts(name: str) -> tuple[str, ...]:
    """Return what the table of real-world systems (docs/REAL_WORLD.md) says of one, a sentence for each column.

    A system is *real* in a column where it beats the best of bicubic, back-projection and back-projection with a round
    Gaussian: on four of five pictures, and in the mean by more than twice the standard error. Else it is a
    *demonstration*. Numbers are PSNR on luma in decibels.

    Args:
        name: of a method, a network, or a system of :func:`srkit.papers.train_weak`.

    Returns:
        One sentence that says so where nothing was measured yet; nothing for what is not in the table.
    """
    found = _sentences().get(name)
    return ("not measured in the table yet: take it as a demonstration",) if found == () else found or ()
