"""What pytest-xdist lacks: a run whose process ended in a test comes to an end as well."""

from __future__ import annotations

from typing import Any

import pytest


@pytest.hookimpl(optionalhook=True)
def pytest_testnodedown(node: Any) -> None:
    """Forget the files that the process had finished.

    pytest-xdist 3.8 (``scheduler/loadscope.py``) hands out anew whatever the process was given, and then waits for ever
    for the results of files in which no test is left.
    """
    scheduler = node.config.pluginmanager.get_plugin("dsession").sched
    files = getattr(scheduler, "assigned_work", {}).get(node, {})
    for name in [name for name, tests in files.items() if all(tests.values())]:
        del files[name]
