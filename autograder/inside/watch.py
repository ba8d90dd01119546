"""Wait for one run of student code: read what it writes, count what it takes, end it when it is time."""

from __future__ import annotations

import contextlib
import os
import select
import signal
import time
from collections.abc import Mapping

__all__ = ["Usage", "watch"]

REGIONS = 1 << 14  # of memory, of all processes of a run, beside those that each begins with
_TICK = 0.1
_TICKS = os.sysconf("SC_CLK_TCK")


class Usage:
    """What the processes of a run take together, read from a ``/proc`` that they cannot see.

    Args:
        place: descriptor of it. Whatever is there now does not belong to the run.

    Attributes:
        spent: the most that was seen: ``cpu`` in seconds, ``processes`` with their threads, ``bytes`` and ``files``
            below the temporary folder.
    """

    def __init__(self, place: int) -> None:
        self.place, self.others = place, frozenset[str]()
        self.others = frozenset(self._pids())
        self.begun = self._regions("self")
        self.spent: dict[str, float] = {}

    def look(self) -> None:
        """See what there is now. The time of a process that has ended is its parent's, so the sum misses none."""
        pids, folder = self._pids(), os.statvfs("/tmp")
        times = (self._read(f"{pid}/stat").rpartition(")")[2].split()[11:15] for pid in pids)
        self._most("cpu", sum(int(time) for four in times for time in four) / _TICKS)
        self._most("processes", sum(self._sum(f"{pid}/status", ("Threads:",)) for pid in pids) >> 10)
        self._most("bytes", (folder.f_blocks - folder.f_bfree) * folder.f_frsize)
        self._most("files", folder.f_files - folder.f_ffree)

    def exceeds(self, ceiling: int) -> str:
        """Say what memory the run takes too much of: ``ceiling`` bytes, without what it shares with its parent, or
        regions; "" for none. A region costs the system 200 bytes, and 64 more for every ancestor that had it, too.
        Regions that cannot be counted are too many, but for those of the first process, which begins like that.
        """
        pids, left = sorted(self._pids(), key=int), REGIONS
        for place, pid in enumerate(pids):  # one after the other: a process may have 65,530
            try:
                left -= max(0, self._regions(pid) - self.begun)
            except PermissionError:
                if place:
                    return "memory: hidden"
            if left < 0:
                return "memory: regions"
        return "memory" if sum(map(self._own, pids)) > ceiling and sum(map(self._share, pids)) > ceiling else ""

    def _most(self, name: str, value: float) -> None:
        self.spent[name] = max(value, self.spent.get(name, 0.0))

    def _pids(self) -> list[str]:
        # a descriptor, because the path shows something else by now
        return [name for name in os.listdir(self.place) if name.isdigit() and name not in self.others]  # noqa: PTH208

    def _own(self, pid: str) -> int:
        """Return what a process holds, private or shared, in memory or not, and the tables that say where."""
        return self._sum(f"{pid}/status", ("RssAnon:", "RssShmem:", "VmSwap:", "VmPTE:", "HugetlbPages:"))

    def _regions(self, pid: str) -> int:
        return self._read(f"{pid}/maps", hidden=True).count("\n")

    def _share(self, pid: str) -> int:
        """Return its part of the memory that it shares with copies of itself."""
        held = self._sum(f"{pid}/smaps_rollup", ("Pss_Anon:", "Pss_Shmem:", "SwapPss:"))
        return held + self._sum(f"{pid}/status", ("VmPTE:", "HugetlbPages:")) if held else self._own(pid)

    def _sum(self, path: str, names: tuple[str, ...]) -> int:
        try:
            lines = self._read(path).splitlines()
            return sum(int(line.split()[1]) << 10 for line in lines if line.startswith(names))
        except (ValueError, IndexError):
            return 0

    def _read(self, path: str, *, hidden: bool = False) -> str:
        """Return the text of a file there; "" where its process has ended, or may not be read.

        Raises:
            PermissionError: it may not be read, and that is asked for.
        """
        try:
            with open(os.open(path, os.O_RDONLY, dir_fd=self.place)) as file:  # noqa: PTH123  # relative to a descriptor
                return file.read()
        except OSError as problem:
            if hidden and isinstance(problem, PermissionError):
                raise
            return ""


def watch(pid: int, answer: int, printed: int, limits: Mapping[str, int], usage: Usage | None) -> dict[str, object]:
    """Read the two pipes of ``pid`` until it ends or must end; return how it ended, what came, and what it took."""
    run = _Run(pid, answer, printed, limits, usage)
    end, _, detail = run.follow().partition(": ")
    if usage is not None:
        usage.look()
    for pipe in run.kept:
        os.close(pipe)
    if run.status is None:
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)
        run.reap(0)
    spent = {"cpu": 0.0, **(usage.spent if usage is not None else {}), "output": float(run.taken)}
    spent["cpu"] = max(spent["cpu"], run.seconds)
    kept = {"answer": bytes(run.kept[answer]), "printed": bytes(run.kept[printed])}
    return {"end": end, "detail": detail, "spent": spent, **kept}


class _Run:
    """One run, followed from outside."""

    def __init__(self, pid: int, answer: int, printed: int, limits: Mapping[str, int], usage: Usage | None) -> None:
        self.pid, self.answer, self.limits, self.usage = pid, answer, limits, usage
        self.kept = {answer: bytearray(), printed: bytearray()}
        self.most = {answer: limits["answer_bytes"], printed: limits["printed_bytes"]}
        self.opened = set(self.kept)
        self.taken, self.counted = 0, time.monotonic()
        self.status: int | None = None
        self.seconds = 0.0

    def follow(self) -> str:
        """Follow it to its end, and say what that is; with a detail behind a colon where there is one."""
        deadline = time.monotonic() + self.limits["wall_seconds"]
        while True:
            if time.monotonic() > deadline:
                return "timeout: clock"
            if self.usage is not None and (over := self._over(self.usage)):
                return over
            self._drain()
            if len(self.kept[self.answer]) > self.most[self.answer]:
                return "too large: answer"
            if self.taken > self.limits["submission_output_bytes"]:
                return "too large: output"
            if self.answer not in self.opened and self.kept[self.answer]:
                return "answered"
            if not self.opened:
                if self.reap(os.WNOHANG):
                    return self._death()
                time.sleep(0.002)

    def reap(self, options: int) -> bool:
        """Take note of the end of the process, if that has come."""
        done, status, used = os.wait4(self.pid, options)
        if done:
            self.status, self.seconds = os.waitstatus_to_exitcode(status), used.ru_utime + used.ru_stime
        return bool(done)

    def _over(self, usage: Usage) -> str:
        """Say what all its processes together have taken too much of; looked at ten times a second."""
        if time.monotonic() - self.counted < _TICK:
            return ""
        self.counted = time.monotonic()
        usage.look()
        if over := usage.exceeds(self.limits["memory_bytes"]):
            return over
        return "timeout: processor time" if usage.spent["cpu"] > self.limits["cpu_seconds"] else ""

    def _drain(self) -> None:
        """Read what is there, keep at most one byte more than is allowed, and strike out what has ended."""
        for pipe in select.select(list(self.opened), [], [], _TICK)[0] if self.opened else []:
            data = os.read(pipe, 1 << 16)
            self.taken += len(data)
            self.kept[pipe] += data[: max(0, self.most[pipe] + 1 - len(self.kept[pipe]))]
            if not data:
                self.opened.discard(pipe)

    def _death(self) -> str:
        """Say what it died of: the system kills the one that has spent its processor time."""
        status = self.status or 0
        if status in (-signal.SIGKILL, -signal.SIGXCPU) and self.seconds > self.limits["cpu_seconds"] - 0.5:
            return "timeout: processor time"
        return f"died: signal {signal.Signals(-status).name}" if status < 0 else f"died: exit status {status}"
