"""Command lines drawn at random: every one is carried out or refused in a sentence."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.cli import _fuzz


@pytest.mark.parametrize("seed", range(100, 105))
def test_no_random_command_line_shows_an_exception_of_a_library(seed: int, tmp_path: Path) -> None:
    assert _fuzz.run(100, seed, tmp_path) == []


def test_the_random_command_lines_reach_every_verb(tmp_path: Path) -> None:
    import random

    _fuzz.make_files(tmp_path)
    chance = random.Random(0)
    seen = {_fuzz.draw_line(chance, tmp_path)[0] for _ in range(400)}
    assert seen == set(_fuzz.cli.list_commands(None))  # type: ignore[arg-type]
