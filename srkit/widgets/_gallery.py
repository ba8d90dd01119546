"""``gallery`` and ``class_table``: many results at once, worst first, in sortable tables."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import torch
from torch import Tensor

from srkit.errors import BadInput
from srkit.evaluation.regions import Box, error_levels, worst_box
from srkit.evaluation.score import choose
from srkit.metrics import Protocol, psnr
from srkit.metrics._registry import Metric
from srkit.widgets._compare import Comparison, compare
from srkit.widgets._static import fill, gallery_script, style

__all__ = ["Gallery", "class_table", "gallery", "worst_piece"]


@dataclass(frozen=True, eq=False)
class Gallery:
    """What :func:`gallery` and :func:`class_table` return: a notebook draws it, ``print`` gives the table."""

    title: str  # above the table
    columns: tuple[str, ...]  # headings
    rows: tuple[tuple[float | str | None, ...], ...]  # cells of each row, numbers or words; None where there is nothing
    folds: tuple[Comparison | None, ...] = ()  # for each row what unfolds below its first cell, if anything
    note: str = ""  # below the table
    # column -> its full value; its cells are shaded by what is missing
    tops: Mapping[int, float] = field(default_factory=dict)
    # column -> digits behind the decimal point, where they are not two
    digits: Mapping[int, int] = field(default_factory=dict)

    def __repr__(self) -> str:
        lines = [self.title, " | ".join(self.columns)]
        return "\n".join(
            [*lines, *(" | ".join(map(self._spoken, row, range(len(row)))) for row in self.rows), self.note]
        )

    def _repr_html_(self) -> str:
        """Return a table that reads well as it is; with scripts its headings sort and its rows open viewers."""
        return fill("gallery", table=self, spoken=self._spoken, style=style("gallery"), script=gallery_script())

    def _spoken(self, cell: float | str | None, column: int) -> str:
        if cell is None:
            return "-"
        if isinstance(cell, str):
            return cell
        return f"{cell:g}" if float(cell).is_integer() else f"{cell:.{self.digits.get(column, 2)}f}"


def worst_piece(sr: Tensor, hr: Tensor, *, side: int = 64, border: int = 0) -> tuple[Box, float]:
    """Return the square where ``sr`` differs most from ``hr``, and its PSNR on luma in dB."""
    box = worst_box(error_levels(sr.cpu(), hr.cpu()), side=side, border=border)
    return box, float(psnr(box.of(sr), box.of(hr), protocol=Protocol(channel="y", border=0)))


def gallery(
    results: Mapping[str, Mapping[str, Tensor]],
    *,
    scale: int,
    metrics: str | Sequence[str] = "psnr",
    judged: str | None = None,
    side: int = 64,
) -> Gallery:
    """Browse the results of an evaluation: a table that sorts, worst piece first; each row opens a comparison of it.

    Args:
        results: image -> (method -> ``(3, h, w)`` in [0, 1]); each image also holds its ``"truth"``. Where no image has
            one, ``metrics`` are such as need none, and the piece is where two methods differ most.
        scale: for the protocol of the papers.
        metrics: names of registered metrics; one column for each method and metric.
        judged: the method whose worst piece is shown; the last one by default. Without a truth it is compared with the
            first of the others.
        side: pixels of the piece.

    Raises:
        BadInput: no images, methods that differ from image to image, a truth for some images alone, or none where a
            metric needs it or only one method is there.
        UnknownName: there is no such metric.
    """
    methods = _methods(results)
    known = "truth" in next(iter(results.values()))
    measured = choose(metrics, truth=known)
    chosen = judged or methods[-1]
    if chosen not in methods:
        raise BadInput(f"judged={chosen!r} is none of the methods: {', '.join(methods)}.")
    protocol = Protocol.papers(scale)
    against = "truth" if known else next(method for method in methods if method != chosen)
    found = []
    for name, pictures in results.items():
        truth = pictures.get("truth")
        whole = [
            round(metric(pictures[method], truth, protocol=protocol), metric.digits)
            for metric in measured
            for method in methods
        ]
        box, number = worst_piece(pictures[chosen], pictures[against], side=side, border=scale)
        found.append((number, name, whole, _opened(name, pictures, box)))
    found.sort(key=lambda one: one[0])
    headings = _headings(measured, methods)
    return Gallery(
        title=f"{len(found)} images, the worst piece of {chosen} first{'' if known else f', compared with {against}'}",
        columns=("image", *headings, f"worst {side} x {side} of {chosen}, dB{'' if known else f' to {against}'}"),
        rows=tuple((name, *whole, round(number, 2)) for number, name, whole, _ in found),
        folds=tuple(fold for *_, fold in found),
        note=_note(measured, protocol),
        digits=dict(enumerate((metric.digits for metric in measured for _ in methods), start=1)),
    )


def _headings(measured: Sequence[Metric], methods: Sequence[str]) -> list[str]:
    """Name the columns: the unit is enough where one metric was measured."""
    spoken = [metric.heading if len(measured) > 1 else metric.unit or metric.heading for metric in measured]
    return [f"{method}, {heading}" for heading in spoken for method in methods]


def _note(measured: Sequence[Metric], protocol: Protocol) -> str:
    titles = ", ".join(metric.title for metric in measured)
    remarks = filter(None, [metric.remark for metric in measured])
    piece = "the piece by PSNR on luma without a border. Unfold an image to compare its worst piece."
    return " ".join([f"{titles}, {protocol}; {piece}", *remarks])


def class_table(
    students: Sequence[Mapping[str, Any]], full: Mapping[str, float], *, title: str = "The class"
) -> Gallery:
    """Show a class at a glance: one row per student, one column per exercise, lowest score first.

    Args:
        students: of each ``name``, ``score`` (None where it is not known), ``per_exercise`` (exercise -> points or
            None), and ``flag`` and ``unusual``, words or "".
        full: exercise -> points it can give, in the order of the columns.
        title: above the table.

    Raises:
        BadInput: a student without a name, or points in an exercise that ``full`` does not know.
    """
    rows: list[tuple[float | str | None, ...]] = []
    for student in sorted(students, key=lambda one: (one.get("score") is not None, one.get("score") or 0.0)):
        points = student.get("per_exercise", {})
        unknown = sorted(set(points) - set(full))
        if "name" not in student or unknown:
            raise BadInput(f"Each student needs a name, and exercises named in full; unknown: {unknown or 'the name'}.")
        remark = "; ".join(word for word in (student.get("flag", ""), student.get("unusual", "")) if word)
        rows.append((student["name"], student.get("score"), *(points.get(one) for one in full), remark))
    return Gallery(
        title=f"{title}: {len(rows)} students",
        columns=("student", "score", *full, "remark"),
        rows=tuple(rows),
        note="The more orange, the more points are missing; full points: "
        + ", ".join(f"{one} {points:g}" for one, points in full.items()),
        tops={2 + i: points for i, points in enumerate(full.values()) if points > 0},
    )


def _methods(results: Mapping[str, Mapping[str, Tensor]]) -> list[str]:
    if not results:
        raise BadInput("There are no results to browse. Hand in image -> {method: picture, 'truth': picture}.")
    first = next(iter(results.values()))
    methods = [method for method in first if method != "truth"]
    for name, pictures in results.items():
        if set(pictures) != set(first) or len(first) < 2 or not methods:
            raise BadInput(
                f"{name!r} has {sorted(pictures)}; every image needs the same methods and its 'truth', or two methods "
                "where no image has a truth."
            )
    return methods


def _opened(name: str, pictures: Mapping[str, Tensor], box: Box) -> Comparison:
    pieces = {method: box.of(picture).clamp(0, 1) for method, picture in pictures.items() if method != "truth"}
    alt = f"the worst piece of {name}, {box.width} x {box.height} pixels at column {box.left}, row {box.top}"
    truth = box.of(torch.as_tensor(pictures["truth"])) if "truth" in pictures else None
    made: Comparison = compare(pieces, truth=truth, alt=alt, height=300)
    return made
