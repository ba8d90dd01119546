"""The atlas: every network on the shelf in one table, printed from the cards and counted, never typed."""

from __future__ import annotations

import html
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import torch

from srkit.models._create import create
from srkit.models._registry import MODELS, Card, Score
from srkit.models.count import multiply_adds, parameters

__all__ = ["Atlas", "Row", "atlas"]

HEADINGS = (
    "network",
    "year",
    "enlarges",
    "scale",
    "parameters",
    "multiply-adds per output pixel",
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
    """

    name: str
    card: Card
    scale: int
    parameters: int
    multiply_adds: float

    def cells(self) -> tuple[str, ...]:
        """Return the texts of the table's cells, in the order of its headings."""
        return (
            f"[{self.card.title}]({self.card.url}) `{self.name}`",
            str(self.card.year),
            self.card.framework,
            f"x{self.scale}",
            f"{self.parameters:,}",
            f"{self.multiply_adds:,.0f}",
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
        return self.rows[place]

    def __len__(self) -> int:
        return len(self.rows)

    def __iter__(self) -> Iterator[Row]:
        return iter(self.rows)

    def __str__(self) -> str:
        lines = [HEADINGS, tuple("--:" if n in (1, 4, 5) else "---" for n in range(len(HEADINGS)))]
        return "\n".join(f"| {' | '.join(cells)} |" for cells in [*lines, *(row.cells() for row in self)])

    def _repr_html_(self) -> str:
        head = "".join(f"<th>{html.escape(heading)}</th>" for heading in HEADINGS)
        body = "".join(f"<tr>{_html_cells(row)}</tr>" for row in self)
        return f"<table><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>"


def atlas(pattern: str = "*") -> Atlas:
    """Return the table of the networks whose names match a shell pattern (``"*rc*"``)."""
    rows = [_row(name) for name in MODELS.names(pattern)]
    return Atlas(tuple(sorted(rows, key=lambda row: (row.card.year, row.name))))


def _row(name: str) -> Row:
    card = MODELS.get(name).card
    scale = max((scale for scale in card.scales if scale <= 4), default=min(card.scales))
    with torch.device("meta"):
        net = create(name, scale=scale)
        lr = torch.empty(1, 3, 64, 64)
    extra = {card.extra_input: net.example_input(lr)} if card.extra_input else {}  # type: ignore[operator]
    return Row(name, card, scale, parameters(net), multiply_adds(net, **extra))


def _set5(scores: Sequence[Score], scale: int) -> str:
    score = next((score for score in scores if score.dataset == "set5" and score.scale == scale), None)
    if score is None:
        return "–"
    return f"{score.psnr:.2f}" + (f" / {score.ssim:.4f}" if score.ssim is not None else "")


def _html_cells(row: Row) -> str:
    name = f'<a href="{html.escape(row.card.url)}">{html.escape(row.card.title)}</a> <code>{row.name}</code>'
    return f"<td>{name}</td>" + "".join(f"<td>{html.escape(cell)}</td>" for cell in row.cells()[1:])
