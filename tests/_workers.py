"""What pytest-xdist 3.8 lacks: a run whose process ended in a test comes to an end as well."""

from __future__ import annotations

from contextlib import suppress
from typing import Any

import pytest


@pytest.hookimpl(optionalhook=True)
def pytest_configure_node(node: Any) -> None:
    """Let what is sent to a process that has just ended be lost, as pytest-xdist does with its word to end.

    The news of its end comes a moment later, and gives back what it was to run (``workermanage.py``).
    """
    send = node.sendcommand

    def send_if_it_lives(name: str, **given: Any) -> None:
        with suppress(OSError):
            send(name, **given)

    node.sendcommand = send_if_it_lives


@pytest.hookimpl(optionalhook=True)
def pytest_testnodedown(node: Any) -> None:
    """Forget the files that the process had finished.

    The scheduler hands out anew whatever the process was given, and then waits for ever for the results of files in
    which no test is left (``scheduler/loadscope.py``).
    """
    scheduler = node.config.pluginmanager.get_plugin("dsession").sched
    files = getattr(scheduler, "assigned_work", {}).get(node, {})
    for name in [name for name, tests in files.items() if all(tests.values())]:
        del files[name]
