"""The table an evaluation returns: per image and mean, each number with its dataset, scale and protocol."""

from __future__ import annotations

import csv
import html
import io
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from srkit.errors import BadInput
from srkit.ops.atomic import atomic_path

__all__ = ["Row", "Table", "join_csv", "write_text"]


@dataclass(frozen=True, kw_only=True)
class Row:
    """The result on one image, or the mean of many.

    Attributes:
        name: of the image; ``"mean"`` for the mean.
        psnr: decibels; inf for identical images.
        ssim: structural similarity in [-1, 1].
        seconds: wall time of the network on this image, reading and measuring not counted.
    """

    name: str
    psnr: float
    ssim: float
    seconds: float


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
        folder: where images, ``metrics.csv`` and the page were written; None when nothing was saved.
    """

    network: str
    dataset: str
    scale: int
    protocol: str
    rows: tuple[Row, ...]
    note: str = ""
    folder: Path | None = field(default=None, compare=False)

    def __post_init__(self) -> None:
        if not self.rows:
            raise BadInput(f"{self.dataset}: there was no image to evaluate, so there is no mean to report.")

    @property
    def mean(self) -> Row:
        """The mean over the images (of the seconds too)."""
        count = len(self.rows)
        psnr, ssim, seconds = (
            sum(getattr(row, what) for row in self.rows) / count for what in ("psnr", "ssim", "seconds")
        )
        return Row(name="mean", psnr=psnr, ssim=ssim, seconds=seconds)

    @property
    def title(self) -> str:
        """Network, dataset, scale and protocol in one line."""
        return f"{self.network} on {self.dataset} x{self.scale} ({self.protocol})"

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
        lines = [self.title, f"{'image':<{wide}}  {'PSNR dB':>8}  {'SSIM':>6}  {'seconds':>8}"]
        for row in (*self.rows, self.mean):
            if row.name == "mean":
                lines.append("-" * (wide + 28))
            lines.append(f"{row.name:<{wide}}  {row.psnr:8.2f}  {row.ssim:6.4f}  {row.seconds:8.3f}")
        return "\n".join([*lines, *filter(None, [self.note])])

    def to_markdown(self) -> str:
        """Return the table in Markdown, its caption above it."""
        lines = [self.title, "", "| image | PSNR dB | SSIM | seconds |", "|---|--:|--:|--:|"]
        lines += [f"| {r.name} | {r.psnr:.2f} | {r.ssim:.4f} | {r.seconds:.3f} |" for r in (*self.rows, self.mean)]
        return "\n".join([*lines, *(["", self.note] if self.note else [])])

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
        last = " style='border-top:1px solid;font-weight:600'"
        cells = "".join(
            f"<tr{last if row.name == 'mean' else ''}>"
            f"<td style='text-align:left'>{html.escape(row.name)}</td><td>{row.psnr:.2f}</td><td>{row.ssim:.4f}</td>"
            f"<td>{row.seconds:.3f}</td></tr>"
            for row in (*self.rows, self.mean)
        )
        head = "<tr><th style='text-align:left'>image</th><th>PSNR dB</th><th>SSIM</th><th>seconds</th></tr>"
        caption = f"<caption style='text-align:left;padding:.4em 0'>{html.escape(self.title)}</caption>"
        note = f"<p>{html.escape(self.note)}</p>" if self.note else ""
        return f"<table>{caption}<thead>{head}</thead><tbody>{cells}</tbody></table>{note}"


def join_csv(tables: Sequence[Table], path: str | Path) -> Path:
    """Write several tables into one CSV file, whole or not at all; the columns are those of :meth:`Table.to_csv`.

    Raises:
        BadFile: it cannot be written there.
    """
    text = io.StringIO(newline="")
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(["network", "dataset", "scale", "protocol", "image", "psnr", "ssim", "seconds"])
    for table in tables:
        for row in (*table.rows, table.mean):
            origin = [table.network, table.dataset, table.scale, table.protocol]
            writer.writerow([*origin, row.name, f"{row.psnr:.6f}", f"{row.ssim:.6f}", f"{row.seconds:.4f}"])
    return write_text(Path(path), text.getvalue())


def write_text(path: Path, text: str) -> Path:
    """Write a text file whole or not at all; a file that is there is replaced."""
    with atomic_path(path) as temporary:
        temporary.write_text(text, encoding="utf-8", newline="")
    return path
