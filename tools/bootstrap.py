"""Set up and go: ``python tools/bootstrap.py lab`` (or ``test``), on any machine with Python 3.11 or newer.

Nothing but the standard library is needed. ``make lab`` and ``make test`` call this file; where there is no make
(Windows, for example) call it yourself. The verbs:

    lab      make .venv, install the locked packages, copy new lessons to work/, open JupyterLab at the first one
    test     the same set-up with the test tools and system packages, then every test; more words go to pytest
    setup    the set-up of ``test`` and nothing else (``setup lab``: that of ``lab``)

``TORCH=cpu`` or ``TORCH=gpu`` in the environment chooses the build of PyTorch; without it, a PyTorch you already have
is used as it is, and otherwise the CPU build is installed.

This file alone must also be readable by an old Python, so that an old one can find a newer one or say what is missing.
"""

import glob
import os
import shutil
import subprocess
import sys

OLDEST, NEWEST = (3, 11), (3, 13)
VERBS = ("lab", "test", "setup")


def supported(version):
    """Tell whether a ``(major, minor)`` pair is one the project is tested with."""
    return OLDEST <= tuple(version[:2]) <= NEWEST


def version_of(python):
    """Return ``(major, minor)`` of an interpreter, or None where it does not run (a pyenv shim without a version)."""
    command = [*python, "-c", "import sys; print(sys.version_info[0], sys.version_info[1])"]
    try:
        answer = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, timeout=30, check=False)
        major, minor = answer.stdout.split()
        return int(major), int(minor)
    except (OSError, ValueError, subprocess.TimeoutExpired):
        return None


def candidates():
    """Yield commands that may start a supported Python, the newest first."""
    for minor in range(NEWEST[1], OLDEST[1] - 1, -1):
        name = "python3.%d" % minor
        if shutil.which(name):
            yield [shutil.which(name)]
        yield from (
            [path] for path in sorted(glob.glob(os.path.expanduser("~/.pyenv/versions/3.%d.*/bin/python" % minor)))
        )
        if os.name == "nt" and shutil.which("py"):
            yield ["py", "-3.%d" % minor]


def another_python():
    """Return the command of a supported Python other than the one that runs, or None."""
    return next((command for command in candidates() if supported(version_of(command) or (0, 0))), None)


def main(arguments):
    """Find a Python that is new enough and hand over to :mod:`_setup`."""
    if not arguments or arguments[0] not in VERBS:
        sys.stderr.write((__doc__ or "").strip() + "\n")
        return 2
    if not supported(sys.version_info):
        other = another_python()
        if other:
            return subprocess.call([*other, os.path.abspath(__file__), *arguments])
        if sys.version_info[:2] < OLDEST:
            sys.stderr.write(
                "This needs Python 3.11 to 3.13; %s is %d.%d and no newer one is on the PATH. Install one "
                "(python.org, or 'sudo apt-get install python3.11 python3.11-venv', or 'pyenv install 3.12') and call "
                "again.\n" % (sys.executable, sys.version_info[0], sys.version_info[1])
            )
            return 2
        sys.stderr.write("Python 3.11 to 3.13 is tested; going on with %d.%d.\n" % sys.version_info[:2])
    from _setup import run

    return run(arguments[0], arguments[1:])


if __name__ == "__main__":
    try:
        sys.exit(main(sys.argv[1:]))
    except KeyboardInterrupt:
        sys.exit("\nStopped. Call again: what is already installed is kept.")
