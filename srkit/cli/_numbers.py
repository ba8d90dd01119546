"""Types of numbers for options: finite, and within the range of PyTorch."""

from __future__ import annotations

import math
from typing import Any

import click

__all__ = ["SEED", "Count", "Real"]

SEED = click.IntRange(0, 2**63 - 1)


class Count(click.IntRange):
    """A whole number from ``least`` on that fits into 31 bits."""

    def __init__(self, least: int = 1) -> None:
        super().__init__(least, 2**31 - 1)

    def _describe_range(self) -> str:
        return f"x>={self.min}"


class Real(click.FloatRange):
    """A finite number, within bounds where they are given."""

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        """Return the number, or raise an error that says why it is refused."""
        number = super().convert(value, param, ctx)
        if not math.isfinite(number):
            self.fail(f"{value} is no finite number.", param, ctx)
        return number
