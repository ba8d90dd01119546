"""What takes minutes in the grader's box, for every exercise: its memory, searched, and what the library computes.

No part of the suite, which takes three exercises: ``.ci/run`` runs it after the suite.
"""

from __future__ import annotations

import pytest

from tests.autograder._memory import MASKS, search_the_memory_of


@pytest.mark.needs("bubblewrap")
@pytest.mark.parametrize("name", MASKS.values())
def test_no_masked_line_no_exercise_no_other_notebook_and_no_seed_is_in_the_memory_of_a_student(name: str) -> None:
    search_the_memory_of(name)
