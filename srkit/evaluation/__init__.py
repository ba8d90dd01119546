"""Measure a network on a dataset: a table that states its protocol, and a page with pictures."""

from __future__ import annotations

from typing import TYPE_CHECKING

from srkit._former import former
from srkit._verdicts import verdicts
from srkit.evaluation.mismatch import Mismatch, mismatch
from srkit.evaluation.preference import bradley_terry
from srkit.evaluation.realworld import bench_gaussian8, bench_photographs
from srkit.evaluation.run import evaluate
from srkit.evaluation.scales import evaluate_scales
from srkit.evaluation.table import Table

__all__ = [
    "Mismatch",
    "Table",
    "bench_gaussian8",
    "bench_photographs",
    "bradley_terry",
    "evaluate",
    "evaluate_scales",
    "mismatch",
    "verdicts",
]

_FORMER = {"evaluation.mismatch": "Conditioned Told=Conditioned", "evaluation.table": "join_csv"}
if not TYPE_CHECKING:
    __getattr__ = former(__name__, _FORMER)
