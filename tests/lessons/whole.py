"""Each lesson as long as it is, with all its training steps, and what that costs.

No part of the suite, which runs the lightest, shortened, and looks up what the others call: ``.ci/run`` runs it after
the suite. Six minutes of processor time.
"""

import pytest

from tests.lessons._run import keep
from tests.lessons.test_running import LESSONS, expect_a_run_without_surprises


@pytest.mark.parametrize("path", LESSONS, ids=lambda path: path.stem)
def test_a_whole_lesson_runs_to_its_end(path, tmp_path, monkeypatch):
    keep(path, expect_a_run_without_surprises(path, tmp_path, monkeypatch, whole=True))
