"""A copy of this process that does one thing and ends: it spares the imports and never comes back into the tests."""

from __future__ import annotations

import os
import signal
import time
import traceback
from collections.abc import Callable

LONGEST = 300  # seconds that a copy may take


def in_a_copy(act: Callable[[], object]) -> int:
    """Fork, call ``act`` in the copy, and return the copy's number; it ends with 0, with the status ``act`` leaves
    with, or with 70 and a traceback.

    PyTorch must not have used several threads here: a copy has none of them and would wait for them for ever.
    """
    copy = os.fork()
    if copy:
        return copy
    status = 70
    try:
        act()
        status = 0
    except SystemExit as left:
        status = int(left.code or 0)
    except BaseException:
        os.write(2, traceback.format_exc().encode())
    finally:
        os._exit(status)


def ended(copy: int) -> int:
    """Wait for the end of a copy and return its status, negative for a signal.

    Raises:
        AssertionError: it did not come within five minutes; the copy was killed.
    """
    until = time.monotonic() + LONGEST
    while time.monotonic() < until:
        done, status = os.waitpid(copy, os.WNOHANG)
        if done:
            return os.waitstatus_to_exitcode(status)
        time.sleep(0.005)
    os.kill(copy, signal.SIGKILL)
    os.waitpid(copy, 0)
    raise AssertionError(f"a copy of the test's process did not end within {LONGEST} s")
