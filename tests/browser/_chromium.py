"""The system's Chromium, driven by Playwright; what is asked of it has an answer or an error within five minutes."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Awaitable, Iterator
from typing import Any

import psutil
import pytest

from tests.conftest import executable

FLAGS = [
    "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
    "--disable-component-update", "--disable-sync", "--force-color-profile=srgb",
]  # fmt: skip
LONGEST = 300  # seconds


@contextlib.contextmanager
def chromium() -> Iterator[Any]:
    """Start Chromium, which ends with the block.

    Playwright limits what waits for an element or a condition. What asks a page for a value, or whether something is
    there, and every movement of the mouse would wait for ever on a page, a kernel or a browser that hangs.
    """
    from playwright._impl._sync_base import SyncBase
    from playwright.sync_api import sync_playwright

    ask = SyncBase._sync
    with pytest.MonkeyPatch.context() as patch, sync_playwright() as playwright:
        patch.setattr(SyncBase, "_sync", lambda self, answer: ask(self, _in_time(answer)))
        yield playwright.chromium.launch(executable_path=executable("chromium"), args=FLAGS)


async def _in_time(answer: Awaitable[Any]) -> Any:
    """Wait for an answer; where it does not come, end Chromium, so that nothing waits for it once more."""
    try:
        async with asyncio.timeout(LONGEST):
            return await answer
    except TimeoutError:
        for process in psutil.Process().children(recursive=True):
            with contextlib.suppress(psutil.Error):  # it has ended meanwhile
                if "playwright" in " ".join(process.cmdline()):
                    process.kill()
        raise AssertionError(f"Chromium gave no answer for {LONGEST} seconds; it was ended with all its tabs") from None
