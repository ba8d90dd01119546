"""The process in the box: it has imported PyTorch, runs nothing itself, and forks for every case.

Requests come on one pipe and reports leave on another, both out of reach of student code. With ``walls`` set to
``"nested"`` every case gets a keeper in new namespaces, whose child runs the student's code as the first process there;
when that one ends the system kills everything it has started. With ``"plain"`` the container around this process is the
wall and lives for one exercise of one submission; with ``"none"`` there is no wall.
"""

from __future__ import annotations

import contextlib
import gc
import importlib
import os
import random
import signal
import sys
import time
import traceback
from collections.abc import Callable, Mapping
from functools import partial
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

_WANTED_LATER = ("torch._dynamo", "torch.nn.functional", "torch.optim", "torch.utils.data", "PIL.Image", "typing")


def serve(requests: int, reports: int) -> None:
    """Answer requests until the stream ends; the first one says what the box holds and how it is walled."""
    read, write = _reader(requests), _writer(reports)
    start = read_frame(read)
    kind: str = start["walls"]
    if kind == "none":
        sys.path[:0] = [start["root"]]
    else:
        _unpack(Path(start["course"]), start["tree"])
        sys.path[:0] = [start["course"]]
    for name in _WANTED_LATER:
        with contextlib.suppress(ImportError):
            importlib.import_module(name)
    gc.collect()
    gc.freeze()  # what is there now is shared by all copies of this process; collecting it would copy it
    torch.set_num_threads(1)
    torch.backends.cpu.get_cpu_capability()  # reads /proc/cpuinfo, which student code does not see
    walls.become_reaper()
    walls.stay_secret()
    used = walls.address_space()
    write_frame(write, {"ready": True, "versions": [sys.version.split()[0], torch.__version__, numpy.__version__]})
    with contextlib.suppress(BadFrame):
        while True:
            request = read_frame(read)
            run_one = _walled if kind == "nested" else partial(_forked, walled=kind == "plain")
            write_frame(write, run_one(request, used))


def _walled(request: Mapping[str, Any], used: int) -> dict[str, Any]:
    """Run one case behind walls of its own: this process -> keeper -> student."""
    ready, go, told = os.pipe(), os.pipe(), os.pipe()
    keeper = os.fork()
    if keeper == 0:
        for pipe in (ready[0], go[1], told[0]):  # or it would wait for ever for a parent that has given up
            os.close(pipe)
        _last(lambda: _keep(request, used, ready[1], go[0], told[1]))
    for pipe in (ready[1], go[0], told[1]):
        os.close(pipe)
    trouble = ""
    try:
        if os.read(ready[0], 1):  # a keeper that failed tells why
            walls.write_maps(keeper, tuple(request["outside"]))
            os.write(go[1], b"!")
    except OSError as problem:
        trouble = str(problem)
    os.close(go[1])
    data = b"".join(iter(partial(os.read, told[0], 1 << 16), b""))
    os.close(told[0])
    os.waitpid(keeper, 0)
    os.close(ready[0])
    try:
        report: dict[str, Any] = decode(data)
        return report if not trouble else report | {"detail": f"{report['detail']}: {trouble}"}
    except BadFrame:
        return {"end": "broken", "detail": "the keeper of the box ended without a report"}


def _keep(request: Mapping[str, Any], used: int, ready: int, go: int, told: int) -> None:
    """Build the walls, start the run behind them, watch it, report."""
    try:
        usage = Usage({1, os.getpid(), os.getppid()})
        os.setsid()
        walls.unshare()
        walls.stay_secret(False)  # until its maps are written; no student's code runs yet
        os.write(ready, b"!")
        if not os.read(go, 1):
            raise OSError("the user map could not be written")
        walls.stay_secret()
        limits = request["limits"]
        walls.enter(request["places"], request["masks"], limits)
        answer, printed = os.pipe(), os.pipe()
        student = os.fork()  # process 1 of its namespace: when it ends, the system kills all that it started
        if student == 0:
            walls.die_with_parent()
            _student(request, used, answer[1], printed[1], walled=True)
        os.close(answer[1])
        os.close(printed[1])
        report = watch(student, answer[0], printed[0], limits, usage)
    except OSError as problem:
        report = {"end": "broken", "detail": f"the walls could not be built: {problem}"}
    _writer(told)(encode(report))


def _forked(request: Mapping[str, Any], used: int, *, walled: bool) -> dict[str, Any]:
    """Run one case in a child of this process."""
    answer, printed = os.pipe(), os.pipe()
    student = os.fork()
    if student == 0:
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
    os.setsid()  # or a signal to "my group" would reach those who watch
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


def _unpack(course: Path, tree: Mapping[str, str]) -> None:
    for name, text in tree.items():
        path = course / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")


def _reader(pipe: int) -> Callable[[int], bytes]:
    file = open(pipe, "rb", buffering=0, closefd=False)  # noqa: SIM115  # a descriptor, and unbuffered

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
