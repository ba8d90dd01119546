"""The table an evaluation returns: per image and mean, each number with its dataset, scale and protocol."""

from __future__ import annotations

import csv
import io
import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path

from srkit._html import render
from srkit.errors import BadInput
from srkit.metrics import METRICS
from srkit.metrics._registry import Metric
from srkit.ops.atomic import atomic_path

__all__ = ["SAME", "Row", "Table", "finite_mean", "join_csv", "mean_gain", "write_text"]

SAME = "without a difference in what is compared"
"""What is said of images with an infinite value: a border, other channels or transparency may still differ."""


@dataclass(frozen=True, kw_only=True)
class Row:
    """The result on one image, or the mean of many.

    Attributes:
        name: of the image; ``"mean"`` for the mean.
        scores: value of each metric by its name; infinite where nothing differs in what the protocol compares.
        seconds: wall time of the network on this image, reading and measuring not counted.
    """

    name: str
    scores: Mapping[str, float]
    seconds: float

    def __getitem__(self, metric: str) -> float:
        """Return the value of a metric."""
        name = METRICS.key(metric)
        if name not in self.scores:
            raise BadInput(
                f"{metric!r} was not measured; this row has {', '.join(self.scores)}. Name it when measuring: "
                f"evaluate(…, metrics=({', '.join(map(repr, [*self.scores, name]))}))."
            )
        return self.scores[name]

    @property
    def psnr(self) -> float:
        """Peak signal-to-noise ratio in decibels; inf for identical images."""
        return self["psnr"]

    @property
    def ssim(self) -> float:
        """Structural similarity in [-1, 1]."""
        return self["ssim"]


@dataclass(frozen=True, kw_only=True)
class Table:
    """The results of one network on one dataset.

    Attributes:
        network: name of the network, ``+`` behind it when the self-ensemble was on.
        dataset: name of the dataset.
        scale: enlargement factor.
        protocol: how the numbers were taken, in words.
        rows: one per image, in the order of the dataset; never empty.
        note: a sentence that belongs under the numbers, or nothing.
        failed: a sentence for each image that could not be measured and is in no row.
        folder: where images, ``metrics.csv`` and the page were written; None when nothing was saved.
    """

    network: str
    dataset: str
    scale: int
    protocol: str
    rows: tuple[Row, ...]
    note: str = ""
    failed: tuple[str, ...] = ()
    folder: Path | None = field(default=None, compare=False)

    def __post_init__(self) -> None:
        if not self.rows:
            raise BadInput(f"{self.dataset}: there was no image to evaluate, so there is no mean to report.")

    @cached_property
    def mean(self) -> Row:
        """The mean over the images (of the seconds too).

        Images without a difference in what the protocol compares have an infinite PSNR and say nothing about the
        others: they are left out of the mean, and :attr:`conditions` say how many they are. Where every image is such,
        the mean is infinite.
        """
        scores = {one.name: finite_mean(self.column(one.name)) for one in self.metrics}
        return Row(name="mean", scores=scores, seconds=sum(row.seconds for row in self.rows) / len(self.rows))

    @property
    def metrics(self) -> tuple[Metric, ...]:
        """What was measured, in the order of the columns."""
        known = {name: METRICS.get(name) for name in METRICS}
        return tuple(known.get(name) or Metric(name=name, title=name, function=float) for name in self.rows[0].scores)

    def column(self, metric: str) -> list[float]:
        """Return the values of a metric, one per image."""
        return [row[metric] for row in self.rows]

    def perfect(self, metric: str) -> int:
        """Return how many images have an infinite value, which the mean leaves out."""
        return sum(map(math.isinf, self.column(metric)))

    @property
    def conditions(self) -> str:
        """The protocol, and over how many images a mean was taken where some show no difference in what it compares."""
        exact = [
            f"mean {one.title} over {len(self) - count} of {len(self)} images, {count} {SAME}"
            for one in self.metrics
            if (count := self.perfect(one.name))
        ]
        return "; ".join([self.protocol, *exact])

    @property
    def remarks(self) -> tuple[str, ...]:
        """The sentences that belong under the numbers."""
        left = f"{len(self.failed)} of {len(self) + len(self.failed)} images could not be measured and are left out."
        return tuple(filter(None, [left * bool(self.failed), self.note, *(one.remark for one in self.metrics)]))

    @property
    def title(self) -> str:
        """Network, dataset, scale and protocol in one line."""
        return f"{self.network} on {self.dataset} x{self.scale} ({self.conditions})"

    def __iter__(self) -> Iterator[Row]:
        return iter(self.rows)

    def __len__(self) -> int:
        return len(self.rows)

    def __getitem__(self, name: int | str) -> Row:
        """Return a row by position or by the name of its image."""
        if isinstance(name, int):
            return self.rows[name]
        found = next((row for row in (*self.rows, self.mean) if row.name == name), None)
        if found is None:
            raise BadInput(f"{name!r} is not in this table; it has: {', '.join(row.name for row in self.rows)}.")
        return found

    def __str__(self) -> str:
        wide = max(5, *(len(row.name) for row in self.rows))
        columns = [(one, max(len(one.heading) + 1, one.digits + 2)) for one in self.metrics]
        heads = "".join(f"  {one.heading:>{width}}" for one, width in columns)
        lines = [self.title, f"{'image':<{wide}}{heads}  {'seconds':>8}"]
        for row in (*self.rows, self.mean):
            if row is self.mean:
                lines.append("-" * len(lines[1]))
            cells = "".join(f"  {one.spoken(row[one.name]):>{width}}" for one, width in columns)
            lines.append(f"{row.name:<{wide}}{cells}  {row.seconds:8.3f}")
        return "\n".join([*lines, *self.remarks])

    def to_markdown(self) -> str:
        """Return the table in Markdown, its caption above it."""
        heads = "".join(f" {one.heading} |" for one in self.metrics)
        lines = [self.title, "", f"| image |{heads} seconds |", f"|---|{'--:|' * len(self.metrics)}--:|"]
        for row in (*self.rows, self.mean):
            cells = "".join(f" {one.spoken(row[one.name])} |" for one in self.metrics)
            lines.append(f"| {row.name} |{cells} {row.seconds:.3f} |")
        return "\n".join([*lines, *(["", *self.remarks] if self.remarks else [])])

    def to_csv(self, path: str | Path) -> Path:
        """Write the table as CSV, the mean in its last row, whole or not at all.

        Each row repeats network, dataset, scale and protocol, so that files can be put one under the other. An existing
        file of that name is replaced.

        Args:
            path: where to.

        Returns:
            The path.

        Raises:
            BadFile: it cannot be written there.
        """
        return join_csv([self], path)

    def _repr_html_(self) -> str:
        """Return the table as a notebook shows it."""
        return render(Path(__file__).with_name("table.html"), table=self)


def finite_mean(values: Sequence[float]) -> float:
    """Return the mean of the finite values; infinity where there are none.

    A picture that is reproduced exactly has an infinite PSNR. It is left out, and the caller says how many were.
    """
    finite = [value for value in values if math.isfinite(value)]
    return sum(finite) / len(finite) if finite else sum(values) / len(values)


def mean_gain(metric: Metric, ours: Sequence[float], theirs: Sequence[float]) -> float:
    """Return by how much ``ours`` are better on the mean of the images that neither of the two reproduces exactly.

    Returns:
        The difference of the two means, positive where ``ours`` are better; NaN where no image is left.
    """
    both = [pair for pair in zip(ours, theirs, strict=True) if all(map(math.isfinite, pair))]
    return metric.gain(*map(finite_mean, zip(*both, strict=True))) if both else math.nan


def join_csv(tables: Sequence[Table], path: str | Path) -> Path:
    """Write several tables into one CSV file, whole or not at all; the columns are those of :meth:`Table.to_csv`.

    A table that lacks a metric which another has leaves its cells empty.
    """
    names = list(dict.fromkeys(one.name for table in tables for one in table.metrics))
    text = io.StringIO(newline="")
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(["network", "dataset", "scale", "protocol", "image", *names, "seconds"])
    for table in tables:
        origin = [table.network, table.dataset, table.scale, table.conditions]
        for row in (*table.rows, table.mean):
            cells = [f"{row.scores[name]:.6f}" if name in row.scores else "" for name in names]
            writer.writerow([*origin, row.name, *cells, f"{row.seconds:.4f}"])
    return write_text(Path(path), text.getvalue())


def write_text(path: Path, text: str) -> Path:
    """Write a text file whole or not at all; a file that is there is replaced."""
    with atomic_path(path) as temporary:
        temporary.write_text(text, encoding="utf-8", newline="")
    return path
