"""The process in the box: it has PyTorch ready, runs no answer, knows nothing, and forks a keeper for a submission.

The keeper forks a process for every case, which reads the case from the pipe before it runs any of the student's code.
So no student's code, no source of the library and no input ever was in the memory of a process that another student's
is a copy of; the keeper itself reads the limits, and what came out. With ``walls`` set to ``"nested"`` the keeper lives
in namespaces of its own, and each process of a case is the first in a further one: when it ends the system kills
everything it has started. With ``"plain"`` the container around this process is the wall and lives for one exercise of
one submission; with ``"none"`` there is no wall.
"""

from __future__ import annotations

import contextlib
import gc
import importlib
import mmap
import os
import random
import select
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
from torch import nn

from autograder.inside import given, walls
from autograder.inside.frames import BadFrame, read_frame, write_frame
from autograder.inside.student import module, run
from autograder.inside.watch import Usage, watch

__all__ = ["Student", "serve"]

ENDED = 3  # the status of a process that found no more requests
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
    torch.set_num_threads(1)
    torch.backends.cpu.get_cpu_capability()  # reads /proc/cpuinfo, which student code does not see
    _warm_up()
    numpy.random.seed(0)
    torch.manual_seed(0)
    torch.compile = _as_it_is
    gc.collect()
    gc.freeze()  # what is there now is shared by all copies of this process; collecting it would copy it
    walls.in_large_pages()
    if start["walls"] != "none":
        walls.be_the_first_to_go(500)
    walls.stay_secret()
    start["used"] = walls.address_space()
    write_frame(write, {"ready": True, "versions": [sys.version.split()[0], torch.__version__, numpy.__version__]})
    while True:
        select.select([requests], [], [])
        status = _one(start, read, write)
        if status == ENDED:
            return
        write_frame(write, {"status": status})  # after the keeper's report, where there is one, and with nobody alive


def _warm_up() -> None:
    """Train a tiny network for a step: what PyTorch sets up at its first use, every copy of this process has then.

    Raises:
        RuntimeError: PyTorch has started threads, which no copy would have; it would wait for them for ever.
    """
    net = nn.Sequential(nn.Conv2d(3, 12, 3, padding=1), nn.ReLU(), nn.PixelShuffle(2))
    optimiser = torch.optim.SGD(net.parameters(), lr=0.1, momentum=0.5)
    image = torch.rand(1, 3, 8, 8)
    nn.functional.mse_loss(net(image), nn.functional.interpolate(image, scale_factor=2.0)).backward()
    optimiser.step()
    if (threads := walls.threads()) > 1:
        raise RuntimeError(f"PyTorch has {threads} threads in the box, where OMP_NUM_THREADS=1 should leave it one.")


def _as_it_is(model: Any = None, **_: Any) -> Any:
    """Stand for ``torch.compile``: the box has no compiler, and one answer is not worth seconds of compiling."""
    return model if model is not None else _as_it_is


def _one(start: Mapping[str, Any], read: Callable[[int], bytes], write: Callable[[bytes], None]) -> int:
    """Have files unpacked, or a submission served, by a child; return the status it ended with."""
    ready, go = os.pipe(), os.pipe()
    keeper = os.fork()
    if keeper == 0:
        for pipe in (ready[0], go[1]):  # or it would wait for ever for a parent that has given up
            os.close(pipe)
        _last(partial(_begin, start, read, write, ready[1], go[0]))
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


def _begin(
    start: Mapping[str, Any], read: Callable[[int], bytes], write: Callable[[bytes], None], ready: int, go: int
) -> None:
    """Read what is asked for: files to be unpacked, or a keeper."""
    asked = _next(read)
    if "files" in asked:
        walls.unpack(Path(start["course"]), asked["tree"], asked["common"], asked["files"])
        return
    try:
        place = os.open("/proc", os.O_RDONLY | os.O_DIRECTORY) if start["walls"] != "none" else -1
        if start["walls"] == "nested":
            _move(ready, go)
        else:
            walls.become_reaper()
        mine = os.open("self/ns/pid", os.O_RDONLY, dir_fd=place) if start["walls"] == "nested" else -1
    except OSError as problem:
        write_frame(write, {"end": "broken", "detail": f"the walls could not be built: {problem}"})
        return
    for name, code in asked["beside"]:
        module(name, code)
    while "limits" in (asked := _next(read)):
        write_frame(write, _case(asked, start, read, place, mine))


def _next(read: Callable[[int], bytes]) -> Mapping[str, Any]:
    try:
        asked: Mapping[str, Any] = read_frame(read)
    except BadFrame:
        os._exit(ENDED)
    return asked


def _move(ready: int, go: int) -> None:
    """Go behind the walls; what returns is the first process there, and the one that entered waits for its end."""
    os.setsid()
    walls.unshare()
    walls.stay_secret(False)  # until its maps are written; no student's code runs yet
    walls.be_the_first_to_go(1000)  # before the worker, of which more is in memory than of a copy
    os.write(ready, b"!")
    if not os.read(go, 1):
        raise OSError("the user map could not be written")
    walls.stay_secret()
    walls.enter()
    first = os.fork()
    if first:
        os._exit(os.waitstatus_to_exitcode(os.waitpid(first, 0)[1]) & 0xFF)
    walls.die_with_parent()


def _case(
    asked: Mapping[str, Any], start: Mapping[str, Any], read: Callable[[int], bytes], place: int, mine: int
) -> dict[str, Any]:
    """Run one case in a child of this process, which reads it, and watch that; return the report."""
    limits, nested = asked["limits"], start["walls"] == "nested"
    usage = None if start["walls"] == "none" else Usage(place)
    answer, printed = os.pipe(), os.pipe()
    room = mmap.mmap(-1, given.size(asked["given"]))  # shared with the child, which lays the inputs there
    try:
        if nested:
            walls.lay(start, asked["tree"], limits)
        student = walls.fork_first(mine) if nested else os.fork()
        if student == 0:
            if nested:
                walls.die_with_parent()
            request = _next(read)
            request = {**request, "inputs": given.lay(request["inputs"], room)}
            _student(request, limits, start["used"], answer[1], printed[1], walled=start["walls"] != "none")
        os.close(answer[1])
        os.close(printed[1])
        report = watch(student, answer[0], printed[0], limits, usage)
        if nested:
            walls.clear(start)
    except OSError as problem:
        report = {"end": "broken", "detail": f"the walls could not be built: {problem}"}
    if not nested:
        _end_orphans()
    return {**report, "given": given.digests(room, asked["given"])}


def _end_orphans() -> None:
    """Kill what the case has left running: orphans are children of this process now."""
    deadline = time.monotonic() + 5
    while (children := walls.own_children()) and time.monotonic() < deadline:
        for child in children:
            with contextlib.suppress(ProcessLookupError, ChildProcessError):
                os.kill(child, signal.SIGKILL)
                os.waitpid(child, 0)


def _student(
    request: Mapping[str, Any], limits: Mapping[str, int], used: int, answer: int, printed: int, *, walled: bool
) -> None:
    """Become the process that student code runs in, and leave every frame of this file for it."""
    nothing = os.open(os.devnull, os.O_RDONLY)
    for source, target in ((nothing, 0), (printed, 1), (printed, 2)):
        os.dup2(source, target)
    answer = _alone(answer)
    os.setsid()  # or a signal to "my group" would reach those who watch
    os.chdir("/tmp")
    random.seed(0)  # Python draws a new one in every copy of a process
    walls.confine(limits, used, walled=walled)
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
