"""A browser, a page or a kernel that hangs costs one test its time and not the whole run."""

from __future__ import annotations

import pytest

from tests.browser import _chromium


@pytest.mark.browser
def test_what_a_page_never_answers_is_an_error_and_nothing_waits_for_that_page_again(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    with _chromium.chromium() as browser:
        page = browser.new_page()
        monkeypatch.setattr(_chromium, "LONGEST", 0.5)
        with pytest.raises(AssertionError, match=r"no answer for 0\.5 seconds"):
            page.evaluate("() => new Promise(() => {})")
        monkeypatch.undo()
        with pytest.raises(Exception, match="closed"):
            page.evaluate("1")
