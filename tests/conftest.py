"""What every test gets: one thread per worker, no network, and a straight answer about missing system packages.

System packages are listed once, in ``[tool.srkit.system]`` of ``pyproject.toml``. A test that needs one says
``@pytest.mark.needs("chromium")`` (or ``@pytest.mark.browser``, which is the same) and asks the ``system_executable``
fixture for the path. Where the package is missing the test is not run and the very last line of the run says so; with
``CI=true`` it fails.
"""

from __future__ import annotations

import ctypes
import faulthandler
import gc
import os
import random
import shutil
import signal
import socket
import tomllib
import zlib
from collections import Counter
from collections.abc import Callable, Generator, Iterator
from pathlib import Path
from typing import Any

import pytest

from tests import _workers
from tests._windows import windows  # noqa: F401  # a fixture

ROOT = Path(__file__).resolve().parents[1]
SYSTEM: dict[str, dict[str, Any]] = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["tool"]["srkit"][
    "system"
]
NOT_RUN = "not run: needs the package "
WHOLE_RUN = 2700  # seconds after which a test of a file called whole.py is taken to hang
GRACE = 300  # seconds beyond its limit that a test has to be ended by a signal, and to clear up
ERRORS = pytest.StashKey[int]()  # where this process wrote errors before pytest began to catch them
KEPT = {"MALLOC_MMAP_THRESHOLD_": -3, "MALLOC_TRIM_THRESHOLD_": -1}  # the GNU allocator's options and their numbers


def pytest_configure(config: pytest.Config) -> None:
    """Keep each worker on one thread, faster here than threads that fight for cores."""
    if hasattr(config, "workerinput") or not config.getoption("numprocesses", None):  # what hands out tests runs none
        import torch

        torch.set_num_threads(1)
    if not hasattr(config, "workerinput"):
        config.pluginmanager.register(_Failures(config))
        config.pluginmanager.register(_workers)
    config.stash[ERRORS] = os.dup(2)
    _keep_memory()
    gc.disable()  # until everything is collected, and stays


class _Failures:
    """Says at once which test failed and why: a run that is ended from outside prints no summary."""

    def __init__(self, config: pytest.Config) -> None:
        self.config = config

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        reporter: Any = self.config.pluginmanager.get_plugin("terminalreporter")
        if report.failed and reporter:
            reporter.write_line(f"\n{report.nodeid} failed ({report.when}):\n{report.longreprtext[-3000:]}")
            reporter.flush()  # before the process can be ended


def _keep_memory() -> None:
    """Let processes keep memory that was freed: to get each feature map from the system anew is slow."""
    library = ctypes.CDLL(None) if os.name == "posix" else None
    for variable, option in KEPT.items():
        os.environ.setdefault(variable, str(1 << 30))
        if hasattr(library, "mallopt"):
            library.mallopt(option, 1 << 30)


def executable(name: str) -> str | None:
    """Return the path of the program, or else the file, that the package ``name`` brings, or None."""
    row = SYSTEM[name]
    programs = (path for candidate in row.get("executables", ()) if (path := shutil.which(candidate)))
    own = [str(ROOT / file) for file in row.get("files", ()) if "npm" in row and (ROOT / file).is_file()]
    return next(programs, None) or next(iter(own), None)


def _command(name: str) -> str:
    row = SYSTEM[name]
    return f"npm install --prefix build/npm {row['npm']}" if "npm" in row else f"sudo apt-get install {row['package']}"


@pytest.fixture
def system_executable() -> Callable[[str], str]:
    """Return a function that gives the path of a program from ``[tool.srkit.system]``."""

    def find(name: str) -> str:
        path = executable(name)
        assert path, f"mark this test with @pytest.mark.needs({name!r})"
        return path

    return find


def pytest_collection_finish() -> None:
    """Leave the modules and ten thousand tests out of the search for garbage, which costs as much as they are many."""
    gc.freeze()
    gc.enable()


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Begin with the files that have the most slow tests, so that no process ends alone; whole runs may take longer."""
    slow = Counter(item.path for item in items if item.get_closest_marker("slow"))
    items.sort(key=lambda item: -slow[item.path])
    for item in items:
        if item.path.name == "whole.py" and not item.get_closest_marker("timeout"):
            item.add_marker(pytest.mark.timeout(WHOLE_RUN))


@pytest.hookimpl(wrapper=True)
def pytest_runtest_protocol(item: pytest.Item) -> Generator[None, object, object]:
    """End this process where a test goes on beyond its limit, and show where every thread is.

    The limit itself comes as a signal, once: compiled code that waits never sees it, and what clears up afterwards has
    none. Of a process that ended pytest-xdist names the test, and another process does what was left.
    """
    mark = item.get_closest_marker("timeout")
    limit = mark.args[0] if mark else item.config.getoption("timeout", None) or item.config.getini("timeout")
    _end_after(item, float(limit or 0) + GRACE)
    try:
        return (yield)
    finally:
        faulthandler.cancel_dump_traceback_later()


@pytest.hookimpl(tryfirst=True)
def pytest_runtest_teardown(item: pytest.Item) -> None:
    """Limit what clears up by itself: of a test that failed pytest has called off what was set before."""
    _end_after(item, GRACE)


def _end_after(item: pytest.Item, seconds: float) -> None:
    faulthandler.dump_traceback_later(seconds, exit=True, file=item.config.stash[ERRORS])


def pytest_runtest_setup(item: pytest.Item) -> None:
    """Do not run (or, in CI, fail) a test whose system package is missing; let Ctrl-C arrive in any other.

    A run in the background ignores Ctrl-C.
    """
    signal.signal(signal.SIGINT, signal.default_int_handler)
    wanted = [name for mark in item.iter_markers("needs") for name in mark.args]
    if item.get_closest_marker("browser"):
        wanted.append("chromium")
    for name in dict.fromkeys(wanted):
        if name not in SYSTEM:
            pytest.fail(f"{name!r} is not listed in [tool.srkit.system] of pyproject.toml", pytrace=False)
        if executable(name) is None:
            message = f"{NOT_RUN}{name} ({_command(name)})"
            if os.environ.get("CI", "").lower() in {"true", "1"}:
                pytest.fail(message, pytrace=False)
            pytest.skip(message)


def pytest_terminal_summary(terminalreporter: Any, config: pytest.Config) -> None:
    """Print what the lessons cost, where any was run whole."""
    passed = [report.nodeid for report in terminalreporter.stats.get("passed", ()) if report.when == "call"]
    lessons = [name.partition("[")[2].rstrip("]") for name in passed if "lessons/whole.py" in name]
    if lessons:
        from tests.lessons._run import table

        terminalreporter.write_line(f"\nThe lessons, each run from top to bottom:\n{table(lessons)}")


def pytest_unconfigure(config: pytest.Config) -> None:
    """Say, after everything else, how many tests were not run for want of a system package."""
    reporter = config.pluginmanager.get_plugin("terminalreporter")
    if reporter is None or hasattr(config, "workerinput"):
        return
    missing = Counter(
        _package(report) for report in reporter.stats.get("skipped", ()) if NOT_RUN in str(report.longrepr)
    )
    if missing:
        reporter.write_line(
            f"NOT RUN: {missing.total()} tests that need {' and '.join(sorted(missing))}; "
            f"to run them: {' && '.join(map(_command, sorted(missing)))}",
            yellow=True,
        )


def _package(report: Any) -> str:
    return str(report.longrepr).split(NOT_RUN, 1)[1].split(" ", 1)[0]


@pytest.fixture(autouse=True, scope="session")
def own_folders(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """Keep the tests out of the user's cache, and the user's data and display out of the tests."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("SRKIT_CACHE", str(tmp_path_factory.mktemp("cache")))
        patch.delenv("SRKIT_DATA", raising=False)
        patch.setenv("MPLBACKEND", "Agg")
        yield


@pytest.fixture(autouse=True)
def alone(request: pytest.FixtureRequest) -> Iterator[None]:
    """Make a test the same after any others: draws of its own, and PyTorch's one thread, given back after it.

    A command line that a test calls in this process may ask for more threads.
    """
    import numpy as np
    import torch

    before, seed = torch.get_num_threads(), zlib.crc32(request.node.nodeid.encode())
    torch.manual_seed(seed)
    np.random.seed(seed)
    random.seed(seed)
    yield
    if torch.get_num_threads() != before:
        torch.set_num_threads(before)


@pytest.fixture(autouse=True)
def no_network(monkeypatch: pytest.MonkeyPatch) -> None:
    """Refuse every connection that leaves this machine: a test that needs the network is not a test."""
    connect = socket.socket.connect

    def guarded(self: socket.socket, address: Any) -> None:
        local = self.family not in (socket.AF_INET, socket.AF_INET6) or address[0] in {"127.0.0.1", "::1", "localhost"}
        if not local:
            raise OSError(f"a test tried to reach {address[0]}; tests use no network")
        connect(self, address)

    monkeypatch.setattr(socket.socket, "connect", guarded)
