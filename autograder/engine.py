"""Grade one submission: a function from bytes to a record."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from autograder.box import Box
from autograder.limits import LIMITS, Limits
from autograder.record import Record

__all__ = ["grade_submission"]


def grade_submission(
    submission: Path | bytes, exercises: Sequence[str], *, seed: int, box: Box, limits: Limits = LIMITS
) -> Record:
    """Grade the answers to ``exercises`` in a notebook."""
    raise NotImplementedError
