"""Measure a network on a dataset: a table in which no number travels without its protocol, and a page to look at."""

from srkit.evaluation.mismatch import Mismatch, Told, mismatch
from srkit.evaluation.realworld import bench_gaussian8, bench_photographs
from srkit.evaluation.run import evaluate
from srkit.evaluation.scales import evaluate_scales
from srkit.evaluation.table import Row, Table, join_csv

__all__ = [
    "Mismatch",
    "Row",
    "Table",
    "Told",
    "bench_gaussian8",
    "bench_photographs",
    "evaluate",
    "evaluate_scales",
    "join_csv",
    "mismatch",
]
