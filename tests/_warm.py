"""A Python that has imported PyTorch once, and runs each command in a copy of itself.

``warm`` starts it; it waits at a socket. ``python _warm.py SOCKET ARGUMENTS`` hands it the arguments of a Python
command with the caller's own folder, environment, input and outputs, and leaves with the status the command left with.
The project's own modules are imported by the command, never before it.
"""

from __future__ import annotations

import json
import os
import runpy
import socket
import sys
import traceback
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import Any

ALWAYS = ("PIL.Image", "numpy", "scipy.ndimage", "torch", "torch.nn.functional")


@contextmanager
def warm(door: str, *modules: str, **how: Any) -> Iterator[list[str]]:
    """Yield the beginning of a command whose further words a warm Python carries out; it listens at ``door``.

    Args:
        door: where its socket will be; a name of at most 100 letters.
        modules: what it has imported beside ``ALWAYS``.
        **how: goes to ``subprocess.Popen``.
    """
    import signal
    import subprocess
    import time

    command = [sys.executable, __file__, door, "--serve", *modules]
    with subprocess.Popen(command, start_new_session=True, **how) as server:
        while not os.path.exists(door) and server.poll() is None:  # noqa: PTH110  # no more imports
            time.sleep(0.05)
        try:
            yield [sys.executable, "-S", "-E", __file__, door]
        finally:
            os.killpg(server.pid, signal.SIGKILL)  # with what its copies have left running


def serve(path: str, modules: list[str]) -> None:
    """Answer commands one after the other, each in a copy of this process, until the process is ended."""
    for module in (*ALWAYS, *modules):
        __import__(module)
    with socket.socket(socket.AF_UNIX) as door:
        door.bind(f"{path}.new")
        door.listen()
        os.rename(f"{path}.new", path)  # noqa: PTH104  # no more imports; it is there when somebody listens
        while True:
            caller, _ = door.accept()
            with suppress(ChildProcessError):
                while os.waitpid(-1, os.WNOHANG)[0]:  # copies that have answered
                    pass
            if os.fork() == 0:
                _answer(caller)
            caller.close()


def _answer(caller: socket.socket) -> None:
    words, handles, *_ = socket.recv_fds(caller, 1 << 20, 3)
    for number, handle in enumerate(handles):
        os.dup2(handle, number)
    arguments, folder, environment = json.loads(words)
    os.chdir(folder)
    os.environ.clear()
    os.environ.update(environment)
    status = 1
    try:
        _run(arguments)
        status = 0
    except SystemExit as end:
        status = end.code if isinstance(end.code, int) else int(end.code is not None)
    except BaseException:
        traceback.print_exc()
    with suppress(BrokenPipeError):
        sys.stdout.flush()
        sys.stderr.flush()
    caller.sendall(bytes([status & 255]))
    os._exit(0)


def _run(arguments: list[str]) -> None:
    """Do what ``python ARGUMENTS`` does, for a file, ``-m MODULE`` and ``-c CODE``."""
    kind, *rest = arguments
    if kind == "-m":
        sys.path[0], sys.argv = "", rest
        runpy.run_module(rest[0], run_name="__main__", alter_sys=True)
    elif kind == "-c":
        sys.path[0], sys.argv = "", ["-c", *rest[1:]]
        exec(compile(rest[0], "<command>", "exec"), {"__name__": "__main__"})
    else:
        sys.path[0], sys.argv = os.path.dirname(os.path.abspath(kind)), arguments  # noqa: PTH100, PTH120  # no more imports
        runpy.run_path(kind, run_name="__main__")


def ask(path: str, arguments: list[str]) -> int:
    """Have the server run a command; return its status."""
    with socket.socket(socket.AF_UNIX) as server:
        server.connect(path)
        foreign = "JPY_PARENT_PID"  # a kernel ends when it is no child of that one
        environment = {name: value for name, value in os.environ.items() if name != foreign}
        socket.send_fds(server, [json.dumps([arguments, os.getcwd(), environment]).encode()], [0, 1, 2])  # noqa: PTH109  # no more imports
        answer = server.recv(1)
    return answer[0] if answer else 1


if __name__ == "__main__":
    if sys.argv[2] == "--serve":
        serve(sys.argv[1], sys.argv[3:])
    sys.exit(ask(sys.argv[1], sys.argv[2:]))
