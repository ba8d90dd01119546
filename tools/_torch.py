"""Which PyTorch to use: the one you have, else the CPU build, and several gigabytes only for those who ask.

1. A PyTorch (2.6 or newer, any build) of the Python that started the set-up is used as it is: a ``.pth`` file in .venv
   adds its folder behind the locked packages.
2. Otherwise, on Linux, ``torch==VERSION+cpu`` from the package index that pip is configured with: a version with
   ``+cpu`` in its name can never be a CUDA build.
3. Where that index does not have it, the same from PyTorch's own index of CPU builds.

On macOS and Windows the ordinary wheels are CPU builds. ``TORCH=gpu`` takes the index's ordinary wheel, ``TORCH=cpu``
ignores a PyTorch that is already there.
"""

from __future__ import annotations

import os
import sys
from pathlib import Path

from _environment import Environment, Stop, output, pip, say

__all__ = ["CPU_INDEX", "OLDEST", "VERSION", "borrow", "choose", "installed", "provide", "requirements"]

VERSION = "2.13.0"
OLDEST = (2, 6)
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
        Stop: no suitable build is to be had, or it does not import.
    """
    borrowed = environment.site_packages / BORROWED
    own = installed(environment.python)
    if own and _fits(own[0], wish) and not (wish and borrowed.exists()):
        return _works(environment, own[0])
    borrowed.unlink(missing_ok=True)
    found = None if wish else installed(host)
    if found and borrow(environment, *found):
        return _works(environment, found[0]) + f", yours, from {found[1]}"
    _install(environment, wish)
    return _works(environment, VERSION)


def borrow(environment: Environment, version: str, folder: Path) -> bool:
    """Put ``folder`` behind the environment's own packages; take it back and return False if torch fails to import."""
    link = environment.site_packages / BORROWED
    link.write_text(f"{folder}\n", "utf-8")
    if output(environment.python, _TRY):
        return True
    link.unlink()
    say(f"The PyTorch {version} in {folder} does not import here, so a CPU build is installed instead.")
    return False


def requirements(wish: str, platform: str = sys.platform) -> list[list[str]]:
    """Return pip's arguments to try, in order."""
    if wish == "gpu":
        return [[f"torch=={VERSION}"]]
    if platform != "linux":  # the ordinary wheels for macOS and Windows are CPU builds
        return [["--no-deps", f"torch=={VERSION}"]]
    wheel = ["--no-deps", "--only-binary", ":all:", f"torch=={VERSION}+cpu"]
    return [wheel, [*wheel, "--index-url", CPU_INDEX]]


def _install(environment: Environment, wish: str) -> None:
    say(
        f"Installing PyTorch {VERSION}, "
        + ("the GPU build (several GB)" if wish == "gpu" else "the CPU build (about 200 MB)")
    )
    tries = requirements(wish)
    for arguments in tries:
        try:
            pip(environment, *arguments)
        except Stop as stop:
            if "No matching distribution" not in stop.said:
                raise
        else:
            return
    machine = f"{sys.platform}, Python {sys.version_info[0]}.{sys.version_info[1]}"
    raise Stop(
        f"There is no CPU build of PyTorch {VERSION} for {machine} on the package index, nor could one be had from "
        f"{CPU_INDEX}. Install any PyTorch from 2.6 on for {sys.executable} and call again (it is used as it is), or "
        "use environment.yml, or TORCH=gpu for the index's ordinary wheel (several GB on Linux)."
    )


def _works(environment: Environment, version: str) -> str:
    answer = output(environment.python, _TRY).split()
    if len(answer) != 2:
        raise Stop(
            f"PyTorch {version} is installed and does not import. To see why: {environment.python} -c 'import torch'. "
            "To start afresh: remove .venv and call again."
        )
    return f"PyTorch {answer[0]} ({answer[1] if answer[1] == 'CPU' else 'GPU ' + answer[1]})"


def _fits(version: str, wish: str) -> bool:
    return not wish or sys.platform != "linux" or ("+cpu" in version) == (wish == "cpu")


def _pair(version: str) -> tuple[int, ...]:
    return tuple(int(part) for part in version.split(".")[:2] if part.isdigit())
