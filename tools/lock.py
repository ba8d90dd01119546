"""Write requirements/lab.lock and requirements/test.lock: exact versions and hashes of everything but PyTorch.

One lock serves Linux, macOS and Windows with Python 3.11 to 3.13. PyTorch is left out because its build depends on
the machine (see tools/_torch.py); what PyTorch itself needs is in.

``environment.yml`` (students) and ``environment-dev.yml`` (developers and graders) are printed from the locks: what
pyproject.toml names, at the locked minor versions, for one Python. Needs uv (``pip install uv``). Run by ``make lock``.
"""

from __future__ import annotations

import shutil
import subprocess
import sys
import tempfile
import tomllib
from pathlib import Path

from _torch import TORCHVISION, VERSION
from packaging.markers import Marker
from packaging.requirements import Requirement

ROOT = Path(__file__).resolve().parents[1]
NEEDED_BY_TORCH = ("filelock", "fsspec", "jinja2", "networkx", "sympy>=1.13.3", "typing-extensions>=4.10", "setuptools")
ON_CONDA = ("vgg", "cluster", "postgres", "diffusion", "hub", "lti")  # extras that tests use
OPTIONAL = (*ON_CONDA, "weights", "engines", "onnx")
NEEDED_TO_BUILD = ("editables>=0.5",)
NEVER_LOCKED = ("torch", "opencv-python")  # torchvision asks for the one, and ncnn for the other without using it
HEADER = """\
# Written by: make lock. Do not edit. Everything {name} needs except PyTorch, for Python 3.11 to 3.13
# on Linux, macOS and Windows. Installed with: pip install --require-hashes --no-deps -r {path}
"""


ROLES = {"lab": ("students", "srkit"), "test": ("developers and graders", "srkit-dev")}
CONDA_FILES = {"lab": ROOT / "environment.yml", "test": ROOT / "environment-dev.yml"}
CONDA_PYTHON = "3.12"
RENAMED = {"torch": "pytorch-cpu", "matplotlib": "matplotlib-base"}
GRADERS_ONLY = {"nbgrader"}
CONDA = """\
# Written by: make lock. Do not edit. For {title} who use conda, and for Windows. In the project folder:
#   conda env create -f {file}
#   conda activate {name}
#   python tools/bootstrap.py {verb}
# conda-forge only: the defaults channel is not used. PyTorch is the CPU build; replace pytorch-cpu by pytorch-gpu if
# you have an NVIDIA card and want the CUDA build.
name: {name}
channels:
  - conda-forge
  - nodefaults
dependencies:
  - python ={python}
  - pip"""


def direct(name: str) -> list[str]:
    """Return the requirements the lock ``name`` starts from, PyTorch excepted."""
    data = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))
    project = data["project"]
    extras = ["lab"] if name == "lab" else ["lab", "dev", *OPTIONAL]
    wanted = [*project["dependencies"], *(r for extra in extras for r in project["optional-dependencies"][extra])]
    wanted += [*data["build-system"]["requires"], *NEEDED_TO_BUILD, *NEEDED_BY_TORCH]
    paired = [f"torchvision=={TORCHVISION}"] if "vgg" in extras else []
    return [requirement for requirement in wanted if not requirement.startswith("torch")] + paired


def compile_lock(name: str, uv: str, constraint: Path | None = None) -> Path:
    """Resolve one lock and write it; return its path."""
    target = ROOT / "requirements" / f"{name}.lock"
    with tempfile.TemporaryDirectory() as folder:
        wish, draft = Path(folder) / "pyproject.in", Path(folder) / "lock"
        wish.write_text("\n".join(direct(name)) + "\n", "utf-8")
        without = Path(folder) / "overrides"
        without.write_text("".join(f"{name} ; python_version < '3'\n" for name in NEVER_LOCKED), "utf-8")
        command = [uv, "pip", "compile", "--universal", "--python-version", "3.11", "--generate-hashes", "--no-header"]
        command += ["--no-annotate", "--only-binary", ":all:", "--quiet", "--override", str(without)]
        command += ["--output-file", str(draft), str(wish)]
        if target.exists():
            shutil.copy(target, draft)  # keeps versions that still fit, so that a lock changes no more than it must
        if constraint:
            command += ["--constraint", str(constraint)]
        subprocess.run(command, check=True, cwd=folder)
        text = HEADER.format(name=name, path=target.relative_to(ROOT).as_posix()) + draft.read_text("utf-8")
    target.parent.mkdir(exist_ok=True)
    target.write_text(text, "utf-8")
    return target


def conda(name: str) -> str:
    """Return the text of a conda environment: for students (``lab``) or developers (``test``)."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
    extras, locked = project["optional-dependencies"], _versions(ROOT / "requirements" / f"{name}.lock")
    parts = {"the library": project["dependencies"], "the lessons": extras["lab"]}
    if name == "test":
        parts["the tests"] = extras["dev"]
        parts["optional"] = [r for extra in ON_CONDA for r in extras[extra]]
    parts["the editable install of srkit"] = ["hatchling", "editables"]
    title, more = ROLES[name]
    lines = [CONDA.format(title=title, file=CONDA_FILES[name].name, name=more, verb=name, python=CONDA_PYTHON)]
    for part, requirements in parts.items():
        lines.append(f"  # {part}")
        for requirement in (Requirement(text).name.lower() for text in requirements):
            if not (name == "lab" and requirement in GRADERS_ONLY):
                version = {"torch": VERSION}.get(requirement) or locked[requirement]
                lines.append(f"  - {RENAMED.get(requirement, requirement)} ={'.'.join(version.split('.')[:2])}")
    return "\n".join(lines) + "\n"


def _versions(lock: Path) -> dict[str, str]:
    """Return name -> version of a lock, for the Python of the conda environments on Linux."""
    machine = {"python_version": CONDA_PYTHON, "python_full_version": f"{CONDA_PYTHON}.0", "sys_platform": "linux"}
    found = {}
    for line in lock.read_text("utf-8").splitlines():
        pin, _, marker = line.rstrip(" \\").partition(" ; ")
        package, equals, version = pin.partition("==")
        if equals and (not marker or Marker(marker).evaluate(machine)):
            found[package] = version
    return found


def main() -> int:
    """Write both locks, the second with the versions of the first, and the conda environments."""
    uv = shutil.which("uv", path=f"{Path(sys.executable).parent}") or shutil.which("uv")
    if uv is None:
        print("make lock needs uv. Run: .venv/bin/python -m pip install uv   and call again.", file=sys.stderr)
        return 2
    lab = compile_lock("lab", uv)
    compile_lock("test", uv, lab)
    for name, file in CONDA_FILES.items():
        file.write_text(conda(name), "utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
