"""Which PyTorch to use: the one you have, else the CPU build, and several gigabytes only for those who ask.

1. A PyTorch (2.10 or newer, any build) of the Python that started the set-up is used as it is: a ``.pth`` file in .venv
   adds its folder behind the locked packages.
2. Otherwise, on Linux, ``torch==VERSION+cpu`` from the package index that pip is configured with: a version with
   ``+cpu`` in its name can never be a CUDA build.
3. Whatever stopped that, the same from PyTorch's own index of CPU builds.

On macOS and Windows the ordinary wheels are CPU builds. ``TORCH=gpu`` takes the index's ordinary wheel, ``TORCH=cpu``
ignores a PyTorch that is already there. Nothing older than 2.10: before it, ``torch.load(weights_only=True)`` could be
made to run code by a file (CVE-2026-24747).

What pip prints decides nothing here: a source has served when PyTorch imports, and the next one is tried until then.
"""

from __future__ import annotations

import os
import platform
import sys
from pathlib import Path

from _environment import FULL, Environment, Stop, constrained, launcher, output, pip, run_quietly, say, short_of_space
from bootstrap import candidates, version_of

__all__ = ["CPU_INDEX", "OLDEST", "VERSION", "borrow", "choose", "installed", "provide", "requirements"]

VERSION = "2.13.0"
TORCHVISION = "0.28.0"  # the one built with it; see srkit.layers.vgg.import_torchvision for the CPU build
OLDEST = (2, 10)
FLOOR = ".".join(map(str, OLDEST))
CPU_INDEX = "https://download.pytorch.org/whl/cpu"
BORROWED = "srkit-borrowed-torch.pth"
_WHERE = (
    "import importlib.metadata as m; d = m.distribution('torch'); print(d.version); print(d.locate_file('').resolve())"
)
_TRY = (
    "import torch; torch.ones(2).sum().item(); "
    "print(torch.__version__, torch.version.cuda or torch.version.hip or 'CPU')"
)


def installed(python: Path) -> tuple[str, Path] | None:
    """Return version and folder of the PyTorch an interpreter sees, or None where there is none or it is too old."""
    answer = output(python, _WHERE).splitlines()
    if len(answer) != 2 or _pair(answer[0]) < OLDEST:
        return None
    return answer[0], Path(answer[1])


def choose() -> str:
    """Return what ``TORCH`` asks for: ``""``, ``"cpu"`` or ``"gpu"``.

    Raises:
        Stop: it asks for something else.
    """
    wish = os.environ.get("TORCH", "").lower()
    if wish not in {"", "cpu", "gpu"}:
        raise Stop(f"TORCH={wish} means nothing here. Use TORCH=cpu, TORCH=gpu, or leave it out.")
    return wish


def provide(environment: Environment, wish: str, host: Path) -> str:
    """Make ``import torch`` work in the environment and return a phrase about which PyTorch it is.

    Args:
        environment: where it shall be importable.
        wish: ``""``, ``"cpu"`` or ``"gpu"``.
        host: the interpreter that started the set-up, whose PyTorch may be borrowed.

    Raises:
        Stop: no suitable build is to be had; the message says what was tried and names every way out.
    """
    borrowed = environment.site_packages / BORROWED
    own = installed(environment.python)
    if own and _fits(own[0], wish) and not (wish and borrowed.exists()) and (build := _build(environment)):
        return build
    borrowed.unlink(missing_ok=True)
    if installed(environment.python):
        _remove(environment)
    found = None if wish else installed(host)
    if found and borrow(environment, *found):
        return f"{_build(environment)}, yours, from {found[1]}"
    return _install(environment, wish)


def borrow(environment: Environment, version: str, folder: Path) -> bool:
    """Put ``folder`` behind the environment's own packages; take it back and return False if torch fails to import."""
    link = environment.site_packages / BORROWED
    link.write_text(f"{folder}\n", "utf-8")
    if output(environment.python, _TRY):
        return True
    link.unlink()
    say(f"The PyTorch {version} in {folder} does not import here, so a CPU build is installed instead.")
    return False


def requirements(wish: str, system: str = sys.platform) -> list[list[str]]:
    """Return pip's arguments to try, in order."""
    if wish == "gpu":
        return [[f"torch=={VERSION}"], [f"torch>={FLOOR}"]]
    if system != "linux":  # the ordinary wheels for macOS and Windows are CPU builds
        return [["--no-deps", f"torch=={VERSION}"], ["--no-deps", f"torch>={FLOOR}"]]
    wheel = ["--no-deps", "--only-binary", ":all:", f"torch=={VERSION}+cpu"]
    return [wheel, [*wheel, "--index-url", CPU_INDEX]]


def _install(environment: Environment, wish: str) -> str:
    """Try one source after the other until PyTorch imports; only a full disk ends the series early.

    Returns:
        A phrase about the build.
    """
    gigabytes = 8.0 if wish == "gpu" else 1.2
    say(
        f"Installing PyTorch {VERSION}, "
        + ("the GPU build (several GB)" if wish == "gpu" else "the CPU build (about 200 MB)")
    )
    tried = []
    for arguments in requirements(wish):
        try:
            pip(environment, *arguments)
            reason = "It was installed, is of no use here and was removed."
        except Stop as stop:
            reason = str(stop)
        own = installed(environment.python)
        if own and _fits(own[0], wish) and (build := _build(environment)):
            return build
        if own:
            _remove(environment)
        if short_of_space(environment.folder, gigabytes):
            raise Stop(FULL)
        tried.append(f"  pip install {' '.join(arguments)}\n    {reason}")
    machine = f"{sys.platform} ({platform.machine()}) and Python {sys.version_info[0]}.{sys.version_info[1]}"
    ways = _ways_out(environment, wish)
    raise Stop("\n".join([f"PyTorch could not be installed for {machine}. Tried:", *tried, *ways]))


def _ways_out(environment: Environment, wish: str) -> list[str]:
    """Return everything that can still help, one line each."""
    wheel = f"torch-{VERSION}" + ("" if wish == "gpu" or sys.platform != "linux" else "+cpu")
    ways = [
        constrained(environment.python),
        f"any PyTorch from {FLOOR} on that {launcher()} imports is used as it is",
        f"without a network: PIP_FIND_LINKS=FOLDER, where FOLDER holds the wheel {wheel} for this Python; or "
        "PIP_INDEX_URL=ADDRESS of a mirror",
        "" if wish == "gpu" else "TORCH=gpu: the index's ordinary wheel, several GB on Linux; it needs no GPU",
        "conda: conda env create -f environment.yml, then conda activate srkit",
        f"another Python, after removing {environment.folder}: {_other_pythons()}",
    ]
    return ["Any of these helps; then call again:", *(f"  - {way}" for way in ways if way)]


def _other_pythons() -> str:
    """Return the commands for the other Pythons that are here, or what to ask for."""
    versions = {version_of(command): " ".join(command) for command in candidates()}
    others = [command for version, command in versions.items() if version not in (None, sys.version_info[:2])]
    return " or ".join(f"PYTHON={command} make lab" for command in others) or "3.11 to 3.13, PYTHON=COMMAND make lab"


def _build(environment: Environment) -> str:
    """Return a phrase about the PyTorch that the environment imports and computes with, or nothing where it cannot."""
    answer = output(environment.python, _TRY).split()
    if len(answer) != 2:
        return ""
    return f"PyTorch {answer[0]} ({answer[1] if answer[1] == 'CPU' else 'GPU ' + answer[1]})"


def _remove(environment: Environment) -> None:
    run_quietly([str(environment.python), "-m", "pip", "uninstall", "--yes", "torch"], log=environment.log)


def _fits(version: str, wish: str) -> bool:
    return not wish or sys.platform != "linux" or ("+cpu" in version) == (wish == "cpu")


def _pair(version: str) -> tuple[int, ...]:
    return tuple(int(part) for part in version.split(".")[:2] if part.isdigit())
