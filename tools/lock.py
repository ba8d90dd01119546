"""Write requirements/lab.lock and requirements/test.lock: exact versions and hashes of everything but PyTorch.

One lock serves Linux, macOS and Windows with Python 3.11 to 3.13. PyTorch is left out because its build depends on
the machine (see tools/_torch.py); what PyTorch itself needs is in. Needs uv (``pip install uv``). Run by ``make lock``.
"""

from __future__ import annotations

import shutil
import subprocess
import sys
import tempfile
import tomllib
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
NEEDED_BY_TORCH = ("filelock", "fsspec", "jinja2", "networkx", "sympy>=1.13.3", "typing-extensions>=4.10", "setuptools")
NEEDED_TO_BUILD = ("editables>=0.5",)
HEADER = """\
# Written by: make lock. Do not edit. Everything {name} needs except PyTorch, for Python 3.11 to 3.13
# on Linux, macOS and Windows. Installed with: pip install --require-hashes --no-deps -r {path}
"""


def direct(name: str) -> list[str]:
    """Return the requirements the lock ``name`` starts from, PyTorch and torchvision excepted."""
    data = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))
    project = data["project"]
    extras = ["lab"] if name == "lab" else ["lab", "dev", "cluster", "postgres", "diffusion"]
    wanted = [*project["dependencies"], *(r for extra in extras for r in project["optional-dependencies"][extra])]
    wanted += [*data["build-system"]["requires"], *NEEDED_TO_BUILD, *NEEDED_BY_TORCH]
    return [requirement for requirement in wanted if not requirement.startswith("torch")]


def compile_lock(name: str, uv: str, constraint: Path | None = None) -> Path:
    """Resolve one lock and write it; return its path."""
    target = ROOT / "requirements" / f"{name}.lock"
    with tempfile.TemporaryDirectory() as folder:
        wish, draft = Path(folder) / "pyproject.in", Path(folder) / "lock"
        wish.write_text("\n".join(direct(name)) + "\n", "utf-8")
        command = [uv, "pip", "compile", "--universal", "--python-version", "3.11", "--generate-hashes", "--no-header"]
        command += ["--no-annotate", "--only-binary", ":all:", "--quiet", "--output-file", str(draft), str(wish)]
        if target.exists():
            shutil.copy(target, draft)  # keeps versions that still fit, so that a lock changes no more than it must
        if constraint:
            command += ["--constraint", str(constraint)]
        subprocess.run(command, check=True, cwd=folder)
        text = HEADER.format(name=name, path=target.relative_to(ROOT).as_posix()) + draft.read_text("utf-8")
    target.parent.mkdir(exist_ok=True)
    target.write_text(text, "utf-8")
    return target


def main() -> int:
    """Write both locks, the second with the versions of the first."""
    uv = shutil.which("uv", path=f"{Path(sys.executable).parent}") or shutil.which("uv")
    if uv is None:
        print("make lock needs uv. Run: .venv/bin/python -m pip install uv   and call again.", file=sys.stderr)
        return 2
    lab = compile_lock("lab", uv)
    compile_lock("test", uv, lab)
    return 0


if __name__ == "__main__":
    sys.exit(main())
