"""What student code may use. Every number is a ceiling for one case of one exercise unless it says otherwise."""

from __future__ import annotations

import contextlib
import subprocess
import threading
from collections.abc import Iterator
from dataclasses import asdict, dataclass

__all__ = ["LIMITS", "Limits", "deadline"]


@dataclass(frozen=True, kw_only=True)
class Limits:
    """Ceilings for student code.

    Attributes:
        cpu_seconds: processor time of all processes together. The fair limit: it does not depend on what else the
            machine does.
        wall_seconds: time on the clock, for code that sleeps or waits; generous, because machines are shared.
        submission_cpu_seconds: processor time for all exercises of one submission together.
        submission_seconds: time on the clock for all exercises of one submission together.
        submission_output_bytes: what all exercises of one submission together may print and answer.
        timeouts: after so many timeouts in one exercise its remaining cases are not run.
        memory_bytes: address space of one process beyond that of PyTorch just imported, and resident memory of all
            processes of one case together.
        processes: processes and threads of one case at any moment.
        file_bytes: the largest file that may be written.
        folder_bytes: everything below the temporary folder, in at most 8,192 files.
        answer_bytes: the largest answer that is read.
        printed_bytes: how much of what is printed is kept as evidence; the rest is thrown away while it is read.
    """

    cpu_seconds: int = 20
    wall_seconds: int = 90
    submission_cpu_seconds: int = 240
    submission_seconds: int = 600
    submission_output_bytes: int = 256 * 2**20
    timeouts: int = 2
    memory_bytes: int = 2 * 2**30
    processes: int = 48
    file_bytes: int = 16 * 2**20
    folder_bytes: int = 64 * 2**20
    answer_bytes: int = 16 * 2**20
    printed_bytes: int = 16 * 2**10

    def to_dict(self) -> dict[str, int]:
        """Return plain data, ready for JSON."""
        return asdict(self)


LIMITS = Limits()


@contextlib.contextmanager
def deadline(process: subprocess.Popen[bytes], seconds: float) -> Iterator[None]:
    """Kill the process where this block takes longer: what waits for it then ends, to read as well as to write."""
    timer = threading.Timer(seconds, process.kill)
    timer.daemon = True
    timer.start()
    try:
        yield
    finally:
        timer.cancel()
