"""What a command says of its progress where nobody looks at a terminal."""

from __future__ import annotations

import itertools

import pytest

from srkit import _lines
from srkit.cli._progress import progress_bar
from srkit.training.callbacks import Progress
from srkit.training.loop import Outcome
from tests.training._toy import Toy, toy_state


class Clock:
    """A clock that only moves when it is told to."""

    now = 0.0

    def monotonic(self) -> float:
        return self.now


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    made = Clock()
    monkeypatch.setattr(_lines, "time", made)
    return made


def test_a_job_that_is_redirected_writes_a_line_in_ten_seconds_at_first_and_one_a_minute_later(
    clock: Clock, capsys: pytest.CaptureFixture[str]
) -> None:
    with progress_bar("reducing", unit="picture") as move:
        for second in range(4001):
            clock.now = second
            move(second, 4000)
    said = capsys.readouterr().err
    assert "\r" not in said
    found = [int(line.split()[1]) for line in said.splitlines()]
    assert found[:4] == [10, 20, 30, 40]
    pauses = [b - a for a, b in itertools.pairwise(found)]
    assert (pauses[0], pauses[-1]) == (10, 60)
    assert pauses == sorted(pauses)
    assert found[-1] < 4000
    assert said.splitlines()[0] == "reducing: 10 of 4000 pictures, about 66 min left"


def test_a_training_that_is_redirected_says_where_it_is_in_whole_lines(
    clock: Clock, capsys: pytest.CaptureFixture[str]
) -> None:
    state = toy_state(Toy(), steps=1000)
    state.step = 100  # resumed
    bar = Progress()
    bar.started(state)
    for step in range(101, 1001):
        state.step, clock.now = step, clock.now + 1
        bar.stepped(state, Outcome(loss=0.25, terms={}, gradient_norm=None, skipped=""))
    bar.ended(state)
    said = capsys.readouterr()
    assert said.out == ""
    assert "\r" not in said.err
    assert said.err.splitlines()[0] == "training: 110 of 1000 steps, about 15 min left; loss 0.25"
    assert 20 < len(said.err.splitlines()) < 60
