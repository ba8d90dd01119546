"""Which boxes there are, how each is started, and the choice between them."""

from __future__ import annotations

import itertools
import os
import shutil
import subprocess
import sys
import sysconfig
from collections.abc import Callable
from functools import partial
from pathlib import Path

import torch

from autograder.box import Box, BoxError, Job
from autograder.limits import Limits
from autograder.masks import ROOT
from autograder.process import ProcessBox, Start

__all__ = ["bubblewrap", "container", "pick", "without_walls"]

IMAGE = "srkit-box"
NOBODY = 65534
_NUMBERS = itertools.count()
_ENVIRONMENT = {
    **{f"{name}_NUM_THREADS": "1" for name in ("OMP", "MKL", "OPENBLAS", "NUMEXPR")},
    "HOME": "/tmp",
    "LANG": "C.UTF-8",
    "PATH": "/usr/bin",
    "PYTHONDONTWRITEBYTECODE": "1",
    "PYTHONHASHSEED": "0",
    "MPLBACKEND": "Agg",
    "CUDA_VISIBLE_DEVICES": "",
    "TORCHINDUCTOR_CACHE_DIR": "/tmp",
    "MPLCONFIGDIR": "/tmp",
}
_TRIAL = """
import types
def measure(act, answer, inputs):
    return types.SimpleNamespace(outputs=act(answer, inputs), trouble="", message="", changed=[], printed="")
def perform(answer, inputs):
    return {"value": answer(inputs["x"])}
"""
_HELP = """No sandbox works on this machine, so nothing was graded: student code is not run outside of one.
Tried:
{tried}
On Linux:
  sudo apt-get install bubblewrap
  Ubuntu 23.10 and later forbid what it needs ("setting up uid map: Permission denied") until somebody allows it:
    sudo apt-get install apparmor-profiles
    sudo ln -s /usr/share/apparmor/extra-profiles/bwrap-userns-restrict /etc/apparmor.d/
    sudo apparmor_parser -r /etc/apparmor.d/bwrap-userns-restrict
  or, for the whole machine until it is restarted: sudo sysctl kernel.apparmor_restrict_unprivileged_userns=0
On macOS and Windows, or instead of it: install Docker or Podman and build the image once, in the project's folder:
  docker build -t {image} --build-arg PYTHON={python} --build-arg TORCH={torch} -f autograder/box.Dockerfile .
For your own solutions, and for nobody else's code, `--trusted` runs without a sandbox."""


def pick(trusted: bool = False) -> Box:
    """Return the best box that works here, see :func:`autograder.box.choose_box`."""
    if trusted:
        return tried(without_walls())
    failures = []
    for make in _candidates():
        try:
            return tried(make())
        except BoxError as problem:
            failures.append(f"  {problem}")
    versions = {"python": "{}.{}".format(*sys.version_info), "torch": torch.__version__.rpartition(".")[0]}
    raise BoxError(_HELP.format(tried="\n".join(failures), image=IMAGE, **versions))


def tried(box: ProcessBox) -> ProcessBox:
    """Return the box if it works.

    Raises:
        BoxError: it does not; the message says why.
    """
    code = [("<trial>", "def twice(x):\n    return 2 * x")]
    reply = box.run(Job(name="twice", pieces=code, probe=_TRIAL, perform="perform", inputs={"x": 21}), Limits())
    if reply.observation is None or reply.observation["outputs"] != {"value": 42}:
        box.close()
        raise BoxError(f"{box.start.title}: a trial ended with {reply.end!r} {reply.detail} {reply.printed}".strip())
    return box


def bubblewrap(*, nested: bool = True, privileged: bool | None = None) -> ProcessBox:
    """Return a box made by bubblewrap.

    Args:
        nested: build new walls around every case; else one box for each exercise of each submission.
        privileged: whether this process is root, which then gives student code a user of its own; found out by default.

    Raises:
        BoxError: bubblewrap is not there, or cannot be used this way.
    """
    program = shutil.which("bwrap")
    title = f"bubblewrap ({'walls for each case' if nested else 'one box for each exercise'})"
    if program is None:
        raise BoxError(f"{title}: the program bwrap is not installed.")
    root = os.geteuid() == 0 if privileged is None else privileged
    if root and not nested:
        raise BoxError(f"{title}: not as root, whom the limit on processes does not bind.")
    walls = _shared_walls() if root else ["--unshare-all", "--uid", str(NOBODY), "--gid", str(NOBODY)]
    user = 2_000_000 + os.getpid() % 1_000_000
    return ProcessBox(
        Start(
            title=title,
            command=lambda limits: [program, *walls, *_view(limits), "--", str(_python())],
            walls="nested" if nested else "plain",
            outside=(user, user) if root else (NOBODY, NOBODY),
            environment={},
        )
    )


def container(program: str) -> ProcessBox:
    """Return a box made by Docker or Podman, from the image that ``autograder/box.Dockerfile`` builds.

    Raises:
        BoxError: the program is not there.
    """
    found = shutil.which(program)
    if found is None:
        raise BoxError(f"{program}: not installed.")
    names = [""]

    def command(limits: Limits) -> list[str]:
        names[0] = f"{IMAGE}-{os.getpid()}-{next(_NUMBERS)}"
        return [found, "run", "--name", names[0], *_container_options(limits), "--entrypoint", "python", IMAGE]

    def stop() -> None:
        subprocess.run([found, "kill", names[0]], capture_output=True, timeout=60, check=False)

    return ProcessBox(Start(title=program, command=command, walls="plain", stop=stop))


def without_walls() -> ProcessBox:
    """Return a box that is none: an ordinary process of this user. Only for the author's own solutions."""
    environment = {**_ENVIRONMENT, "PATH": os.environ.get("PATH", "")}
    return ProcessBox(
        Start(title="no sandbox", command=lambda limits: [sys.executable], walls="none", environment=environment)
    )


def _candidates() -> list[Callable[[], ProcessBox]]:
    linux: list[Callable[[], ProcessBox]] = [bubblewrap, partial(bubblewrap, nested=False)]
    containers = [partial(container, "docker"), partial(container, "podman")]
    return [*linux, *containers] if sys.platform == "linux" else [*containers]


def _shared_walls() -> list[str]:
    """Return the options for root: no user namespace here, so that each case can have a real user of its own."""
    kinds = ("pid", "net", "ipc", "uts", "cgroup-try")
    capabilities = ("--cap-drop", "ALL", "--cap-add", "CAP_SETUID", "--cap-add", "CAP_SETGID")
    return [*(f"--unshare-{kind}" for kind in kinds), *capabilities]


def _view(limits: Limits) -> list[str]:
    """Return the options that say what there is to see: Python and its libraries, read-only, and two empty folders."""
    options = ["--die-with-parent", "--new-session", "--clearenv"]
    for name, value in _ENVIRONMENT.items():
        options += ["--setenv", name, value]
    for place in _places():
        for parent in reversed(Path(place).parents[:-1]):
            options += ["--perms", "0755", "--dir", str(parent)]
        options += ["--ro-bind-try", place, place]
    for place in _covered():
        options += ["--tmpfs", place, "--remount-ro", place]
    options += ["--proc", "/proc", "--dev", "/dev"]
    options += ["--size", str(limits.folder_bytes), "--tmpfs", "/tmp", "--size", str(16 << 20), "--tmpfs", "/course"]
    return [*options, "--chdir", "/tmp", "--remount-ro", "/dev", "--remount-ro", "/"]


def _places() -> list[str]:
    """Return what Python needs to run, outermost first."""
    system = ["/lib", "/lib32", "/lib64", "/usr/lib", "/usr/lib32", "/usr/lib64", "/etc/ld.so.cache"]
    python = {Path(sys.prefix).resolve(), Path(sys.base_prefix).resolve()}
    paths = {Path(sysconfig.get_path(name)).resolve() for name in ("stdlib", "platstdlib", "purelib", "platlib")}
    if Path("/usr") in python:
        python = {path for path in python if path != Path("/usr")} | {Path(sys.executable).resolve()}
    wanted = sorted({*map(str, python), *map(str, paths)}, key=lambda path: (path.count("/"), path))
    return [*system, *wanted]


def _covered() -> list[str]:
    """Return the folders within those places that student code must not see: an installed srkit, and the project."""
    project = ROOT.parent
    inside = any(project.is_relative_to(place) for place in _places())
    installed = Path(sysconfig.get_path("purelib")).resolve() / "srkit"
    return [str(ROOT)] if inside else [str(installed)] if installed.is_dir() else []


def _python() -> Path:
    """Return the interpreter by the path it has in the box, within its virtual environment if it lives in one."""
    return Path(sys.prefix).resolve() / "bin" / Path(sys.executable).name


def _container_options(limits: Limits) -> list[str]:
    memory = limits.memory_bytes + (1 << 30)
    folder = "rw,nosuid,nodev,mode=1777,size="
    options = {
        "network": "none",
        "user": "61184:61184",
        "cap-drop": "ALL",
        "security-opt": "no-new-privileges",
        "pids-limit": limits.processes + 16,
        "memory": memory,
        "memory-swap": memory,
        "cpus": 1,
        "ipc": "private",
        "ulimit": "core=0",
    }
    flags = ["--rm", "--interactive", "--read-only"]
    flags += [f"--{name}={value}" for name, value in options.items()]
    flags += [f"--tmpfs=/tmp:{folder}{limits.folder_bytes}", f"--tmpfs=/course:{folder}{16 << 20}"]
    return [*flags, *(f"--env={name}={value}" for name, value in _ENVIRONMENT.items() if name != "PATH")]
