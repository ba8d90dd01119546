"""Measure a network on a dataset: a table that states its protocol, and a page with pictures."""

from __future__ import annotations

import warnings
from typing import Any

from srkit.evaluation.mismatch import Conditioned, Mismatch, mismatch
from srkit.evaluation.realworld import bench_gaussian8, bench_photographs
from srkit.evaluation.run import evaluate
from srkit.evaluation.scales import evaluate_scales
from srkit.evaluation.table import Table, join_csv

__all__ = [
    "Conditioned",
    "Mismatch",
    "Table",
    "bench_gaussian8",
    "bench_photographs",
    "evaluate",
    "evaluate_scales",
    "join_csv",
    "mismatch",
]


def __getattr__(name: str) -> Any:
    """Return what was called otherwise before version 0.2 (PEP 562)."""
    if name == "Told":
        warnings.warn("srkit.evaluation.Told is called Conditioned now.", DeprecationWarning, stacklevel=2)
        return Conditioned
    raise AttributeError(f"srkit.evaluation has no public name {name!r}; it has: {', '.join(__all__)}")
