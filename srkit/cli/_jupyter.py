"""The part of ``srkit doctor`` that looks at Jupyter: its kernel, its front end, and nbgrader's settings."""

from __future__ import annotations

import importlib.util
import json
import os
import subprocess
import sys
from pathlib import Path

from srkit import _home
from srkit.cli._checks import Finding, how_to_set_up
from srkit.cli.grade import grader_environment

__all__ = ["check_frontend", "check_kernel", "check_nbgrader"]

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


def check_frontend() -> Finding:
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
    done = subprocess.run(
        [sys.executable, "-P", "-c", program, str(config)], capture_output=True, text=True, timeout=120, check=False,
        env=grader_environment(_home.grader(), os.environ),
    )  # fmt: skip
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
        done = subprocess.run(
            [command, "-c", "import sys; print(sys.prefix)"], capture_output=True, text=True, timeout=30, check=True
        )
    except (OSError, subprocess.SubprocessError):
        return None
    return done.stdout.strip()
