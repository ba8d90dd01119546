"""Every job and download killed twenty times and more at random moments.

No part of the suite, which kills some of them a few times: ``.ci/run`` runs it after the suite.
"""

from __future__ import annotations

import pytest

from tests.cli import _kills


@pytest.mark.parametrize("job", _kills.JOBS)
def test_a_job_killed_twenty_times_ends_as_one_that_was_not(job: str) -> None:
    assert _kills.in_a_process(20, 2, job)[job] >= 20
