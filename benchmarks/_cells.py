"""Tables that are made over days: every cell is a line on disk, a repeated call makes what is missing."""

from __future__ import annotations

import json
import math
import statistics
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

__all__ = ["Cell", "Records", "Standing", "best_of", "standing"]

SHARE, ERRORS = 0.8, 2.0  # of the pictures, and how many standard errors of the mean, a gain must reach


@dataclass(frozen=True, kw_only=True)
class Cell:
    """One picture under one degradation, enlarged by one system with one seed.

    Attributes:
        column: the degradation and scale.
        picture: its name.
        seed: decides the degradation, and whatever the system draws.
        made_by: all that decides the result: settings of the system and a digest of the LR image.
        psnr: in decibels, on luma.
        ssim: on luma.
        kernel: PSNR of the kernel found, in decibels; None where none was looked for.
        seconds: of the processor, for this picture.
        training: the processor's seconds of a training that serves other pictures, too; 0 where it was done before.
        steps: that the system made.
    """

    column: str
    picture: str
    seed: int
    made_by: str
    psnr: float
    ssim: float
    kernel: float | None = None
    seconds: float = 0.0
    training: float = 0.0
    steps: int = 0

    @property
    def place(self) -> tuple[str, str, int]:
        """Column, picture and seed: where in the table it stands."""
        return self.column, self.picture, self.seed


class Records:
    """The cells of one row, a line of JSON each.

    Args:
        path: of the file, which need not exist.

    Attributes:
        unread: numbers of the lines that hold no cell: what a killed process left, or an editor spoiled.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self.unread: list[int] = []
        self.cells: list[Cell] = []
        text = path.read_text("utf-8") if path.exists() else ""
        for number, line in enumerate(text.splitlines(), 1):
            try:
                self.cells.append(Cell(**json.loads(line)))
            except (ValueError, TypeError):
                self.unread.append(number)
        self._whole = not text or text.endswith("\n")

    def find(self, place: tuple[str, str, int], made_by: str) -> Cell | None:
        """Return the last cell at this place that was made by just this; None where there is none."""
        return next((cell for cell in reversed(self.cells) if cell.place == place and cell.made_by == made_by), None)

    def add(self, cell: Cell) -> None:
        """Write a cell to the end of the file."""
        self.path.parent.mkdir(parents=True, exist_ok=True)
        with self.path.open("a", encoding="utf-8") as file:
            file.write("\n" * (not self._whole) + json.dumps(asdict(cell), sort_keys=True) + "\n")
        self._whole = True
        self.cells.append(cell)


@dataclass(frozen=True, kw_only=True)
class Standing:
    """What a row has in one column.

    Attributes:
        psnr: mean over pictures and seeds, in decibels.
        spread: standard deviation of the seeds' means; None of one seed.
        ssim: mean.
        kernel: mean PSNR of the kernels; None where none was looked for.
        seconds: mean, of the processor.
        training: the processor's seconds of the training that serves all pictures of a seed, mean over the seeds.
        gain: mean difference to the baseline over the same cells, in decibels; None without a baseline.
        baseline: the best of the trivial rows.
        better: on how many pictures the gain is positive.
        pictures: how many there are.
        missing: cells that are not there yet.
        seeds: with which all pictures are there. The numbers are over these; before there is one, over what there is.
        verdict: ``"real"``, ``"demonstration"``, ``"unfinished"``, or empty for a baseline.
    """

    psnr: float
    spread: float | None
    ssim: float
    kernel: float | None
    seconds: float
    training: float
    gain: float | None
    baseline: str
    better: int
    pictures: int
    missing: int
    seeds: int
    verdict: str


def best_of(baselines: Mapping[str, Sequence[Cell]], cells: Sequence[Cell]) -> str:
    """Return the baseline with the highest mean at the places of ``cells``, all of which it must have; else empty."""
    places = {cell.place for cell in cells}
    means = {}
    for name, theirs in baselines.items():
        values = {cell.place: cell.psnr for cell in theirs}
        if places and places <= set(values):
            means[name] = statistics.fmean(values[place] for place in places)
    return max(means, key=lambda name: means[name], default="")


def standing(made: Sequence[Cell], baselines: Mapping[str, Sequence[Cell]], *, pictures: int, seeds: int) -> Standing:
    """Sum up the cells of one row in one column, which shall be those of so many pictures, each with so many seeds.

    A row is *real* where its gain over the best trivial row is positive on four of five pictures and in the mean above
    twice its standard error over the pictures; else it is a *demonstration*. It is neither before all pictures are
    there with one seed, in the row and in a baseline. A seed that lacks pictures does not count.
    """
    whole = {seed for seed, cells in _by_seed(made).items() if len(cells) == pictures}
    cells = [cell for cell in made if cell.seed in whole] or made
    baseline = best_of(baselines, cells)
    theirs = {cell.place: cell.psnr for cell in baselines.get(baseline, ())}
    names = {cell.picture for cell in cells}
    gains = {
        name: statistics.fmean(cell.psnr - theirs[cell.place] for cell in cells if cell.picture == name)
        for name in (names if baseline else ())
    }
    means = [statistics.fmean(cell.psnr for cell in one) for one in _by_seed(cells).values()]
    kernels = [cell.kernel for cell in cells if cell.kernel is not None]
    return Standing(
        psnr=statistics.fmean(cell.psnr for cell in cells),
        spread=statistics.stdev(means) if len(means) > 1 else None,
        ssim=statistics.fmean(cell.ssim for cell in cells),
        kernel=statistics.fmean(kernels) if kernels else None,
        seconds=statistics.fmean(cell.seconds for cell in cells),
        training=sum(cell.training for cell in cells) / len({cell.seed for cell in cells}),
        gain=statistics.fmean(gains.values()) if gains else None,
        baseline=baseline,
        better=sum(gain > 0 for gain in gains.values()),
        pictures=len(names),
        missing=pictures * seeds - len(made),
        seeds=len(whole),
        verdict=_verdict([*gains.values()], finished=bool(whole)) if baselines else "",
    )


def _by_seed(cells: Iterable[Cell]) -> dict[int, list[Cell]]:
    seeds: dict[int, list[Cell]] = {}
    for cell in cells:
        seeds.setdefault(cell.seed, []).append(cell)
    return seeds


def _verdict(gains: Sequence[float], *, finished: bool) -> str:
    if not finished or not gains:
        return "unfinished"
    error = statistics.stdev(gains) / math.sqrt(len(gains)) if len(gains) > 1 else math.inf
    often = sum(gain > 0 for gain in gains) >= SHARE * len(gains)
    return "real" if often and statistics.fmean(gains) > ERRORS * error else "demonstration"
