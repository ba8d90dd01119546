"""The atlas: every registered network in one table, printed from the cards and counted, never typed."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import torch

from srkit._html import table
from srkit.errors import BadInput
from srkit.models._build import without_weights
from srkit.models._create import card as known
from srkit.models._figure import Drawing, Mark, draw
from srkit.models._map import draw_map
from srkit.models._registry import MODELS, Card, Score
from srkit.models.count import multiply_adds, parameters, peak_memory

__all__ = ["Atlas", "Row", "atlas"]

HEADINGS = (
    "network",
    "year",
    "enlarges",
    "scale",
    "parameters",
    "multiply-adds per output pixel",
    "bytes per output pixel",
    "Set5 published",
    "Set5 measured",
    "lesson",
    "idea",
)


@dataclass(frozen=True)
class Row:
    """One network at one scale.

    Attributes:
        name: registered name.
        card: its card.
        scale: x4 where the card has it, else the largest scale below.
        parameters: trainable parameters at this scale.
        multiply_adds: per output pixel, counted on a 64x64 LR image.
        peak_memory: of feature maps, in bytes per output pixel for a 64x64 LR image.
    """

    name: str
    card: Card
    scale: int
    parameters: int
    multiply_adds: float
    peak_memory: float

    def psnr(self, dataset: str = "set5") -> float | None:
        """Return the published PSNR at this scale, else ours, else None."""
        score = _score(self.card.published, dataset, self.scale) or _score(self.card.measured, dataset, self.scale)
        return score.psnr if score else None

    def cells(self) -> tuple[str, ...]:
        """Return the texts of the table's cells, in the order of its headings."""
        return (
            f"[{self.card.title}]({self.card.url}) `{self.name}`",
            str(self.card.year),
            self.card.framework,
            f"x{self.scale}",
            f"{self.parameters:,}",
            f"{self.multiply_adds:,.0f}",
            f"{self.peak_memory:,.0f}",
            _set5(self.card.published, self.scale),
            _set5(self.card.measured, self.scale),
            self.card.lesson,
            self.card.idea,
        )


@dataclass(frozen=True)
class Atlas(Sequence[Row]):
    """The rows, in order of year; prints as a Markdown table, in a notebook as an HTML table."""

    rows: tuple[Row, ...]

    def __getitem__(self, place):  # type: ignore[no-untyped-def]  # int or slice, as in a tuple
        return Atlas(self.rows[place]) if isinstance(place, slice) else self.rows[place]

    def __len__(self) -> int:
        return len(self.rows)

    def __iter__(self) -> Iterator[Row]:
        return iter(self.rows)

    def by(self, column: str, *, descending: bool = False) -> Atlas:
        """Return the same rows in another order; rows without that number come last.

        Args:
            column: ``"year"``, ``"name"``, ``"parameters"``, ``"multiply_adds"``, ``"peak_memory"``, ``"psnr"`` (Set5),
                ``"lesson"`` or ``"framework"``.
            descending: the largest first.

        Raises:
            BadInput: another column.

        Example:
            >>> print(srkit.models.atlas().by("psnr", descending=True)[:5])     # doctest: +SKIP
        """
        if column not in _COLUMNS:
            raise BadInput(f"The atlas cannot be sorted by {column!r}; it can by {', '.join(map(repr, _COLUMNS))}.")
        known = [row for row in self if _COLUMNS[column](row) is not None]
        order = sorted(known, key=_COLUMNS[column], reverse=descending)
        return Atlas((*order, *(row for row in self if row not in known)))

    def draw(self, *, dataset: str = "set5", scale: int = 4) -> Drawing:
        """Draw the state of the art: PSNR against multiply-adds and against the year, every network by name.

        Args:
            dataset: whose PSNR; a network without one is left out.
            scale: networks that have a row at this scale.

        Raises:
            BadInput: no network has a number there.
        """
        rows = [(row, psnr) for row in self if row.scale == scale and (psnr := row.psnr(dataset)) is not None]
        marks = [
            Mark(
                name=row.card.title,
                framework=row.card.framework,
                year=row.card.year,
                cost=row.multiply_adds,
                psnr=psnr,
                measured=_score(row.card.published, dataset, scale) is None,
            )
            for row, psnr in rows
        ]
        return draw(marks, title=f"PSNR on {dataset} x{scale} (Y of 8-bit RGB, border = scale; sources on the cards)")

    def map(self, lessons: Mapping[str, str] | None = None) -> Drawing:
        """Draw the field as a map: branches, lessons, networks in the colour of their framework, all to be clicked.

        Args:
            lessons: number of a lesson ("05") -> its address, for example the name of its notebook.
        """
        return draw_map(list({row.name: row.card for row in self}.values()), lessons or {})

    def __str__(self) -> str:
        lines = [HEADINGS, tuple("--:" if n in (1, 4, 5, 6) else "---" for n in range(len(HEADINGS)))]
        return "\n".join(f"| {' | '.join(cells)} |" for cells in [*lines, *(row.cells() for row in self)])

    def _repr_html_(self) -> str:
        return table((_marked(row) for row in self), head=HEADINGS)


_COLUMNS: dict[str, Callable[[Row], Any]] = {
    "year": lambda row: row.card.year,
    "name": lambda row: row.name,
    "parameters": lambda row: row.parameters,
    "multiply_adds": lambda row: row.multiply_adds,
    "peak_memory": lambda row: row.peak_memory,
    "psnr": lambda row: row.psnr(),
    "lesson": lambda row: row.card.lesson,
    "framework": lambda row: row.card.framework,
}


def atlas(pattern: str = "*") -> Atlas:
    """Return the table of the networks whose names match a shell pattern (``"*rc*"``)."""
    rows = [_row(name) for name in MODELS.names(pattern)]
    return Atlas(tuple(sorted(rows, key=lambda row: (row.card.year, row.name))))


def _row(name: str) -> Row:
    card = known(name)
    scale = max((scale for scale in card.scales if scale <= 4), default=min(card.scales))
    net, lr = without_weights(name, scale=scale), torch.empty(1, 3, 64, 64, device="meta")
    extra = {card.extra_input: net.example_input(lr)} if card.extra_input else {}  # type: ignore[operator]
    return Row(name, card, scale, parameters(net), multiply_adds(net, **extra), peak_memory(net, **extra))


def _score(scores: Sequence[Score], dataset: str, scale: int) -> Score | None:
    """Return the score on luma; one on RGB stands on the card and not in a column of scores on luma."""
    on_luma = (score for score in scores if score.protocol.startswith("Y"))
    return next((score for score in on_luma if score.dataset == dataset and score.scale == scale), None)


def _set5(scores: Sequence[Score], scale: int) -> str:
    score = _score(scores, "set5", scale)
    if score is None:
        return "–"
    return f"{score.psnr:.2f}" + (f" / {score.ssim:.4f}" if score.ssim is not None else "")


def _marked(row: Row) -> list[object]:
    from markupsafe import Markup

    name = Markup('<a href="{}">{}</a> <code>{}</code>').format(row.card.url, row.card.title, row.name)
    return [name, *row.cells()[1:]]
