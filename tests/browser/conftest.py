"""A real browser for the tests, which may reach nothing outside this machine and may not complain."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.browser import _chromium

LOCAL = ("data:", "blob:", "file:", "about:", "http://127.0.0.1", "ws://127.0.0.1", "http://localhost")
PATIENCE = 90_000  # milliseconds: a loaded machine is slow, not broken


class Tab:
    """One page, with everything it asked for from elsewhere and everything it complained about."""

    def __init__(self, page: Any) -> None:
        self.page = page
        self.foreign: list[str] = []
        self.complaints: list[str] = []
        page.set_default_timeout(PATIENCE)
        page.route("**/*", self._guard)
        page.on("pageerror", lambda error: self.complaints.append(str(error)))
        page.on("console", lambda message: message.type == "error" and self.complaints.append(message.text))

    def _guard(self, route: Any) -> None:
        if route.request.url.startswith(LOCAL):
            route.continue_()
        else:
            self.foreign.append(route.request.url)
            route.abort()


@pytest.fixture(scope="module")
def chromium() -> Iterator[Any]:
    """The system's Chromium. One per file: an open one keeps an event loop that other tests would stumble over."""
    with _chromium.chromium() as browser:
        yield browser


@pytest.fixture(scope="session")
def lab(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Any]:
    """A real JupyterLab, one for all files."""
    from tests.browser._lab import Lab

    server = Lab(tmp_path_factory.mktemp("lab"))
    yield server
    server.stop()


@pytest.fixture(scope="module")
def desk(lab: Any, chromium: Any) -> Iterator[Tab]:
    """One JupyterLab page for all tests of a file, which open their notebooks in it."""
    context = chromium.new_context(viewport={"width": 1200, "height": 1000})
    tab = Tab(context.new_page())
    lab.enter(tab.page)
    yield tab
    context.close()
    assert tab.foreign == []
    assert tab.complaints == []


@pytest.fixture
def open_tab(chromium: Any) -> Iterator[Callable[..., Tab]]:
    """Return a function that opens a tab; when the test ends, no tab may have reached out or complained."""
    contexts, tabs = [], []

    def open_one(**options: Any) -> Tab:
        context = chromium.new_context(**{"viewport": {"width": 900, "height": 1000}, **options})
        contexts.append(context)
        tabs.append(Tab(context.new_page()))
        return tabs[-1]

    yield open_one
    for context in contexts:
        context.close()
    assert [tab.foreign for tab in tabs if tab.foreign] == []
    assert [tab.complaints for tab in tabs if tab.complaints] == []


@pytest.fixture
def tab(open_tab: Callable[..., Tab]) -> Tab:
    """One tab of 900 x 1000 screen pixels."""
    return open_tab()


@pytest.fixture
def write_page(tmp_path: Path) -> Callable[..., str]:
    """Return a function that puts outputs into an HTML file and gives its address."""

    def write(*outputs: Any, style: str = "") -> str:
        body = "\n<hr>\n".join(output if isinstance(output, str) else output._repr_html_() for output in outputs)
        path = tmp_path / "page.html"
        path.write_text(f'<!doctype html><meta charset="utf-8"><style>{style}</style><body>{body}</body>', "utf-8")
        return path.as_uri()

    return write
