"""The system calls that student code may not make, as a program for the kernel's filter (seccomp).

A call is denied for one of three reasons: it reaches other processes, it changes what a process may see, or it makes
the system hold memory that no process' size tells. What holds memory and is not here is bounded otherwise: pipes by
the system (64 MiB a user), files by the size of ``/tmp`` and ``/dev/shm``, queued signals and timers by
``RLIMIT_SIGPENDING``, descriptors by ``RLIMIT_NOFILE``; tables of pages and regions are counted
(:mod:`autograder.inside.watch`).
"""

from __future__ import annotations

import ctypes
import os
import platform
import struct

__all__ = ["forbid", "program"]

EPERM, ENOSYS, KILL, ALLOW = 0x00050001, 0x00050026, 0x80000000, 0x7FFF0000
MACHINES = {"x86_64": (0xC000003E, 0), "aarch64": (0xC00000B7, 1)}  # audit architecture; column of the tables below
NEWEST = 450  # the C library does without any call that is newer; the x32 variants of all calls have larger numbers
_CALLS = """
other processes and their memory:
ptrace 101 117, process_vm_readv 310 270, process_vm_writev 311 271, process_madvise 440 440, process_mrelease 448 448,
pidfd_getfd 438 438, kcmp 312 272, perf_event_open 298 241, userfaultfd 323 282, bpf 321 280, seccomp 317 277;
namespaces, mounts, the system itself:
unshare 272 97, setns 308 268, mount 165 40, umount2 166 39, pivot_root 155 41, chroot 161 51, open_tree 428 428,
move_mount 429 429, fsopen 430 430, fsconfig 431 431, fsmount 432 432, fspick 433 433, mount_setattr 442 442,
name_to_handle_at 303 264, open_by_handle_at 304 265, quotactl 179 60, quotactl_fd 443 443, syslog 103 116,
kexec_load 246 104, kexec_file_load 320 294, init_module 175 105, finit_module 313 273, delete_module 176 106,
sync 162 81, syncfs 306 267;
memory that is no process' own, of queues, keys, memory files, rings, pinned pages, sockets, watches and rules, of
epoll, where a watch outlives its descriptor, so that 256 of them hold half a million:
shmget 29 194, semget 64 190, msgget 68 186, mq_open 240 180, add_key 248 217, request_key 249 218, keyctl 250 219,
memfd_create 319 279, memfd_secret 447 447, io_setup 206 0, io_uring_setup 425 425, io_uring_enter 426 426,
io_uring_register 427 427, vmsplice 278 75, splice 275 76, tee 276 77, socket 41 198, socketpair 53 199,
epoll_create 213 -, epoll_create1 291 20, inotify_init 253 -, inotify_init1 294 26, fanotify_init 300 262,
landlock_create_ruleset 444 444, landlock_add_rule 445 445, landlock_restrict_self 446 446, modify_ldt 154 -
"""
DENIED = {  # name -> its numbers on x86-64 and on aarch64, "-" where it is not
    name: (intel, arm)
    for group in _CALLS.split(";")
    for name, intel, arm in (call.split() for call in group.partition(":")[2].split(","))
}
DENIED_WITH: tuple[tuple[str, tuple[int, int], int, int, int], ...] = (  # name, numbers, argument, mask, value
    *(("clone", (56, 220), 0, flag, flag) for flag in (1 << bit for bit in (17, *range(25, 31)))),  # new namespaces
    ("mmap", (9, 222), 3, 0x21, 0x21),  # shared and anonymous: it stays when no process has it mapped any more
    ("mmap", (9, 222), 3, 0x40000, 0x40000),  # huge pages, which belong to the system
    *(("fcntl", (72, 25), 1, 0xFFFFFFFF, lock) for lock in (6, 7, 37, 38)),  # locks of bytes, a million to a file
    ("prctl", (157, 167), 0, 0xFFFFFFFF, 4),  # what nobody may read cannot be counted either
    ("prctl", (157, 167), 0, 0xFFFFFFFF, 22),  # filters of one's own, each upon all others
    ("prctl", (157, 167), 0, 0xFFFFFFFF, 78),  # a table of futexes of any size: 256 MiB a call
    ("rt_sigaction", (13, 134), 0, 0xFFFFFFFF, 17),  # SIGCHLD: who ignores it loses the time that children took
)
_CLONE3 = 435  # its flags lie in memory, which a filter cannot see; as if it were absent, so that clone is taken


def forbid() -> None:
    """Have this process, and all it will start, refused those calls; nothing on a machine whose numbers are unknown.

    Raises:
        OSError: the system has no filter.
    """
    if platform.machine() not in MACHINES:
        return
    lines = program(platform.machine())
    code = b"".join(struct.pack("HBBI", *line) for line in lines)
    held = ctypes.create_string_buffer(code, len(code))
    handle = struct.pack("HL", len(lines), ctypes.addressof(held))
    if ctypes.CDLL(None, use_errno=True).prctl(22, 2, handle, 0, 0) != 0:  # PR_SET_SECCOMP, filter
        raise OSError(ctypes.get_errno(), f"no filter of system calls: {os.strerror(ctypes.get_errno())}")


def program(machine: str) -> list[tuple[int, int, int, int]]:
    """Return the filter as instructions (operation, jump if true, jump if false, value) of Berkeley Packet Filter."""
    architecture, column = MACHINES[machine]
    load, equal, at_least, mask, end = 0x20, 0x15, 0x35, 0x54, 0x06
    lines = [(load, 0, 0, 4), (equal, 1, 0, architecture), (end, 0, 0, KILL), (load, 0, 0, 0)]
    lines += [(at_least, 0, 1, NEWEST), (end, 0, 0, ENOSYS), (equal, 0, 1, _CLONE3), (end, 0, 0, ENOSYS)]
    for number in (numbers[column] for numbers in DENIED.values() if numbers[column] != "-"):
        lines += [(equal, 0, 1, int(number)), (end, 0, 0, EPERM)]
    for _, numbers, argument, bits, value in DENIED_WITH:
        low = 16 + 8 * argument  # the lower half: both machines are little-endian
        test = [(load, 0, 0, low), (mask, 0, 0, bits), (equal, 0, 1, value), (end, 0, 0, EPERM), (load, 0, 0, 0)]
        lines += [(equal, 0, len(test), numbers[column]), *test]
    return [*lines, (end, 0, 0, ALLOW)]
