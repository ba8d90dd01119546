"""The walls around one run of student code: namespaces, mounts, limits, capabilities, system calls.

Everything is done in the order of :func:`enter`: first the new namespaces, then the mounts that need their privileges,
then the limits, and last the privileges are given up for good.
"""

from __future__ import annotations

import contextlib
import ctypes
import os
import platform
import resource
import struct
from collections.abc import Collection, Mapping
from pathlib import Path
from typing import Any

from autograder.inside import calls

__all__ = [
    "address_space",
    "be_the_first_to_go",
    "become_reaper",
    "clear",
    "confine",
    "die_with_parent",
    "enter",
    "fork_first",
    "in_large_pages",
    "lay",
    "own_children",
    "stay_secret",
    "threads",
    "unpack",
    "unshare",
    "write_maps",
]

NOBODY = 65534
NAMESPACES = 0x10000000 | 0x20000000 | 0x00020000 | 0x08000000 | 0x40000000 | 0x04000000  # user pid mount ipc net uts
PROCESSES, DETACH = 0x20000000, 2
READ_ONLY, NO_SUID, NO_DEVICES, NO_EXEC, REMOUNT, BIND, MOVE, RECURSIVE = 1, 2, 4, 8, 32, 4096, 8192, 16384
_LIBC = ctypes.CDLL(None, use_errno=True)


def enter() -> None:
    """Become nobody within the namespaces just entered, and have ``/proc`` and ``/dev/pts`` show nothing there."""
    os.setresgid(NOBODY, NOBODY, NOBODY)
    os.setresuid(NOBODY, NOBODY, NOBODY)
    _mount("/dev/null", "/dev/zero", "", BIND)  # mapped and shared it is memory that no process' size tells
    for hidden in ("/dev/pts", "/proc"):
        _mount("none", hidden, "tmpfs", READ_ONLY | NO_SUID | NO_DEVICES | NO_EXEC, "size=4k")


def lay(places: Mapping[str, Any], tree: str, limits: Mapping[str, int]) -> None:
    """Mount what one case sees.

    The library it may read lies over the folder of all trees, read-only; ``/tmp`` and ``/dev/shm`` are its own, of
    limited size, and empty but for what Python has there.

    Args:
        places: ``course``, where the trees are; ``stage``, a folder to mount at; ``kept``, folder -> places of Python.
        tree: the name of the tree without what this case must not have.
        limits: the fields of ``autograder.limits.Limits``.
    """
    course, stage, kept = places["course"], places["stage"], places["kept"]
    _mount(f"{course}/{tree}", course, "", BIND)
    _mount("", course, "", BIND | REMOUNT | READ_ONLY | NO_SUID | NO_DEVICES)
    folder, file = limits["folder_bytes"], limits["file_bytes"]
    _lay(stage, "/tmp", kept.get("/tmp", ()), NO_SUID | NO_DEVICES, f"size={folder},nr_inodes=8192,mode=1777")
    shared = f"size={file},nr_inodes=256,mode=1777"
    _lay(stage, "/dev/shm", kept.get("/dev/shm", ()), NO_SUID | NO_DEVICES | NO_EXEC, shared)


def clear(places: Mapping[str, Any]) -> None:
    """Take away what :func:`lay` mounted, with whatever a case has left there."""
    for place in (places["course"], "/tmp", "/dev/shm"):
        _call(_LIBC.umount2, place.encode(), DETACH)


def unpack(course: Path, tree: str, common: str, files: Mapping[str, bytes]) -> None:
    """Write the files of a tree below ``course``, and link to those of the tree ``common`` that it does not have."""
    for name, data in files.items():
        path = course / tree / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data)
    for other in (course / common).rglob("*") if common else ():
        path = course / tree / other.relative_to(course / common)
        if other.is_file() and not path.exists():
            path.parent.mkdir(parents=True, exist_ok=True)
            path.hardlink_to(other)


def _lay(stage: str, folder: str, kept: Collection[str], flags: int, options: str) -> None:
    """Give ``folder`` new memory in which nothing is but the places of Python that lie below it."""
    _mount("none", stage, "tmpfs", flags, options)
    for place in kept:
        inner = Path(stage) / Path(place).relative_to(folder)
        inner.parent.mkdir(mode=0o755, parents=True, exist_ok=True)
        inner.mkdir(exist_ok=True) if Path(place).is_dir() else inner.touch()
        _mount(place, str(inner), "", BIND | RECURSIVE)
    for top in [path for path in Path(stage).iterdir() if str(Path(folder, path.name)) not in kept]:
        _mount(str(top), str(top), "", BIND | RECURSIVE)
        _mount("", str(top), "", BIND | REMOUNT | READ_ONLY | NO_SUID | NO_DEVICES)
    _mount(stage, folder, "", MOVE)


def write_maps(pid: int, outside: tuple[int, int]) -> None:
    """Say from outside who "nobody" within the new user namespace of ``pid`` really is."""
    place = Path(f"/proc/{pid}")
    if os.geteuid() != 0:
        (place / "setgroups").write_text("deny")
    (place / "uid_map").write_text(f"{NOBODY} {outside[0]} 1")
    (place / "gid_map").write_text(f"{NOBODY} {outside[1]} 1")


def confine(limits: Mapping[str, int], used: int, *, walled: bool) -> None:
    """Set the limits of one process and give up every privilege, for it and all it will start.

    Args:
        limits: the fields of ``autograder.limits.Limits``.
        used: the address space that Python and PyTorch take before student code runs; it comes on top.
        walled: whether :func:`enter` was called.
    """
    ceilings = {
        resource.RLIMIT_CPU: (limits["cpu_seconds"], limits["cpu_seconds"] + 1),
        resource.RLIMIT_AS: (used + limits["memory_bytes"],) * 2,
        resource.RLIMIT_FSIZE: (limits["file_bytes"],) * 2,
        resource.RLIMIT_CORE: (0, 0),
        resource.RLIMIT_NOFILE: (256, 256),
    }
    if walled:
        ceilings[resource.RLIMIT_NPROC] = (limits["processes"],) * 2
        ceilings[resource.RLIMIT_SIGPENDING] = (64, 64)
    for what, (soft, hard) in ceilings.items():
        most = resource.getrlimit(what)[1]
        hard = hard if most == resource.RLIM_INFINITY else min(hard, most)
        resource.setrlimit(what, (min(soft, hard), hard))
    stay_secret(False)  # whoever watches may count its memory
    if walled:
        for capability in range(64):
            _LIBC.prctl(24, capability, 0, 0, 0)  # PR_CAPBSET_DROP
        _call(_LIBC.capset, struct.pack("II", 0x20080522, 0), bytes(24))
        _call(_LIBC.prctl, 38, 1, 0, 0, 0)  # PR_SET_NO_NEW_PRIVS
        calls.forbid()


def unshare() -> None:
    """Leave the namespaces of the parent for new ones; that of processes begins with the next child."""
    _call(_LIBC.unshare, NAMESPACES)


def fork_first(mine: int) -> int:
    """Fork a child that is the first process of new ones: when it ends, the system kills all that it started.

    Args:
        mine: descriptor of this process' own namespace of processes, to which its later children belong again.
    """
    _call(_LIBC.unshare, PROCESSES)
    child = os.fork()
    if child:
        _call(_LIBC.setns, mine, PROCESSES)
    return child


def become_reaper() -> None:
    """Inherit the orphans of this process' children, so that none of them can hide (Linux only)."""
    if platform.system() == "Linux":
        _LIBC.prctl(36, 1, 0, 0, 0)  # PR_SET_CHILD_SUBREAPER


def die_with_parent() -> None:
    """Be killed when the parent of this process dies."""
    _LIBC.prctl(1, 9, 0, 0, 0)  # PR_SET_PDEATHSIG, SIGKILL


def stay_secret(secret: bool = True) -> None:
    """Keep other processes of the same user from reading or tracing this one, or from writing its maps."""
    _LIBC.prctl(4, 0 if secret else 1, 0, 0, 0)  # PR_SET_DUMPABLE


def be_the_first_to_go(first: int) -> None:
    """Where there is no memory left, on the machine or in a group, have the system end this process before others.

    Args:
        first: 0 for an ordinary process to 1000 for the first of all; it may be raised, and all that it starts has it.
    """
    with contextlib.suppress(OSError):  # there is no /proc
        Path("/proc/self/oom_score_adj").write_text(str(first))


def in_large_pages() -> None:
    """Have the memory of this process in pages of 2 MiB where the system can: a copy of it then costs a third."""
    large, collapse = 1 << 21, 25  # MADV_COLLAPSE
    try:
        regions = [line.split() for line in Path("/proc/self/maps").read_text().splitlines()]
    except OSError:  # there is no /proc
        return
    for span, rights, *rest in regions:
        if rights == "rw-p" and (len(rest) < 4 or rest[3] == "[heap]"):
            first, last = (int(end, 16) for end in span.split("-"))
            first, last = -(-first // large) * large, last // large * large
            if last > first:  # what it says is of no matter: small pages do the same
                _LIBC.madvise(ctypes.c_void_p(first), ctypes.c_size_t(last - first), collapse)


def own_children() -> list[int]:
    """Return the process numbers of the children of this process, as far as the system tells."""
    try:
        return [int(pid) for pid in Path(f"/proc/self/task/{os.getpid()}/children").read_text().split()]
    except OSError:
        return []


def threads() -> int:
    """Return how many threads this process has; 1 where the system does not tell."""
    try:
        return len(list(Path("/proc/self/task").iterdir()))
    except OSError:
        return 1


def _mount(source: str, target: str, kind: str, flags: int, options: str = "") -> None:
    _call(_LIBC.mount, source.encode() or None, target.encode(), kind.encode() or None, flags, options.encode() or None)


def _call(function: object, *values: object) -> None:
    if function(*values) != 0:  # type: ignore[operator]
        code = ctypes.get_errno()
        raise OSError(code, f"{getattr(function, '__name__', '?')}: {os.strerror(code)}", str(values[1:2]))


def address_space() -> int:
    """Return the bytes of address space this process takes."""
    try:
        return int(Path("/proc/self/statm").read_text().split()[0]) * resource.getpagesize()
    except (OSError, ValueError, IndexError):
        return 1 << 30  # there is no /proc: what PyTorch takes on a CPU
