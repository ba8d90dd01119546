"""The filter of system calls, run by an interpreter of our own, with numbers from the headers of Linux."""

import re
import struct
from pathlib import Path

import pytest

from autograder.inside.calls import ALLOW, DENIED, DENIED_WITH, ENOSYS, EPERM, KILL, MACHINES, program

HEADERS = {
    "x86_64": Path("/usr/include/x86_64-linux-gnu/asm/unistd_64.h"),
    "aarch64": Path("/usr/include/asm-generic/unistd.h"),  # which that machine's own header includes as it is
}
I386 = 0x40000003
NAMESPACES = {  # from clone(2)
    "NEWNS": 0x00020000,
    "NEWCGROUP": 0x02000000,
    "NEWUTS": 0x04000000,
    "NEWIPC": 0x08000000,
    "NEWUSER": 0x10000000,
    "NEWPID": 0x20000000,
    "NEWNET": 0x40000000,
}
FORK, THREAD = 0x01200011, 0x003D0F00  # the flags that the C library forks and starts threads with


def numbers(machine):
    """Return name -> number of every call, from the header."""
    if not HEADERS[machine].is_file():
        pytest.skip(f"needs the headers of Linux, and there is no {HEADERS[machine]}")
    text = HEADERS[machine].read_text(encoding="utf-8")
    return {name: int(number) for name, number in re.findall(r"#define __NR(?:3264)?_(\w+)\s+(\d+)\b", text)}


def verdict(machine, number, *arguments, architecture=None):
    """Run the filter on one call, as the kernel does."""
    values = [value % (1 << 64) for value in (*arguments, *[0] * 6)[:6]]
    data = struct.pack("<IIQ6Q", number, architecture or MACHINES[machine][0], 0, *values)
    lines, held, place = program(machine), 0, 0
    while True:
        operation, yes, no, value = lines[place]
        place += 1
        if operation == 0x20:
            (held,) = struct.unpack_from("<I", data, value)
        elif operation == 0x54:
            held &= value
        elif operation in (0x15, 0x35):
            place += yes if (held == value if operation == 0x15 else held >= value) else no
        else:
            assert operation == 0x06
            return value


@pytest.mark.parametrize("machine", HEADERS)
def test_every_call_that_is_denied_has_the_number_that_linux_gives_it(machine):
    known = numbers(machine)
    column = MACHINES[machine][1]
    for name, both in DENIED.items():
        assert both[column] == str(known.get(name, "-")), name
        if name in known:
            assert verdict(machine, known[name]) == EPERM, name
    for name, both, *_ in DENIED_WITH:
        assert both[column] == known[name], name


@pytest.mark.parametrize("machine", HEADERS)
@pytest.mark.parametrize("name", NAMESPACES)
def test_no_call_makes_a_namespace(machine, name):
    known, flag = numbers(machine), NAMESPACES[name]
    for flags in (flag, flag | FORK, flag | THREAD, flag | (1 << 40)):
        assert verdict(machine, known["clone"], flags) == EPERM
    assert verdict(machine, known["clone3"]) == ENOSYS, "its flags cannot be seen, and the C library then takes clone"
    assert verdict(machine, known["unshare"], flag) == verdict(machine, known["setns"], 3, flag) == EPERM


@pytest.mark.parametrize("machine", HEADERS)
def test_processes_threads_private_memory_files_and_signals_are_had_as_ever(machine):
    known = numbers(machine)
    for flags in (FORK, THREAD, 0x4111):
        assert verdict(machine, known["clone"], flags) == ALLOW
    for flags in (0x22, 0x2, 0x1, 0x3, 0x4022, 0x20022):  # private memory; files, shared and private; a stack
        assert verdict(machine, known["mmap"], 0, 4096, 3, flags, -1) == ALLOW
    for command in (0, 1, 2, 3, 4, 5, 1030):
        assert verdict(machine, known["fcntl"], 5, command) == ALLOW
    for signal in (2, 9, 11, 15):
        assert verdict(machine, known["rt_sigaction"], signal) == ALLOW
    for name in (
        "read",
        "write",
        "openat",
        "futex",
        "munmap",
        "flock",
        "sendfile",
        "pipe2",
        "wait4",
        "execve",
        "prctl",
    ):
        assert verdict(machine, known[name]) == ALLOW


@pytest.mark.parametrize("machine", HEADERS)
def test_what_keeps_memory_without_a_process_or_loses_a_childs_time_is_denied_by_its_arguments(machine):
    known = numbers(machine)
    for flags in (0x21, 0x23, 0x4021, 0x40022, 0x40002):  # shared and anonymous; huge pages
        assert verdict(machine, known["mmap"], 0, 4096, 3, flags, -1) == EPERM
    for command in (6, 7, 37, 38):
        assert verdict(machine, known["fcntl"], 5, command) == EPERM
        assert verdict(machine, known["fcntl"], 5, command | (1 << 32)) == EPERM, "the system looks at the lower half"
    assert verdict(machine, known["rt_sigaction"], 17) == EPERM
    for option in (22, 78):  # PR_SET_SECCOMP, PR_FUTEX_HASH
        assert verdict(machine, known["prctl"], option) == verdict(machine, known["prctl"], option | 1 << 32) == EPERM
    assert verdict(machine, known["prctl"], 15) == ALLOW, "a process may still be named"


def test_calls_of_other_machines_and_of_systems_to_come_are_no_way_around():
    known = numbers("x86_64")
    for name in ("clone", "unshare", "ptrace", "read"):
        assert verdict("x86_64", known[name] | 0x40000000, 0x10000000) == ENOSYS, "the x32 variant"
        assert verdict("x86_64", known[name], 0x10000000, architecture=I386) == KILL
    for machine in MACHINES:
        assert {verdict(machine, number) for number in (450, 457, 458, 467, 470, 999, 1 << 31)} == {ENOSYS}
        assert verdict(machine, 0, architecture=0x1234) == KILL
