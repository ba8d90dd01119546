"""What ``srkit doctor`` looks at: Python, PyTorch, packages, disk, data, sandbox, Jupyter and nbgrader."""

from __future__ import annotations

import hashlib
import importlib.metadata
import importlib.util
import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from srkit import _home
from srkit._version import __version__
from srkit.cli.grade import grader_environment

__all__ = [
    "Check",
    "Finding",
    "Installation",
    "guarded",
    "how_to_set_up",
    "installation",
]


@dataclass(frozen=True)
class Finding:
    """The outcome of one check."""

    name: str  # what was looked at
    state: Literal["ok", "note", "fail"]  # ``ok``; ``note`` for what only some need; ``fail`` for what the lessons need
    found: str  # what is there
    fix: str = ""  # what to do, or nothing


Check = Callable[[], Finding]
Installation = Literal["clone", "lab", "library"]


def installation() -> Installation:
    """Return the kind of this installation: a clone, one for the course and the grader, or the library alone."""
    if _home.clone():
        return "clone"
    return "library" if _missing("lab") else "lab"


def how_to_set_up(extra: str = "") -> str:
    """Return the command that installs what is missing: of the library, or of one of its extras."""
    return "make lab" if _home.clone() else f"python -m pip install 'srkit{f'[{extra}]' * bool(extra)}'"


def check_installation() -> Finding:
    """Which of the three installations this is."""
    where = {"clone": _home.clone(), "lab": Path(sys.prefix), "library": Path(sys.prefix)}[installation()]
    what = {"clone": "run from the clone", "lab": "library, lessons and grader in", "library": "the library in"}
    text = f"srkit {__version__}, {what[installation()]} {where}"
    if installation() == "library":
        missing = ", ".join(re.split(r"[^\w.-]", line, maxsplit=1)[0] for line in _missing("lab"))
        return Finding("installation", "ok", f"{text} (lessons and grader want: {missing})", how_to_set_up("lab"))
    return Finding("installation", "ok", text)


def guarded(check: Check) -> Finding:
    """Run a check, which may read foreign files; an exception becomes a finding too."""
    try:
        return check()
    except Exception as error:
        name = check.__name__.removeprefix("check_")
        return Finding(name, "fail", f"the check itself failed: {type(error).__name__}: {error}", "report this")


def check_python(version: tuple[int, ...] = sys.version_info[:3]) -> Finding:
    """Python 3.11 to 3.13."""
    text = f"{'.'.join(map(str, version))} ({sys.executable})"
    if version[:2] < (3, 11):
        return Finding("Python", "fail", text, f"install Python 3.11, 3.12 or 3.13, then {how_to_set_up()}")
    if version[:2] > (3, 13):
        return Finding("Python", "note", f"{text}; 3.11 to 3.13 are tested")
    return Finding("Python", "ok", text)


def check_torch() -> Finding:
    """PyTorch is new enough, and a convolution gives the right numbers where it would run."""
    try:
        import torch
    except (ImportError, OSError) as error:
        return Finding("PyTorch", "fail", f"does not import: {error}", how_to_set_up())
    build = "no CUDA" if torch.version.cuda is None else f"CUDA {torch.version.cuda}"
    text = f"{torch.__version__} ({build}, {torch.get_num_threads()} CPU threads)"
    major, minor = (int(part) for part in re.findall(r"\d+", torch.__version__)[:2])
    if (major, minor) < (2, 10):
        return Finding("PyTorch", "fail", text, "python -m pip install --upgrade 'torch>=2.10'")
    from srkit.ops.device import devices, pick_device

    device = pick_device()
    try:
        image = torch.ones(1, 1, 4, 4, device=device)
        right = torch.nn.functional.conv2d(image, torch.ones(1, 1, 3, 3, device=device)).eq(9).all()
    except RuntimeError as error:
        fix = "use --device cpu, or install PyTorch again"
        return Finding("PyTorch", "fail", f"{text}; cannot compute on {device}: {error}", fix)
    if not right:
        return Finding("PyTorch", "fail", f"{text}; a convolution on {device} is wrong", "install PyTorch again")
    idle = torch.version.cuda is not None and device.type == "cpu"
    where = "no usable GPU" if idle else f"computes on {device} (there is: {', '.join(devices())})"
    return Finding("PyTorch", "note" if idle else "ok", f"{text}; {where}")


def check_waiting() -> Finding:
    """Threads of PyTorch that wait for work leave the processors to others, where others want them."""
    policy, processors = os.environ.get("OMP_WAIT_POLICY", ""), os.cpu_count() or 1
    if policy:
        return Finding("waiting threads", "ok", f"OMP_WAIT_POLICY={policy}, as you set it")
    if processors == 1 or os.environ.get("OMP_NUM_THREADS") == "1":
        return Finding("waiting threads", "ok", "none, with one thread")
    load = os.getloadavg()[0] if hasattr(os, "getloadavg") else 0.0
    if load <= processors / 2:
        return Finding("waiting threads", "ok", "spin: right for a quiet machine; those of srkit lab sleep")
    found = f"spin, and {load:.1f} processes share {processors} processors; those of srkit lab sleep"
    fix = "export OMP_WAIT_POLICY=PASSIVE, for work outside srkit lab beside others"
    return Finding("waiting threads", "note", found, fix)


def check_packages() -> Finding:
    """What srkit declares as its dependencies is installed."""
    missing = _missing("")
    if missing:
        quoted = " ".join(f"'{line}'" for line in missing)
        return Finding("packages", "fail", f"missing: {', '.join(missing)}", f"python -m pip install {quoted}")
    return Finding("packages", "ok", f"all {len(_wanted(''))} that srkit needs")


def _wanted(extra: str) -> list[str]:
    """Return the requirements srkit declares: its own, or those of one of its extras."""
    lines = [line.partition(";") for line in importlib.metadata.requires("srkit") or ()]
    mark = re.compile(rf"""extra\s*==\s*["']{extra}["']""") if extra else None
    return [
        line.strip() for line, _, condition in lines if (mark.search(condition) if mark else "extra" not in condition)
    ]


def _missing(extra: str) -> list[str]:
    missing = []
    for line in _wanted(extra):
        try:
            importlib.metadata.version(re.split(r"[^\w.-]", line, maxsplit=1)[0])
        except importlib.metadata.PackageNotFoundError:
            missing.append(line)
    return missing


def check_writing() -> Finding:
    """Files can be made where runs, downloads and caches go."""
    from srkit.datasets.places import cache_home, data_home

    for place, what in ((Path.cwd(), "this folder"), (data_home(), "the data folder"), (cache_home(), "the cache")):
        refusal = _refuses(place)
        if refusal:
            fix = "work in a folder of your own, or set SRKIT_DATA and SRKIT_CACHE to folders you may write to"
            return Finding("writing", "fail", f"{what} {place}: {refusal}", fix)
    return Finding("writing", "ok", f"this folder, {data_home()} and {cache_home()}")


def check_disk(folder: Path | None = None, *, low: float = 2.0, least: float = 0.3) -> Finding:
    """Gigabytes free where you are; below ``least`` nothing works, below ``low`` downloads may not."""
    place = Path.cwd() if folder is None else folder
    free = shutil.disk_usage(place).free / 1e9
    text = f"{free:.1f} GB free at {place}"
    if free < least:
        return Finding("disk", "fail", text, "free some space: training and downloads would fail half-way")
    return Finding("disk", "ok" if free >= low else "note", text)


def check_samples(home: Path | None = None) -> Finding:
    """The sample photographs are those that were shipped."""
    return _compare("samples", home, required=True)


def check_weights(home: Path | None = None) -> Finding:
    """The trained weights are those that were shipped."""
    return _compare("weights", home, required=False)


def check_sandbox(limit: float = 600.0) -> Finding:
    """The sandbox that grading would use can run an answer; needed only for grading."""
    try:
        done = _said([sys.executable, "-P", "-m", "srkit", "grade", "--try-sandbox"], limit=limit)
    except (OSError, subprocess.TimeoutExpired) as error:
        return Finding("grading sandbox", "note", f"the trial of the box did not come to its end: {error}")
    if done.returncode:
        rows = [row.strip() for row in done.stderr.splitlines() if row.strip()]
        found = next((row for row in rows if row.startswith("- ")), rows[-1] if rows else "no reason was given")
        fix = "srkit grade --try-sandbox tells more; only those who grade need it"
        return Finding("grading sandbox", "note", found.removeprefix("- ")[:300], fix)
    return Finding("grading sandbox", "ok", done.stdout.strip())


def check_browser() -> Finding:
    """A Chromium, needed only for the tests of the widgets."""
    names = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
    found = next((path for name in names if (path := shutil.which(name))), None)
    if found is None:
        return Finding("browser tests", "note", "no Chromium on the PATH; only the project's own tests need it")
    return Finding("browser tests", "ok", found)


def _compare(name: str, home: Path | None, *, required: bool) -> Finding:
    from srkit.datasets.manifest import read_sums
    from srkit.datasets.places import shipped

    root = shipped() if home is None else home
    sums, folder = root / "manifests" / f"{name}.sha256", root / name
    if not sums.is_file():
        return Finding(name, "fail" if required else "note", f"no list of checksums ({sums})", _reinstall() * required)
    wanted = read_sums(sums)
    wrong = [path for path, digest in wanted.items() if _digest(folder / path) != digest]
    if wrong:
        some = ", ".join(wrong[:3]) + (" …" if len(wrong) > 3 else "")
        found = f"{len(wrong)} of {len(wanted)} files in {folder} differ or are missing: {some}"
        return Finding(name, "fail", found, _reinstall())
    return Finding(name, "ok", f"{len(wanted)} files as they were shipped ({folder})")


def _reinstall() -> str:
    return "git checkout -- data" if _home.clone() else "python -m pip install --force-reinstall --no-deps srkit"


def _digest(path: Path) -> str:
    try:
        return hashlib.sha256(path.read_bytes()).hexdigest()
    except OSError:
        return ""


def _refuses(place: Path) -> str:
    """Return why no file can be made in ``place`` (or where it would be made), or nothing."""
    while not place.exists():
        place = place.parent
    try:
        with tempfile.NamedTemporaryFile(dir=place, prefix=".srkit-doctor-"):
            return ""
    except OSError as error:
        return error.strerror or os.strerror(error.errno or 0)


_EXTENSIONS = {"@jupyter-widgets/jupyterlab-manager": "jupyterlab_widgets", "anywidget": "anywidget"}


def check_kernel() -> Finding:
    """The kernel "python3", the one every lesson names, runs in this very environment."""
    if importlib.util.find_spec("jupyter_client") is None or importlib.util.find_spec("ipykernel") is None:
        return Finding("kernel", "fail", "Jupyter is not installed in this environment", how_to_set_up("lab"))
    from jupyter_client.kernelspec import KernelSpecManager, NoSuchKernel

    try:
        spec = KernelSpecManager().get_kernel_spec("python3")
    except NoSuchKernel:
        return Finding("kernel", "fail", 'Jupyter has no kernel "python3"', "python -m ipykernel install --sys-prefix")
    command = str(spec.argv[0])
    prefix = sys.prefix if command in ("python", sys.executable) else _prefix_of(command)
    if prefix is not None and Path(prefix).resolve() == Path(sys.prefix).resolve():
        return Finding("kernel", "ok", f'"python3" is this environment ({sys.prefix})')
    where = f"{command} ({prefix or 'which does not start'}), from {spec.resource_dir}"
    fix = "python -m ipykernel install --sys-prefix; if that is not enough, remove the folder named above"
    return Finding("kernel", "fail", f'"python3" is another Python: {where}', fix)


def check_widgets() -> Finding:
    """JupyterLab has the extensions that draw widgets."""
    if importlib.util.find_spec("jupyterlab") is None:
        return Finding("widgets", "fail", "JupyterLab is not installed in this environment", how_to_set_up("lab"))
    from jupyter_core.paths import jupyter_path

    roots = [Path(path) for path in jupyter_path("labextensions")]
    found, missing = [], []
    for extension, package in _EXTENSIONS.items():
        manifest = next((root / extension / "package.json" for root in roots if (root / extension).is_dir()), None)
        if manifest is None:
            missing.append(package)
        else:
            found.append(f"{package} {json.loads(manifest.read_text('utf-8'))['version']}")
    if missing:
        fix = f"python -m pip install --force-reinstall --no-deps {' '.join(missing)}"
        return Finding("widgets", "fail", f"JupyterLab does not know {', '.join(missing)}", fix)
    return Finding("widgets", "ok", ", ".join(found))


def check_nbgrader(home: Path | None = None) -> Finding:
    """Nbgrader's settings can be read: nbgrader itself goes on with its defaults when they cannot."""
    home = _home.grader() if home is None else home
    config = home / "autograder" / "nbgrader_config.py"
    if not config.is_file():
        return Finding("nbgrader", "note", "this srkit came without its grader; only those who grade need it")
    if importlib.util.find_spec("nbgrader") is None:
        return Finding(
            "nbgrader", "note", "nbgrader is not installed; only those who grade need it", how_to_set_up("lab")
        )
    program = (
        "import json, sys\n"
        "from traitlets.config.loader import PyFileConfigLoader\n"
        "c = PyFileConfigLoader(sys.argv[1]).load_config()\n"
        "print(json.dumps({'course': str(c.CourseDirectory.get('course_id', '')),"
        " 'feedback': [str(p) for p in c.GenerateFeedback.get('preprocessors', [])]}))\n"
    )
    environment = grader_environment(_home.grader(), os.environ)
    done = _said([sys.executable, "-P", "-c", program, str(config)], limit=120, env=environment)
    if done.returncode:
        last = (done.stderr.strip().splitlines() or ["no reason given"])[-1]
        return Finding("nbgrader", "fail", f"{config} cannot be read: {last}", "repair that line; nbgrader ignores it")
    read = json.loads(done.stdout.strip().splitlines()[-1])
    if not any("ClearHiddenTests" in name for name in read["feedback"]):
        fix = "add nbgrader.preprocessors.ClearHiddenTests to c.GenerateFeedback.preprocessors"
        return Finding("nbgrader", "fail", f"{config} would print hidden tests in the feedback", fix)
    return Finding("nbgrader", "ok", f"settings read, hidden tests stay hidden (course {read['course'] or 'unnamed'})")


def _prefix_of(command: str) -> str | None:
    try:
        return _said([command, "-c", "import sys; print(sys.prefix)"], limit=30).stdout.strip() or None
    except (OSError, subprocess.SubprocessError):
        return None


def _said(line: list[str], *, limit: float, env: dict[str, str] | None = None) -> subprocess.CompletedProcess[str]:
    return subprocess.run(line, capture_output=True, text=True, timeout=limit, check=False, env=env)
