"""Wait for one run of student code: read what it writes, count what it takes, end it when it is time."""

from __future__ import annotations

import contextlib
import os
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
        # a descriptor, because the path shows something else by now
        pids = [name for name in os.listdir(self.place) if name.isdigit() and int(name) not in self.others]  # noqa: PTH208
        return sum(map(self._own, pids)) > ceiling and sum(map(self._share, pids)) > ceiling

    def _own(self, pid: str) -> int:
        """Return what a process holds, private or shared, and the tables that say where."""
        return self._sum(f"{pid}/status", ("RssAnon:", "RssShmem:", "VmPTE:"))

    def _share(self, pid: str) -> int:
        """Return its part of the memory that it shares with copies of itself."""
        held = self._sum(f"{pid}/smaps_rollup", ("Pss_Anon:", "Pss_Shmem:"))
        return held + self._sum(f"{pid}/status", ("VmPTE:",)) if held else self._own(pid)

    def _sum(self, path: str, names: tuple[str, ...]) -> int:
        try:
            lines = self._read(path).splitlines()
            return sum(int(line.split()[1]) << 10 for line in lines if line.startswith(names))
        except (OSError, ValueError, IndexError):
            return 0

    def _read(self, path: str) -> str:
        with open(os.open(path, os.O_RDONLY, dir_fd=self.place)) as file:  # noqa: PTH123  # relative to a descriptor
            return file.read()


def watch(pid: int, answer: int, printed: int, limits: Mapping[str, int], usage: Usage | None) -> dict[str, object]:
    """Read the two pipes of ``pid`` until it ends or must end; return how it ended and what came."""
    kept = {answer: bytearray(), printed: bytearray()}
    end = _follow(pid, answer, kept, limits, usage)
    for pipe in kept:
        os.close(pipe)
    end, ended, detail = end.partition(": ")
    if not ended:
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)
        os.waitpid(pid, 0)
    return {"end": end, "detail": detail, "answer": bytes(kept[answer]), "printed": bytes(kept[printed])}


def _follow(pid: int, answer: int, kept: dict[int, bytearray], limits: Mapping[str, int], usage: Usage | None) -> str:
    """Follow the run to its end, and say what that is; with a detail where it has ended by itself and was reaped."""
    deadline, counted, opened = time.monotonic() + limits["wall_seconds"], time.monotonic(), set(kept)
    while True:
        if (now := time.monotonic()) > deadline:
            return "timeout"
        if usage is not None and now - counted > _TICK:
            counted = now
            if usage.exceeds(limits["memory_bytes"]):
                return "memory"
        _drain(opened, kept, {pipe: limits["answer_bytes" if pipe == answer else "printed_bytes"] for pipe in kept})
        if len(kept[answer]) > limits["answer_bytes"]:
            return "too large"
        if answer not in opened and kept[answer]:
            return "answered"
        if not opened:
            done, status, spent = os.wait4(pid, os.WNOHANG)
            if done:
                return _death(os.waitstatus_to_exitcode(status), spent.ru_utime + spent.ru_stime, limits["cpu_seconds"])
            time.sleep(0.002)


def _drain(opened: set[int], kept: dict[int, bytearray], most: Mapping[int, int]) -> None:
    """Read what is there, keep at most one byte more than is allowed, and strike out what has ended."""
    for pipe in select.select(list(opened), [], [], _TICK)[0] if opened else []:
        data = os.read(pipe, 1 << 16)
        kept[pipe] += data[: max(0, most[pipe] + 1 - len(kept[pipe]))]
        if not data:
            opened.discard(pipe)


def _death(status: int, spent: float, allowed: int) -> str:
    """Say what a process died of: the system kills the one that has spent its processor time."""
    if status in (-signal.SIGKILL, -signal.SIGXCPU) and spent > allowed - 0.5:
        return "timeout: processor time"
    return f"died: signal {signal.Signals(-status).name}" if status < 0 else f"died: exit status {status}"
