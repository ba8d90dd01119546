"""What is left to one submission of what it may take: each case gets at most that, and spends of it."""

from __future__ import annotations

import math
import time
from dataclasses import replace

from autograder.box import Reply
from autograder.limits import Limits

__all__ = ["Budget"]


class Budget:
    """Counts down from the limits of a submission.

    Args:
        limits: of each case and of the whole.
    """

    def __init__(self, limits: Limits) -> None:
        self.limits = limits
        self.ends = time.monotonic() + limits.submission_seconds
        self.cpu, self.output = float(limits.submission_cpu_seconds), float(limits.submission_output_bytes)

    @property
    def used_up(self) -> str:
        """Say what the answers have used up together, or ""."""
        limits = self.limits
        if time.monotonic() >= self.ends:
            return f"took {limits.submission_seconds} s on the clock"
        if self.cpu <= 0:
            return f"took {limits.submission_cpu_seconds} s of processor time"
        return f"wrote {limits.submission_output_bytes >> 20} MiB" if self.output <= 0 else ""

    def next(self) -> Limits:
        """Return the limits of the next case."""
        left = self.ends - time.monotonic(), self.cpu
        wall, cpu = (max(1, math.ceil(seconds)) for seconds in left)
        return replace(
            self.limits,
            wall_seconds=min(self.limits.wall_seconds, wall),
            cpu_seconds=min(self.limits.cpu_seconds, cpu),
            submission_output_bytes=int(self.output),
        )

    def spend(self, reply: Reply) -> None:
        """Take off what a case has cost."""
        self.cpu -= reply.spent.get("cpu", 0.0)
        self.output -= reply.spent.get("output", 0.0)
