"""The verbs behind ``make lab`` and ``make test``."""

from __future__ import annotations

import os
import re
import subprocess
import sys
import time
from pathlib import Path

import _system
import _torch
from _environment import ROOT, Environment, Stop, add_pip, constrained, fingerprint, locked, make, output, pip, say

__all__ = ["conda_environment", "install_lock", "prepare", "run", "workers"]

LOCKS = {"lab": ROOT / "requirements" / "lab.lock", "test": ROOT / "requirements" / "test.lock"}
CONDA = {"srkit": ROOT / "environment.yml", "srkit-dev": ROOT / "environment-dev.yml"}


def run(verb: str, words: list[str]) -> int:
    """Carry out ``lab``, ``test`` or ``setup``; return the exit code."""
    try:
        if verb == "setup":
            prepare("lab" if words[:1] == ["lab"] else "test")
            return 0
        environment = prepare(verb)
        if verb == "test":
            _system.provide()
            spread = ["-n", str(workers()), "--dist", "loadfile", "--no-loadscope-reorder"]
            return _finish(environment, ["-m", "pytest", *spread, *words])
        return _open_lab(environment, words)
    except Stop as stop:
        sys.stderr.write(f"\nCannot go on: {stop}\n")
        return 2


def prepare(kind: str) -> Environment:
    """Return an environment that has everything ``kind`` (lab or test) needs; at once if it has already.

    Raises:
        Stop: it cannot be had, with the reason and a fix.
    """
    with locked(ROOT / ".venv.lock"):
        conda = conda_environment()
        return _use_conda(conda, kind) if conda else _use_venv(kind)


def _use_venv(kind: str) -> Environment:
    started, wish = time.monotonic(), _torch.choose()
    environment = make(ROOT / ".venv")
    stamp, wanted = environment.read_stamp(), {name: fingerprint(lock) for name, lock in LOCKS.items()}
    done = stamp.get("installed", {})
    # The test lock contains the lab lock, so an environment made for the tests also serves the lab.
    complete = wanted["test"] == done.get("test") or (kind == "lab" and wanted["lab"] == done.get("lab"))
    if complete and wish in {"", stamp.get("wish")}:
        return environment
    add_pip(environment)
    install_lock(environment, LOCKS[kind])
    torch = _torch.provide(environment, wish, Path(sys.executable))  # after the lock, which has what PyTorch imports
    say(f"Using {torch}")
    _install_srkit(environment)
    environment.write_stamp({"installed": {**_also_lab(kind, wanted)}, "torch": torch, "wish": wish})
    say(f"Ready after {time.monotonic() - started:.0f} s. The next call starts at once.")
    return environment


def _also_lab(kind: str, wanted: dict[str, str]) -> dict[str, str]:
    return wanted if kind == "test" else {"lab": wanted["lab"]}


def install_lock(environment: Environment, lock: Path) -> None:
    """Install everything a lock names, each file by its hash.

    Raises:
        Stop: pip failed, with the reason and the constraints that may stand in the way.
    """
    packages = sum(1 for line in lock.read_text("utf-8").splitlines() if re.match(r"[A-Za-z0-9]", line))
    say(f"Installing {packages} locked packages into {environment.folder.name}")
    try:
        pip(environment, "--require-hashes", "--no-deps", "--only-binary", ":all:", "-r", str(lock), total=packages)
    except Stop as stop:
        note = constrained(environment.python)
        raise Stop(f"{stop}\n{note}" if note else str(stop)) from stop


def _install_srkit(environment: Environment) -> None:
    pip(environment, "--no-deps", "--no-build-isolation", "--editable", str(ROOT))
    if not output(environment.python, "import srkit; print(srkit.__version__)"):
        raise Stop(f"srkit is installed and does not import. To see why: {environment.python} -c 'import srkit'.")


def conda_environment() -> Path | None:
    """Return the prefix of an activated conda environment that one of ours made, or None."""
    prefix = Path(os.environ.get("CONDA_PREFIX", "/nowhere"))
    ours = os.environ.get("CONDA_DEFAULT_ENV") in CONDA and (prefix / "conda-meta").is_dir()
    return prefix if ours and Path(sys.prefix).resolve() == prefix.resolve() else None


def _use_conda(prefix: Path, kind: str) -> Environment:
    environment = Environment(Path(sys.executable), prefix, ours=False)
    wanted = {kind: fingerprint(CONDA[os.environ["CONDA_DEFAULT_ENV"]])}
    done = environment.read_stamp().get("installed", {})
    if wanted.items() <= done.items():
        return environment
    say(f"Using the conda environment {prefix}")
    modules = ("jupyterlab", "hatchling", *(("nbgrader", "pytest") if kind == "test" else ()))
    found = output(environment.python, f"import importlib.util as u; print(*filter(u.find_spec, {modules}))").split()
    lacking = [module for module in modules if module not in found]
    if not _torch.installed(environment.python):
        lacking.append(f"PyTorch {_torch.FLOOR} or newer")
    if lacking:
        file = CONDA["srkit-dev" if kind == "test" else "srkit"].name
        lack = " and ".join(lacking)
        raise Stop(f"{prefix} lacks {lack}. Run: conda env update -f {file}, conda activate, and call again.")
    _install_srkit(environment)
    environment.write_stamp({"installed": done | wanted})
    return environment


def workers() -> int:
    """Return how many test processes to start: one for each core this process may use, eight at most."""
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    return max(1, min(8, cores))


def _open_lab(environment: Environment, words: list[str]) -> int:
    """Lay the lessons out and open JupyterLab at the first; ``words`` go to ``srkit lab``."""
    laid = subprocess.call([str(environment.python), "-m", "srkit", "course", str(ROOT / "work")], cwd=ROOT)
    if laid:
        return laid
    return _finish(environment, ["-m", "srkit", "lab", *words])


def _finish(environment: Environment, command: list[str]) -> int:
    """Become (or, on Windows, call) the program the person asked for."""
    settings = dict(os.environ)
    if "pytest" in command:
        settings.setdefault("OMP_NUM_THREADS", "1")
        settings.pop("PYTHONDONTWRITEBYTECODE", None)  # each of hundreds of processes would compile the same modules
    line = [str(environment.python), *command]
    os.chdir(ROOT)
    if os.name != "nt":
        os.execve(line[0], line, settings)
    return subprocess.call(line, env=settings)
