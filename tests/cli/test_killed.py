"""Jobs killed at random moments: nothing is lost or done twice, and nothing is left behind."""

from __future__ import annotations

import pytest

from tests.cli._kills import in_a_process


@pytest.mark.slow
def test_jobs_killed_at_random_moments_lose_nothing_and_do_nothing_twice() -> None:
    killed = in_a_process(2, 1, "upscale", "evaluate", "zssr one", "archive")
    assert len(killed) == 4
    assert min(killed.values()) >= 2
