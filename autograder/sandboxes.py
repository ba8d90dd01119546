"""Which boxes there are, how each is started, and the choice between them."""

from __future__ import annotations

import itertools
import os
import shlex
import shutil
import subprocess
import sys
from collections.abc import Callable
from functools import lru_cache, partial
from pathlib import Path

import torch

from autograder.box import Box, BoxError, Job
from autograder.limits import Limits
from autograder.places import covered, kept_within, python_path, view
from autograder.process import COURSE, STAGE, ProcessBox, Start

__all__ = ["bubblewrap", "choose_box", "container", "without_walls"]

IMAGE = "srkit-box"
NOBODY = 65534
_OURS = 1 << 30  # bytes beside the student's: Python and PyTorch
_SESSION = ("XDG_RUNTIME_DIR", "DBUS_SESSION_BUS_ADDRESS")  # for systemd-run; the box itself has none of them
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
    return types.SimpleNamespace(outputs=act(answer, inputs), trouble="", message="", printed="")
def perform(answer, inputs):
    return {"value": answer(inputs["x"])}
"""
_HELP = """No sandbox works on this machine, so nothing was graded: student code is not run outside of one. Found:
{found}
{advice}
For your own solutions, and for nobody else's code, `--trusted` runs without a sandbox."""
_ADVICE = {  # words of a finding -> what to do about it; the finding is told, and only what it calls for
    "bwrap is not installed": "On Linux: sudo apt-get install bubblewrap",
    "uid map": """This system (Ubuntu 23.10 and later) forbids what bubblewrap needs until somebody allows it:
  sudo apt-get install apparmor-profiles
  sudo ln -s /usr/share/apparmor/extra-profiles/bwrap-userns-restrict /etc/apparmor.d/
  sudo apparmor_parser -r /etc/apparmor.d/bwrap-userns-restrict
or, for the whole machine until it is restarted: sudo sysctl kernel.apparmor_restrict_unprivileged_userns=0""",
    "No permissions to create new namespace": "Allow it: sudo sysctl kernel.unprivileged_userns_clone=1",
    "docker: not installed": """On macOS and Windows, or instead of bubblewrap: install Docker or Podman, and build its
image once:
  docker build -t {image} --build-arg PYTHON={python} --build-arg TORCH={torch} -f {folder}/box.Dockerfile {folder}""",
    "docker: a trial": """Docker is there. Its image is built once:
  docker build -t {image} --build-arg PYTHON={python} --build-arg TORCH={torch} -f {folder}/box.Dockerfile {folder}""",
}


def choose_box(trusted: bool = False) -> Box:
    """Return the best box that works on this machine, after trying it.

    Args:
        trusted: run the code without a sandbox, in an ordinary process. Only for the author's own solutions.

    Raises:
        BoxError: no sandbox works here; the message says how to get one.
    """
    if trusted:
        return tried(without_walls())
    failures = []
    for make in _candidates():
        try:
            return tried(make())
        except BoxError as problem:
            failures.append(f"- {problem}")
    found = "\n".join(failures)
    versions = {"python": "{}.{}".format(*sys.version_info), "torch": torch.__version__.rpartition(".")[0]}
    versions["folder"] = shlex.quote(str(Path(__file__).resolve().parent))
    advice = [text.format(image=IMAGE, **versions) for words, text in _ADVICE.items() if words in found]
    raise BoxError(_HELP.format(found=found, advice="\n".join(advice)))


def tried(box: ProcessBox) -> ProcessBox:
    """Return the box if it works.

    Raises:
        BoxError: it does not; the message says why.
    """
    code = [("<trial>", "def twice(x):\n    return 2 * x")]
    job = Job(name="twice", pieces=code, beside=[("trial", _TRIAL)], perform="perform", inputs={"x": 21})
    reply = box.run(job, Limits())
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
    group = _memory_group()
    kind = "walls for each case" if nested else "one box for each exercise"
    title = f"bubblewrap ({kind}{', memory limited by the system' if group else ''})"
    if program is None:
        raise BoxError(f"{title}: the program bwrap is not installed.")
    root = os.geteuid() == 0 if privileged is None else privileged
    if root and not nested:
        raise BoxError(f"{title}: not as root, whom the limit on processes does not bind.")
    walls = _shared_walls() if root else ["--unshare-all", "--uid", str(NOBODY), "--gid", str(NOBODY)]
    user = 2_000_000 + os.getpid() % 1_000_000

    def command(limits: Limits) -> list[str]:
        most = [f"--property=MemoryMax={limits.memory_bytes + _OURS}", "--"] if group else []
        return [*group, *most, program, *walls, *_view(limits), "--", str(Path(sys.executable).absolute())]

    return ProcessBox(
        Start(
            title=title,
            command=command,
            walls="nested" if nested else "plain",
            outside=(user, user) if root else (NOBODY, NOBODY),
            environment={name: os.environ[name] for name in _SESSION if name in os.environ},
            path=python_path(),
            kept={folder: kept_within(folder) for folder in ("/tmp", "/dev/shm")},
            grouped=bool(group),
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
        Start(
            title="no sandbox",
            command=lambda limits: [sys.executable],
            walls="none",
            environment=environment,
            path=python_path(),
        )
    )


def _candidates() -> list[Callable[[], ProcessBox]]:
    linux: list[Callable[[], ProcessBox]] = [bubblewrap, partial(bubblewrap, nested=False)]
    containers = [partial(container, "docker"), partial(container, "podman")]
    return [*linux, *containers] if sys.platform == "linux" else [*containers]


@lru_cache
def _memory_group() -> list[str]:
    """Return how a command is started in a control group (version 2) that limits its memory; [] where it cannot be.

    systemd makes one for root and for every user whose session it runs. It counts all that the kernel holds for the
    box, beside what the keeper counts. It is tried: a system may have the program, and not the groups. Where the kernel
    ends an answer because the group is full, systemd would end the whole group, so it is told to end nothing.
    """
    program = shutil.which("systemd-run")
    if program is None:
        return []
    words = [program, "--scope", "--quiet", "--collect", "--property=MemorySwapMax=0", "--property=KillMode=none"]
    words += [] if os.geteuid() == 0 else ["--user"]
    shown = 'cat "/sys/fs/cgroup$(cut -d: -f3 /proc/self/cgroup)/memory.max"'
    trial = [*words, "--property=MemoryMax=67108864", "--", "/bin/sh", "-c", shown]
    try:
        told = subprocess.run(trial, capture_output=True, stdin=subprocess.DEVNULL, timeout=20, check=False).stdout
    except (OSError, subprocess.TimeoutExpired):
        return []
    return words if told.strip() == b"67108864" else []


def _shared_walls() -> list[str]:
    """Return the options for root: no user namespace here, so that each case can have a real user of its own."""
    kinds = ("pid", "net", "ipc", "uts", "cgroup-try")
    capabilities = ("--cap-drop", "ALL", "--cap-add", "CAP_SETUID", "--cap-add", "CAP_SETGID")
    return [*(f"--unshare-{kind}" for kind in kinds), *capabilities]


def _view(limits: Limits) -> list[str]:
    """Return the options that say what there is to see: Python and its libraries, read-only, and empty folders.

    The empty folders come first, so that whatever of the user's lies below ``/tmp`` is laid into them.

    Raises:
        BoxError: Python or the project lies where the box has folders of its own.
    """
    options = ["--die-with-parent", "--new-session", "--clearenv"]
    for name, value in (_ENVIRONMENT | {k: os.environ[k] for k in ("LD_LIBRARY_PATH",) if k in os.environ}).items():
        options += ["--setenv", name, value]
    options += ["--proc", "/proc", "--dev", "/dev", "--size", str(limits.folder_bytes), "--tmpfs", "/tmp"]
    options += ["--dir", STAGE, "--size", str(64 << 20), "--tmpfs", COURSE]
    places, links = view()
    for place in places:
        if place.is_relative_to(Path(COURSE).parent) or place.is_relative_to("/proc"):
            raise BoxError(f"{place}, which Python needs, lies where the box has a folder of its own. Move it.")
    binds = [(place, ["--ro-bind", str(place), str(place)]) for place in places]
    binds += [(link, ["--symlink", target, str(link)]) for link, target in links.items()]
    binds += [(place, ["--tmpfs", str(place)]) for place in covered()]
    for place, words in sorted(binds, key=lambda one: len(one[0].parts)):
        for parent in reversed(place.parents[:-1]):
            options += ["--perms", "0755", "--dir", str(parent)]
        options += words
    for place in (*map(str, covered()), "/dev", "/"):
        options += ["--remount-ro", place]
    return [*options, "--chdir", "/tmp"]


def _container_options(limits: Limits) -> list[str]:
    memory = limits.memory_bytes + _OURS
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
    flags += [f"--tmpfs=/tmp:{folder}{limits.folder_bytes}", f"--tmpfs={COURSE}:{folder}{16 << 20}"]
    return [*flags, *(f"--env={name}={value}" for name, value in _ENVIRONMENT.items() if name != "PATH")]
