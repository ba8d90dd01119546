"""The process in the box: it has imported PyTorch, runs nothing itself, and forks for every case.

Requests come on one pipe and reports leave on another, both out of reach of student code. With ``walls`` set to
``"nested"`` every case gets a keeper in new namespaces, whose child is the first process there; when that one dies the
system kills everything the case has started. With ``"plain"`` the container around this process is the wall and lives
for one exercise of one submission; with ``"none"`` there is no wall.
"""

from __future__ import annotations

import contextlib
import os
import random
import signal
import sys
import time
import traceback
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import numpy
import numpy.random
import torch

from autograder.inside import walls
from autograder.inside.frames import BadFrame, decode, encode, read_frame, write_frame
from autograder.inside.student import run
from autograder.inside.watch import Usage, watch

__all__ = ["serve"]

COURSE = Path("/course")


def serve(requests: int, reports: int) -> None:
    """Answer requests until the stream ends; the first one says what the box holds and how it is walled."""
    read, write = _reader(requests), _writer(reports)
    start = read_frame(read)
    kind: str = start["walls"]
    if kind == "none":
        sys.path[:0] = [start["root"]]
    else:
        _unpack(start["tree"])
        sys.path[:0] = [str(COURSE)]
    torch.set_num_threads(1)
    torch.backends.cpu.get_cpu_capability()  # reads /proc/cpuinfo, which student code does not see
    walls.become_reaper()
    walls.stay_secret()
    pipes = (requests, reports)
    used = walls.address_space()
    write_frame(write, {"ready": True, "versions": [sys.version.split()[0], torch.__version__, numpy.__version__]})
    with contextlib.suppress(BadFrame):
        while True:
            request = read_frame(read)
            if kind == "nested":
                report = _walled(request, pipes, used)
            else:
                report = _forked(request, pipes, used, walled=kind == "plain")
            write_frame(write, report)


def _walled(request: Mapping[str, Any], pipes: tuple[int, int], used: int) -> dict[str, Any]:
    """Run one case behind walls of its own: this process -> keeper -> first process of the namespace -> student."""
    ready, go, told = os.pipe(), os.pipe(), os.pipe()
    keeper = os.fork()
    if keeper == 0:
        _last(lambda: _keep(request, pipes, used, ready[1], go[0], told[1]))
    for pipe in (ready[1], go[0], told[1]):
        os.close(pipe)
    with contextlib.suppress(OSError):  # a keeper that failed has told why
        if os.read(ready[0], 1):
            walls.write_maps(keeper, tuple(request["outside"]))
            os.write(go[1], b"!")
    os.close(go[1])
    with open(told[0], "rb") as file:
        data = file.read()
    os.waitpid(keeper, 0)
    os.close(ready[0])
    try:
        report: dict[str, Any] = decode(data)
        return report
    except BadFrame:
        return {"end": "broken", "detail": "the keeper of the box ended without a report"}


def _keep(
    request: Mapping[str, Any], pipes: tuple[int, int], used: int, ready: int, go: int, told: int
) -> None:
    """Build the walls, start the run behind them, watch it, report."""
    try:
        usage = Usage({1, os.getpid(), os.getppid()})
        walls.unshare()
        os.write(ready, b"!")
        if not os.read(go, 1):
            raise OSError("the user map could not be written")
        limits = request["limits"]
        walls.enter(request["masks"], limits["folder_bytes"], limits["file_bytes"])
        answer, printed = os.pipe(), os.pipe()
        first = os.fork()
        if first == 0:
            for pipe in (*pipes, ready, go, told, answer[0], printed[0], usage.place):
                with contextlib.suppress(OSError):
                    os.close(pipe)
            _last(lambda: _first(request, used, answer[1], printed[1]))
        os.close(answer[1])
        os.close(printed[1])
        report = watch(first, answer[0], printed[0], limits, usage)
    except OSError as problem:
        report = {"end": "broken", "detail": f"the walls could not be built: {problem}"}
    with open(told, "wb") as file:
        file.write(encode(report))


def _first(request: Mapping[str, Any], used: int, answer: int, printed: int) -> None:
    """Be process 1 of the namespace: start the student's process, reap, end with its status. All others die then."""
    walls.die_with_parent()
    student = os.fork()
    if student == 0:
        _student(request, used, answer, printed, walled=True)
    os.close(answer)
    os.close(printed)
    walls.stay_secret()
    while True:
        pid, status, usage = os.wait4(-1, 0)
        if pid == student:
            break
    code = os.waitstatus_to_exitcode(status)
    spent = usage.ru_utime + usage.ru_stime
    if code == -signal.SIGKILL and spent > request["limits"]["cpu_seconds"] - 0.5:
        code = -signal.SIGXCPU
    os._exit(code if code >= 0 else 128 - code)


def _forked(request: Mapping[str, Any], pipes: tuple[int, int], used: int, *, walled: bool) -> dict[str, Any]:
    """Run one case in a child of this process."""
    answer, printed = os.pipe(), os.pipe()
    student = os.fork()
    if student == 0:
        os.setsid()
        for pipe in (*pipes, answer[0], printed[0]):
            os.close(pipe)
        _student(request, used, answer[1], printed[1], walled=walled)
    os.close(answer[1])
    os.close(printed[1])
    report = watch(student, answer[0], printed[0], request["limits"], None)
    _end_orphans()
    return report


def _end_orphans() -> None:
    """Kill what the case has left running: orphans are children of this process now."""
    deadline = time.monotonic() + 5
    while (children := walls.own_children()) and time.monotonic() < deadline:
        for child in children:
            with contextlib.suppress(ProcessLookupError, ChildProcessError):
                os.kill(child, signal.SIGKILL)
                os.waitpid(child, 0)


def _student(request: Mapping[str, Any], used: int, answer: int, printed: int, *, walled: bool) -> None:
    """Become the process that student code runs in."""
    nothing = os.open(os.devnull, os.O_RDONLY)
    for source, target in ((nothing, 0), (printed, 1), (printed, 2)):
        os.dup2(source, target)
    answer = _alone(answer)
    os.chdir("/tmp")
    random.seed(0)
    numpy.random.seed(0)
    torch.manual_seed(0)
    walls.confine(request["limits"], used, walled=walled)
    _last(lambda: run(request, answer))


def _alone(pipe: int) -> int:
    """Keep 0, 1, 2 and ``pipe`` open, as descriptor 3, and nothing else."""
    if pipe != 3:
        os.dup2(pipe, 3)
    os.closerange(4, 4096)
    return 3


def _last(act: Callable[[], None]) -> None:
    """Do one thing and end this process, whatever happens."""
    try:
        act()
    except BaseException:  # a forked copy must never return into the loop of its parent
        with contextlib.suppress(BaseException):
            os.write(2, traceback.format_exc()[-2000:].encode("utf-8", "replace"))
        os._exit(70)
    os._exit(0)


def _unpack(tree: Mapping[str, str]) -> None:
    for name, text in tree.items():
        path = COURSE / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")


def _reader(pipe: int) -> Callable[[int], bytes]:
    file = open(pipe, "rb", buffering=0, closefd=False)  # noqa: PTH123, SIM115  # a descriptor, and unbuffered

    def read(count: int) -> bytes:
        parts: list[bytes] = []
        while count and (part := file.read(min(count, 1 << 20))):
            parts.append(part)
            count -= len(part)
        return b"".join(parts)

    return read


def _writer(pipe: int) -> Callable[[bytes], None]:
    def write(data: bytes) -> None:
        view = memoryview(data)
        while view:
            view = view[os.write(pipe, view) :]

    return write
