"""What the table of real-world systems says of one of them: real, or a demonstration.

``python -m benchmarks real-world --press`` prints ``data/weights/verdicts.json`` from the cells that were measured;
cards, help texts and lessons read it here.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from srkit._home import shipped

__all__ = ["Verdict", "file_of_verdicts", "said", "verdicts"]


@dataclass(frozen=True, kw_only=True)
class Verdict:
    """What one row of the table has in one column.

    Attributes:
        row: the system and its setting.
        column: degradation and scale.
        verdict: ``"real"`` or ``"demonstration"``.
        gain: mean difference of PSNR to the baseline, in decibels.
        baseline: the best of the trivial rows.
        better: on how many pictures the gain is positive.
        pictures: how many there are.
        seeds: how many the mean is over.
    """

    row: str
    column: str
    verdict: str
    gain: float
    baseline: str
    better: int
    pictures: int
    seeds: int

    def __str__(self) -> str:
        seeds = "1 seed" if self.seeds == 1 else f"{self.seeds} seeds"
        return (
            f"{self.row}, {self.column}: {self.verdict} ({self.gain:+.2f} dB over {self.baseline}, better on "
            f"{self.better} of {self.pictures} pictures, {seeds})"
        )


def file_of_verdicts() -> Path:
    """Return the file that the table is summed up in."""
    return shipped() / "weights" / "verdicts.json"


@lru_cache
def _all() -> dict[str, tuple[Verdict, ...]]:
    told = json.loads(file_of_verdicts().read_text("utf-8"))
    return {name: tuple(Verdict(**one) for one in found) for name, found in told.items()}


def verdicts(name: str) -> tuple[Verdict, ...]:
    """Return what was measured of the system registered as ``name``; nothing where no column is finished."""
    return _all().get(name, ())


def said(name: str) -> tuple[str, ...]:
    """Return the verdicts on a system of the table in words, or that there are none; nothing of other names."""
    if name not in _all():
        return ()
    return tuple(map(str, verdicts(name))) or ("not measured in the table yet: take it as a demonstration",)
