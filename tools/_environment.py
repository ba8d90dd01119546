"""The project's own environment: the folder ``.venv``, pip inside it, and the stamp that says it is complete."""

from __future__ import annotations

import contextlib
import errno
import hashlib
import importlib.util
import json
import os
import shutil
import subprocess
import sys
import tempfile
import time
import tomllib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any

__all__ = [
    "FULL",
    "ROOT",
    "Environment",
    "Stop",
    "add_pip",
    "constrained",
    "explain",
    "fingerprint",
    "launcher",
    "locked",
    "make",
    "pip",
    "run_quietly",
    "say",
    "short_of_space",
]

ROOT = Path(__file__).resolve().parents[1]
NEEDED_GB = 2.5

FULL = "The disk is full. Free about 3 GB (pip's own cache: pip cache purge) and call again."
SYMPTOMS = {
    "No space left on device": FULL,
    "Errno 28": FULL,
    "Disk quota exceeded": FULL,
    "CERTIFICATE_VERIFY_FAILED": "The package index was reached but its certificate is not trusted. Behind a company "
    "proxy, set PIP_CERT to its certificate file and call again.",
    "DO NOT MATCH THE HASHES": "A downloaded package is not the one that was locked: a mirror or proxy changes files. "
    "Try another index or network (pip cache purge first).",
    "Permission denied": "A file of .venv cannot be written. Was it made by another user (sudo)? Move .venv away "
    "and call again.",
    "Connection": "The package index cannot be reached. The first call needs a network (later calls do not): check "
    "it, or set PIP_INDEX_URL to a mirror, and call again.",
    "Name or service not known": "The package index cannot be reached. The first call needs a network (later calls "
    "do not): check it, or set PIP_INDEX_URL to a mirror, and call again.",
    "timed out": "The package index answers too slowly. Call again: what is already installed is kept.",
    "ResolutionImpossible": "No version that the package index has fits what was asked for and pip's constraints.",
    "No matching distribution": "The package index has no such version for this Python and this machine.",
}


class Stop(Exception):
    """The set-up cannot go on; the message is one sentence about why and one about what to do."""


@dataclass(frozen=True)
class Environment:
    """Where packages go.

    Attributes:
        python: its interpreter.
        folder: its root, which holds the stamp and the log.
        ours: True for ``.venv``; False where an activated conda environment is used as it is.
    """

    python: Path
    folder: Path
    ours: bool = True

    @property
    def stamp(self) -> Path:
        """The file that says what was installed."""
        return self.folder / "srkit-setup.json"

    @property
    def log(self) -> Path:
        """Everything pip said."""
        return self.folder / "srkit-setup.log"

    @property
    def site_packages(self) -> Path:
        """The folder that Python imports from."""
        answer = output(self.python, "import sysconfig; print(sysconfig.get_path('purelib'))")
        return Path(answer)

    def read_stamp(self) -> dict[str, Any]:
        """Return what was installed, or an empty dict."""
        try:
            return dict(json.loads(self.stamp.read_text("utf-8")))
        except (OSError, ValueError):
            return {}

    def write_stamp(self, content: dict[str, Any]) -> None:
        """Record what was installed, at once or not at all."""
        draft = self.stamp.with_suffix(".draft")
        draft.write_text(json.dumps(content, indent=1), "utf-8")
        draft.replace(self.stamp)


def say(message: str) -> None:
    """Tell the person at the terminal what is being done."""
    print(message, flush=True)


def output(python: Path, code: str) -> str:
    """Run a line of Python elsewhere than in the project folder and return what it prints; '' where it fails."""
    command = [str(python), "-c", code]
    done = subprocess.run(command, capture_output=True, text=True, cwd=Path(python).parent, check=False)
    return done.stdout.strip() if done.returncode == 0 else ""


@contextlib.contextmanager
def locked(path: Path) -> Iterator[None]:
    """Hold the file ``path`` while an environment is built, after waiting for the set-up that holds it.

    The system lets go of it when the process ends, however it ends; the empty file stays.
    """
    with path.open("a+b") as handle:
        told = False
        while not _held(handle):
            if not told:
                say(
                    f"Another set-up is at work in {path.parent}; waiting until it has ended. Ctrl-C stops the waiting."
                )
            told = True
            time.sleep(0.5)
        yield


def _held(handle: IO[bytes]) -> bool:
    """Try to lock a file; tell whether it is ours now. Where a file system knows no locks, it counts as ours."""
    try:
        if sys.platform == "win32":
            import msvcrt

            handle.seek(0)
            msvcrt.locking(handle.fileno(), msvcrt.LK_NBLCK, 1)
        else:
            import fcntl

            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError as error:
        return error.errno not in (errno.EAGAIN, errno.EACCES, errno.EDEADLK)
    return True


def constrained(python: Path) -> str:
    """Return a phrase about the constraints files that pip obeys here unasked, and how to do without; '' for none."""
    command = [str(python), "-m", "pip", "config", "list"]
    done = subprocess.run(command, capture_output=True, text=True, cwd=Path(python).parent, check=False)
    settings = dict(line.partition("=")[::2] for line in done.stdout.splitlines())
    asked = [os.environ.get("PIP_CONSTRAINT"), settings.get("install.constraint"), settings.get("global.constraint")]
    files = next((value.strip("'\"") for value in asked if value), "")
    if not files or files == os.devnull:
        return ""
    return f"pip obeys the constraints in {files}: change those, or set them aside with PIP_CONSTRAINT={os.devnull}"


def short_of_space(folder: Path, gigabytes: float) -> bool:
    """Tell whether less than that is free where packages go, or where pip unpacks them."""
    return any(shutil.disk_usage(place).free < gigabytes * 1e9 for place in (folder, tempfile.gettempdir()))


def fingerprint(lock: Path) -> str:
    """Return a hash of everything that decides what is installed: the lock and the package's own metadata."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))
    decides = {"project": project["project"], "build": project["build-system"], "hatch": project["tool"].get("hatch")}
    digest = hashlib.sha256(json.dumps(decides, sort_keys=True).encode())
    digest.update(lock.read_bytes())
    digest.update(str(ROOT).encode())
    return digest.hexdigest()


def make(folder: Path) -> Environment:
    """Return the environment in ``folder``, made now unless it is there and runs.

    Raises:
        Stop: Python has no venv module, the disk is too full, or something else's broken folder is in the way.
    """
    python = folder / ("Scripts/python.exe" if os.name == "nt" else "bin/python")
    environment = Environment(python, folder)
    if python.exists() and output(python, "import sys; print(sys.version_info >= (3, 11))") == "True":
        return environment
    if folder.exists() and not environment.stamp.exists() and any(folder.iterdir()):
        raise Stop(f"{folder} is there but has no Python 3.11 that runs. Move it away and call again.")
    if importlib.util.find_spec("venv") is None or importlib.util.find_spec("ensurepip") is None:
        version = f"python3.{sys.version_info.minor}"
        raise Stop(f"{sys.executable} has no venv module. Run: sudo apt-get install {version}-venv   and call again.")
    _check_disk(folder)
    say(f"Making {folder.name} with Python {sys.version.split()[0]}")
    run_quietly([launcher(), "-m", "venv", "--clear", str(folder)], log=None)
    return environment


def add_pip(environment: Environment) -> None:
    """Put Python's own pip into an environment that was made without one, as ``uv venv`` makes them.

    Raises:
        Stop: this Python brings none.
    """
    if output(environment.python, "import pip; print(pip.__version__)"):
        return
    if not output(environment.python, "import ensurepip; print(ensurepip.version())"):
        raise Stop(
            f"{environment.folder} has no pip, and its Python brings none. Move it away, or put pip into it "
            f"(uv pip install --python {environment.python} pip), and call again."
        )
    say(f"{environment.folder.name} has no pip, as uv makes environments: adding the one of its Python")
    run_quietly([str(environment.python), "-m", "ensurepip"], log=environment.log)


def launcher() -> str:
    """Return the interpreter to build on; not the one inside .venv, which may be about to be made again."""
    return str(getattr(sys, "_base_executable", None) or sys.executable)


def _check_disk(folder: Path) -> None:
    free = shutil.disk_usage(folder.parent).free / 1e9
    if free < NEEDED_GB:
        raise Stop(f"{folder.parent} has {free:.1f} GB free and {NEEDED_GB} GB are needed. Free some and call again.")


def pip(environment: Environment, *arguments: str, total: int = 0) -> None:
    """Run ``pip install`` in the environment, showing one line of progress.

    Raises:
        Stop: pip failed; the sentence is chosen from what it said.
    """
    command = [str(environment.python), "-m", "pip", "install", "--disable-pip-version-check", "--no-input"]
    if sys.platform.startswith("linux"):
        command += ["--root-user-action", "ignore"]
    run_quietly([*command, *arguments], log=environment.log, total=total)


def run_quietly(command: list[str], *, log: Path | None, total: int = 0) -> None:
    """Run a command, keeping what it says in a log and showing only how far it is.

    Raises:
        Stop: it failed.
    """
    said: list[str] = []
    with contextlib.ExitStack() as stack:
        record = stack.enter_context(log.open("a", encoding="utf-8")) if log else None
        process = subprocess.Popen(
            command,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            encoding="utf-8",
            errors="replace",
            cwd=ROOT,
        )
        stack.callback(process.stdout.close if process.stdout else lambda: None)
        for line in process.stdout or ():
            said.append(line)
            if record:
                record.write(line)
            _progress(said, total)
    if sys.stdout.isatty() and total:
        print("\r" + " " * 78 + "\r", end="", flush=True)
    if process.wait() != 0:
        raise Stop(explain("".join(said), log))


def _progress(said: list[str], total: int) -> None:
    if total and sys.stdout.isatty() and said[-1].startswith("Collecting "):
        done = sum(line.startswith("Collecting ") for line in said)
        print(f"\r  {done:3d} of {total}  {said[-1].split()[1]:60.60s}", end="", flush=True)


def explain(said: str, log: Path | None = None) -> str:
    """Return one sentence about why a command failed and one about what to do."""
    for symptom, sentence in SYMPTOMS.items():
        if symptom in said:
            return sentence
    lines = [line for line in said.splitlines() if line.strip()]
    last = next((line for line in lines if line.startswith("ERROR")), lines[-1] if lines else "it said nothing")
    return f"An installation step failed: {last.removeprefix('ERROR: ')}" + (
        f" Everything it said is in {log}." if log else ""
    )
