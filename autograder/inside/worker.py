"""The process in the box: it has imported PyTorch, runs nothing, knows nothing, and forks a keeper for every case.

The keeper reads the request from the pipe, so that no student's code, no source of the library and no input ever was in
the memory of a process that the next student's is a copy of. With ``walls`` set to ``"nested"`` the keeper moves into
new namespaces and its child, which runs the student's code, is the first process there: when that one ends the system
kills everything it has started. With ``"plain"`` the container around this process is the wall and lives for one
exercise of one submission; with ``"none"`` there is no wall.
"""

from __future__ import annotations

import contextlib
import gc
import importlib
import os
import random
import select
import signal
import sys
import time
import traceback
from collections.abc import Callable, Mapping
from functools import partial
from typing import Any

import numpy
import numpy.random
import torch

from autograder.inside import walls
from autograder.inside.frames import BadFrame, read_frame, write_frame
from autograder.inside.student import run
from autograder.inside.watch import Usage, watch

__all__ = ["Student", "serve"]

ENDED = 3  # the status of a keeper that found no more requests
_WANTED_LATER = ("torch._dynamo", "torch.nn.functional", "torch.optim", "torch.utils.data", "PIL.Image", "typing")


class Student(BaseException):
    """Raised in the process of a student. Python calls ``sys.excepthook`` for it when no frame is left."""


def serve(requests: int, reports: int) -> None:
    """Answer requests until the stream ends; the first one says how the box is walled, and where its folders are.

    Raises:
        Student: in the process of a student; only code that catches it runs student code.
    """
    read, write = _reader(requests), _writer(reports)
    start = read_frame(read)
    sys.path[:0] = [start["root"] if start["walls"] == "none" else start["course"]]
    for name in _WANTED_LATER:
        with contextlib.suppress(ImportError):
            importlib.import_module(name)
    torch.compile = _as_it_is
    gc.collect()
    gc.freeze()  # what is there now is shared by all copies of this process; collecting it would copy it
    torch.set_num_threads(1)
    torch.backends.cpu.get_cpu_capability()  # reads /proc/cpuinfo, which student code does not see
    if start["walls"] != "none":
        walls.be_the_first_to_go()
    walls.stay_secret()
    start["used"] = walls.address_space()
    write_frame(write, {"ready": True, "versions": [sys.version.split()[0], torch.__version__, numpy.__version__]})
    while True:
        select.select([requests], [], [])
        status = _one(start, read, write)
        if status == ENDED:
            return
        write_frame(write, {"status": status})  # after the keeper's report, where there is one, and with nobody alive


def _as_it_is(model: Any = None, **_: Any) -> Any:
    """Stand for ``torch.compile``: the box has no compiler, and one answer is not worth seconds of compiling."""
    return model if model is not None else _as_it_is


def _one(start: Mapping[str, Any], read: Callable[[int], bytes], write: Callable[[bytes], None]) -> int:
    """Have one request answered by a keeper; return the status it ended with."""
    ready, go = os.pipe(), os.pipe()
    keeper = os.fork()
    if keeper == 0:
        for pipe in (ready[0], go[1]):  # or it would wait for ever for a parent that has given up
            os.close(pipe)
        _last(partial(_keep, start, read, write, ready[1], go[0]))
    for pipe in (ready[1], go[0]):
        os.close(pipe)
    try:
        if os.read(ready[0], 1):  # a keeper that failed tells why
            walls.write_maps(keeper, tuple(start["outside"]))
            os.write(go[1], b"!")
    except OSError:
        pass  # the keeper finds its line closed, and tells
    os.close(go[1])
    os.close(ready[0])
    return os.waitstatus_to_exitcode(os.waitpid(keeper, 0)[1])


def _keep(
    start: Mapping[str, Any], read: Callable[[int], bytes], write: Callable[[bytes], None], ready: int, go: int
) -> None:
    """Read a request, build the walls, start the run behind them, watch it, report."""
    try:
        request = read_frame(read)
    except BadFrame:
        os._exit(ENDED)
    limits, nested = request["limits"], start["walls"] == "nested"
    try:
        usage = None if start["walls"] == "none" else Usage({1, os.getpid(), os.getppid()})
        if nested:
            os.setsid()
            walls.unshare()
            walls.stay_secret(False)  # until its maps are written; no student's code runs yet
            os.write(ready, b"!")
            if not os.read(go, 1):
                raise OSError("the user map could not be written")
            walls.stay_secret()
            walls.enter(start, request.pop("tree"), limits)
        else:
            walls.become_reaper()
            if start["walls"] == "plain":
                walls.unpack(start["course"], request.pop("tree"))
        report = _watched(request, start, usage)
    except OSError as problem:
        report = {"end": "broken", "detail": f"the walls could not be built: {problem}"}
    if not nested:
        _end_orphans()
    write_frame(write, report)


def _watched(request: Mapping[str, Any], start: Mapping[str, Any], usage: Usage | None) -> dict[str, Any]:
    """Run the student's code in a child of this process, and watch it."""
    answer, printed = os.pipe(), os.pipe()
    student = os.fork()  # within nested walls process 1: when it ends, the system kills all that it started
    if student == 0:
        if start["walls"] == "nested":
            walls.die_with_parent()
        _student(request, start["used"], answer[1], printed[1], walled=start["walls"] != "none")
    os.close(answer[1])
    os.close(printed[1])
    return watch(student, answer[0], printed[0], request["limits"], usage)


def _end_orphans() -> None:
    """Kill what the case has left running: orphans are children of this process now."""
    deadline = time.monotonic() + 5
    while (children := walls.own_children()) and time.monotonic() < deadline:
        for child in children:
            with contextlib.suppress(ProcessLookupError, ChildProcessError):
                os.kill(child, signal.SIGKILL)
                os.waitpid(child, 0)


def _student(request: Mapping[str, Any], used: int, answer: int, printed: int, *, walled: bool) -> None:
    """Become the process that student code runs in, and leave every frame of this file for it."""
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
    sys.excepthook = partial(run, request, answer)
    raise Student


def _alone(pipe: int) -> int:
    """Keep 0, 1, 2 and ``pipe`` open, as descriptor 3, and nothing else."""
    if pipe != 3:
        os.dup2(pipe, 3)
    os.closerange(4, 4096)
    return 3


def _last(act: Callable[[], None]) -> None:
    """Do one thing and end this process, whatever happens; but for the student's, which goes its own way."""
    try:
        act()
    except Student:
        raise
    except BaseException:  # a forked copy must never return into the loop of its parent
        with contextlib.suppress(BaseException):
            os.write(2, traceback.format_exc()[-2000:].encode("utf-8", "replace"))
        os._exit(70)
    os._exit(0)


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
