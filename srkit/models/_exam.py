"""The exam: checks that every registered network must pass, a user's own included."""

from __future__ import annotations

import traceback
from collections.abc import Sequence
from dataclasses import dataclass

from srkit._html import table
from srkit.errors import BadInput
from srkit.models._points import POINTS, Candidate, Unmet
from srkit.models._registry import MODELS

__all__ = ["Report", "Verdict", "exam"]


@dataclass(frozen=True)
class Verdict:
    """The outcome of one point: its name, whether it is met, and what was seen where it is not."""

    point: str
    passed: bool
    message: str = ""

    def __str__(self) -> str:
        return f"{'pass' if self.passed else 'FAIL'}  {self.point}" + (f": {self.message}" if self.message else "")


@dataclass(frozen=True)
class Report:
    """The outcome of an exam; prints as a list, in a notebook as a table.

    Attributes:
        name: the network.
        verdicts: one for each point, in order.
    """

    name: str
    verdicts: tuple[Verdict, ...]

    @property
    def passed(self) -> bool:
        """Whether every point is met."""
        return all(verdict.passed for verdict in self.verdicts)

    def __str__(self) -> str:
        met = sum(verdict.passed for verdict in self.verdicts)
        lines = [f"{self.name}: {met} of {len(self.verdicts)} points", *map(str, self.verdicts)]
        return "\n  ".join(lines)

    def _repr_html_(self) -> str:
        verdicts = (("✓ pass" if one.passed else "✗ fail", one.point, one.message) for one in self.verdicts)
        return table(verdicts, caption=self.name)


def exam(name: str, *, points: Sequence[str] | None = None) -> Report:
    """Run the exam on a registered network: does it fulfil the contract of all networks?

    It is sat in the tiny configuration of the card, at the card's smallest scale that enlarges, in CPU seconds. Where a
    paper's network cannot meet a point as it stands, its card says so (``luma_only``, ``quiet_parameters``,
    ``extra_input``; a network with an extra input has a method ``example_input(lr)`` that returns one).

    Args:
        name: a registered network.
        points: which points; all of them by default. :data:`srkit.models.POINTS` lists them.

    Returns:
        A report; ``report.passed`` is the outcome.

    Raises:
        UnknownName: ``name`` is not registered.
        BadInput: a point that does not exist.
    """
    scales = MODELS.get(name).card.scales
    candidate = Candidate(MODELS.key(name), min((scale for scale in scales if scale > 1), default=1))
    wanted = list(POINTS) if points is None else list(points)
    if unknown := [point for point in wanted if point not in POINTS]:
        raise BadInput(f"There is no point {unknown[0]!r} in the exam. There are: {', '.join(map(repr, POINTS))}.")
    return Report(candidate.name, tuple(_sit(candidate, point) for point in wanted))


def _sit(candidate: Candidate, point: str) -> Verdict:
    try:
        POINTS[point](candidate)
    except Unmet as unmet:
        return Verdict(point, False, str(unmet))
    except Exception as error:  # whatever a network raises is its answer
        last = traceback.extract_tb(error.__traceback__)[-1]
        return Verdict(point, False, f"{type(error).__name__}: {error} ({last.filename}:{last.lineno})")
    return Verdict(point, True)
