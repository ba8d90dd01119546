"""Whether the system has killed something for want of memory: in a control group of its own, or anywhere.

Read where student code cannot write: in the files of control groups (version 2), and among the counters of the kernel.
"""

from __future__ import annotations

from pathlib import Path

__all__ = ["group_of", "killed_anywhere", "killed_in"]

GROUPS, COUNTERS = Path("/sys/fs/cgroup"), Path("/proc/vmstat")


def group_of(pid: int) -> Path | None:
    """Return the folder of the control group that a process is in; None where the system has no such groups."""
    try:
        lines = Path(f"/proc/{pid}/cgroup").read_text().splitlines()
    except OSError:
        return None
    return next((GROUPS / line.removeprefix("0::/") for line in lines if line.startswith("0::/")), None)


def killed_in(group: Path | None) -> int:
    """Return how many processes were killed in a group because it was full; 0 where that cannot be known."""
    return 0 if group is None else _counter(group / "memory.events")


def killed_anywhere() -> int:
    """Return how many processes of this machine were killed for want of memory; 0 where that cannot be known."""
    return _counter(COUNTERS)


def _counter(path: Path) -> int:
    try:
        pairs = (line.split() for line in path.read_text().splitlines())
        return next(int(value) for name, value in pairs if name == "oom_kill")
    except (OSError, ValueError, StopIteration):
        return 0
