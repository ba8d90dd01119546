"""A Python that has imported PyTorch and pytest once, and runs each command in a copy of itself.

``serve`` waits at a socket. ``python _warm.py SOCKET ARGUMENTS`` hands it the arguments of a Python command with the
caller's own input and outputs, and leaves with the status the command left with. The project's own modules are imported
by the command, never before it.
"""

from __future__ import annotations

import json
import os
import runpy
import socket
import sys
import traceback
from contextlib import suppress


def serve(path: str) -> None:
    """Answer commands one after the other, each in a copy of this process, until the process is ended."""
    for module in ("PIL.Image", "numpy", "pytest", "scipy.ndimage", "torch", "torch.nn.functional"):
        __import__(module)
    with socket.socket(socket.AF_UNIX) as door:
        door.bind(path)
        door.listen()
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
    status = 1
    try:
        _run(json.loads(words))
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
        socket.send_fds(server, [json.dumps(arguments).encode()], [0, 1, 2])
        answer = server.recv(1)
    return answer[0] if answer else 1


if __name__ == "__main__":
    if len(sys.argv) == 2:
        serve(sys.argv[1])
    sys.exit(ask(sys.argv[1], sys.argv[2:]))
