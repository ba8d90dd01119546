"""Wait for one run of student code: read what it writes, count what it takes, end it when it is time."""

from __future__ import annotations

import contextlib
import os
import resource
import select
import signal
import time
from collections.abc import Mapping

__all__ = ["Usage", "watch"]

_TICK = 0.1


class Usage:
    """How much memory the processes of a run take together, read from a ``/proc`` that they cannot see.

    Args:
        others: process numbers there that do not belong to the run.
    """

    def __init__(self, others: set[int]) -> None:
        self.others = others
        self.place = os.open("/proc", os.O_RDONLY | os.O_DIRECTORY)

    def exceeds(self, ceiling: int) -> bool:
        """Tell whether the run takes more than ``ceiling`` bytes; what it shares with its parent is not counted."""
        pids = [name for name in os.listdir(self.place) if name.isdigit() and int(name) not in self.others]
        return sum(map(self._own, pids)) > ceiling and sum(map(self._share, pids)) > ceiling

    def _own(self, pid: str) -> int:
        try:
            _, resident, shared = self._read(f"{pid}/statm").split()[:3]
        except (OSError, ValueError):
            return 0
        return (int(resident) - int(shared)) * resource.getpagesize()

    def _share(self, pid: str) -> int:
        """Return its part of the memory that it shares with copies of itself."""
        try:
            lines = self._read(f"{pid}/smaps_rollup").splitlines()
            return sum(int(line.split()[1]) << 10 for line in lines if line.startswith("Pss_Anon:"))
        except (OSError, ValueError, IndexError):
            return self._own(pid)

    def _read(self, path: str) -> str:
        with open(os.open(path, os.O_RDONLY, dir_fd=self.place)) as file:  # noqa: PTH123  # relative to a descriptor
            return file.read()


def watch(pid: int, answer: int, printed: int, limits: Mapping[str, int], usage: Usage | None) -> dict[str, object]:
    """Read the two pipes of ``pid`` until it ends or must end; return how it ended and what came."""
    kept = {answer: bytearray(), printed: bytearray()}
    status, end = _follow(pid, answer, kept, limits, usage)
    for pipe in kept:
        os.close(pipe)
    detail = _told(status) if end == "died" else ""
    if end == "died" and status in (128 + signal.SIGXCPU, -signal.SIGXCPU):
        end, detail = "timeout", "processor time"
    return {"end": end, "detail": detail, "answer": bytes(kept[answer]), "printed": bytes(kept[printed])}


def _follow(
    pid: int, answer: int, kept: dict[int, bytearray], limits: Mapping[str, int], usage: Usage | None
) -> tuple[int, str]:
    """Follow the run to its end; return its exit status (negative: the signal) and what ended it."""
    deadline, counted, opened, end = time.monotonic() + limits["wall_seconds"], time.monotonic(), set(kept), ""
    while not end:
        now = time.monotonic()
        if usage is not None and now - counted > _TICK:
            counted, end = now, "memory" if usage.exceeds(limits["memory_bytes"]) else ""
        if now > deadline:
            end = "timeout"
        for pipe in select.select(list(opened), [], [], _TICK)[0] if opened else []:
            most = limits["answer_bytes" if pipe == answer else "printed_bytes"]
            if not _drain(pipe, kept[pipe], most):
                opened.discard(pipe)
        if len(kept[answer]) > limits["answer_bytes"]:
            end = "too large"
        elif answer not in opened and kept[answer]:
            end = end or "answered"
        elif not opened:
            status = _ended(pid)
            if status is not None:
                return status, end or "died"
            time.sleep(0.002)
    with contextlib.suppress(ProcessLookupError):
        os.kill(pid, signal.SIGKILL)
    return os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]), end


def _drain(pipe: int, kept: bytearray, most: int) -> bool:
    """Read what is there, keep at most one byte more than is allowed, and tell whether there may be more."""
    data = os.read(pipe, 1 << 16)
    kept += data[: max(0, most + 1 - len(kept))]
    return bool(data)


def _ended(pid: int) -> int | None:
    done, status = os.waitpid(pid, os.WNOHANG)
    return os.waitstatus_to_exitcode(status) if done else None


def _told(status: int) -> str:
    number = -status if status < 0 else status - 128
    try:
        return f"signal {signal.Signals(number).name}"
    except ValueError:
        return f"exit status {status}"

