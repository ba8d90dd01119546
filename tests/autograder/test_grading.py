"""The same class graded in every way, and killed in every way, gives the same bytes; nothing is graded twice."""

import errno
import json
import multiprocessing
import os
import re
import signal
import subprocess
import sys
import time
from collections import deque
from dataclasses import replace
from functools import partial
from hashlib import sha256
from multiprocessing.context import ForkServerProcess
from pathlib import Path

import pytest

from autograder import pool as pools
from autograder.cluster import NoCluster, cluster
from autograder.grading import Shard, failure, grade_class
from autograder.pool import pool
from autograder.store import Busy, Store
from autograder.work import Done, Task, attempt, one_by_one
from tests._fork import ended, in_a_copy
from tests._user import users_environment
from tests.autograder._fake import FakeGrader, called, content, hand_in

ROOT = Path(__file__).resolve().parents[2]
pytestmark = pytest.mark.skipif(os.name == "nt", reason="the sandbox, and so the grader, exists on Linux only")


@pytest.fixture
def trace(tmp_path):
    folder = tmp_path / "trace"
    folder.mkdir()
    return folder


@pytest.fixture(scope="module")
def everybody(tmp_path_factory):
    """A class of 200, and the store it gives in one process."""
    folder = tmp_path_factory.mktemp("class")
    submissions = hand_in(folder / "in", 200)
    grade_class(submissions, Store(folder / "one"), FakeGrader(), one_by_one)
    return submissions, content(folder / "one")


def test_several_processes_give_the_bytes_of_one(everybody, tmp_path):
    submissions, expected = everybody
    tally = grade_class(submissions, Store(tmp_path), FakeGrader(), partial(pool, workers=2))
    assert (tally.graded, tally.known, tally.failed) == (200, 0, {})
    assert len(expected) == 400
    assert content(tmp_path) == expected


def test_four_shards_give_the_bytes_of_one_and_each_does_its_part(everybody, tmp_path):
    submissions, expected = everybody
    for index in range(1, 5):
        tally = grade_class(submissions, Store(tmp_path), FakeGrader(), one_by_one, shard=Shard(index, 4))
        assert tally.graded == 50
    assert content(tmp_path) == expected
    assert grade_class(submissions, Store(tmp_path), FakeGrader(), one_by_one).graded == 0


def test_a_dask_cluster_gives_the_bytes_of_one_also_when_a_worker_is_killed_half_way(everybody, tmp_path):
    from distributed import LocalCluster

    submissions, expected = everybody
    killed: list[int] = []

    def kill_one(text):
        if text.startswith("[100/"):
            pids = [worker.process.process.pid for worker in local.workers.values()]
            os.kill(pids[0], signal.SIGKILL)
            killed.append(pids[0])

    with LocalCluster(n_workers=2, threads_per_worker=1, dashboard_address=None, memory_limit=0) as local:
        run = partial(cluster, address=local.scheduler_address)
        tally = grade_class(submissions, Store(tmp_path), FakeGrader(), run, say=kill_one)
    assert killed
    assert (tally.graded, tally.failed) == (200, {})
    assert content(tmp_path) == expected


def test_a_scheduler_that_is_not_there_is_named(tmp_path):
    run = partial(cluster, address="tcp://127.0.0.1:9", patience=1)
    with pytest.raises(NoCluster, match=r"127\.0\.0\.1:9.*dask scheduler"):
        grade_class(hand_in(tmp_path / "in", 1), Store(tmp_path / "store"), FakeGrader(), run)


def test_a_cluster_from_which_nothing_comes_back_is_named_and_given_up(tmp_path):
    from distributed import LocalCluster

    submissions = hand_in(tmp_path / "in", 2, sleep=5)
    with LocalCluster(n_workers=1, threads_per_worker=1, dashboard_address=None, memory_limit=0) as local:
        run = partial(cluster, address=local.scheduler_address, silence=0.1)
        with pytest.raises(NoCluster, match=r"Nothing came back for 0 s of s000\d, s000\d at .* 1 workers"):
            grade_class(submissions, Store(tmp_path / "store"), FakeGrader(), run)


def test_a_worker_that_dies_costs_one_more_attempt_and_nothing_else(tmp_path, trace):
    submissions = hand_in(tmp_path / "in", 12, trace=str(trace))
    reference = Store(tmp_path / "reference")
    grade_class(submissions, reference, FakeGrader(), one_by_one)
    deadly = json.loads(submissions["s0005"].read_text()) | {"die": "once"}
    submissions["s0005"].write_text(json.dumps(deadly))
    tally = grade_class(submissions, Store(tmp_path / "store"), FakeGrader(), partial(pool, workers=2))
    assert (tally.graded, tally.failed) == (12, {})
    mine, theirs = content(tmp_path / "store"), content(tmp_path / "reference")
    assert set(Store(tmp_path / "store").current()) == set(submissions), "nobody is lost with the worker"
    assert {name for name in mine if mine[name] == theirs.get(name)} == {n for n in theirs if n in mine} - {
        "students/s0005.json"
    }


def test_a_submission_that_kills_every_worker_is_shown_to_a_human_and_tried_again_next_time(tmp_path, trace):
    submissions = hand_in(tmp_path / "in", 2, trace=str(trace), die="always")
    (tmp_path / "in" / "s0000.ipynb").write_text('{"who": "s0000"}')
    store = Store(tmp_path / "store")
    tally = grade_class(submissions, store, FakeGrader(), partial(pool, workers=2))
    assert set(tally.failed) == {"s0001"}
    entry, record = store.current()["s0001"]
    assert record.points is None
    assert re.search(r"process died while it had s0001 .* the last of 3 attempts", entry.flag)
    assert grade_class(submissions, store, FakeGrader(), partial(pool, workers=2)).graded == 1


def test_a_worker_that_loses_its_sandbox_is_replaced_before_it_fails_the_rest_of_the_class(tmp_path, trace):
    submissions = hand_in(tmp_path / "in", 12, trace=str(trace))
    reference = Store(tmp_path / "reference")
    grade_class(submissions, reference, FakeGrader(), one_by_one)
    lost = json.loads(submissions["s0003"].read_text())
    submissions["s0003"].write_text(json.dumps(lost | {"lose": "once"}))
    submissions["s0004"].write_text(json.dumps(lost | {"who": "s0004", "lose": "always"}))
    store, said = Store(tmp_path / "store"), []
    tally = grade_class(submissions, store, FakeGrader(), partial(pool, workers=2, say=said.append))
    assert tally.failed == {"s0004": "BoxError: The sandbox is gone."}
    assert store.current()["s0004"][1].points is None
    points = {name: record.points for name, (_, record) in store.current().items() if name != "s0004"}
    assert points == {name: record.points for name, (_, record) in reference.current().items() if name != "s0004"}
    assert len(said) == 3, "one replaced for the first, two for the second"
    assert all("failed while it had s000" in line and "(BoxError: The sandbox is gone.)" in line for line in said)


def test_a_box_that_breaks_in_one_exercise_of_a_submission_is_tried_again_and_the_rest_of_its_record_is_kept(tmp_path):
    submissions, made = hand_in(tmp_path / "in", 1), []

    def broken(task):
        whole = FakeGrader().grade(task.read(), task.exercises)
        return replace(
            whole, results=whole.results | {"tv_loss": failure(task, FakeGrader(), "no walls").results["tv_loss"]}
        )

    def half(tasks, grader):
        for task in tasks:
            made.append(attempt(_Half(broken(task)), b"", ()))
            yield Done(task=task, record=made[0][0], problem=made[0][1])

    tally = grade_class(submissions, Store(tmp_path / "store"), FakeGrader(), half)
    assert made[0][1] == "no walls", "what the pool takes for a failure"
    assert tally.failed == {"s0000": "no walls"}
    record = Store(tmp_path / "store").current()["s0000"][1]
    assert record.points is None
    assert record.results["self_ensemble"].points == 0
    again = grade_class(submissions, Store(tmp_path / "store"), FakeGrader(), one_by_one)
    assert (again.graded, again.failed) == (1, {})


class _Half:
    def __init__(self, record):
        self.record = record

    def grade(self, *given):
        return self.record


def test_a_worker_that_the_system_does_not_start_is_told_in_the_systems_words(tmp_path, monkeypatch):
    def refused(process):
        raise BlockingIOError(errno.EAGAIN, "no more processes")

    monkeypatch.setattr(ForkServerProcess, "start", refused)
    with pytest.raises(BlockingIOError, match="no more processes"):
        grade_class(hand_in(tmp_path / "in", 2), Store(tmp_path / "store"), FakeGrader(), partial(pool, workers=2))


def test_a_worker_without_a_sign_of_life_is_named_and_replaced_and_at_last_given_up(tmp_path):
    submissions = hand_in(tmp_path / "in", 1, sleep=600)
    said = []
    run = partial(pool, workers=1, patience=0.2, say=said.append)
    tally = grade_class(submissions, Store(tmp_path / "store"), FakeGrader(), run)
    assert len(said) == 2
    for line in (*said, tally.failed["s0000"]):
        assert re.search(r"gave no sign of life for 0 s while it had s0000 \(starting, \d+ s\)", line)


@pytest.fixture
def worker():
    """A worker whose process is this one, so that the test says when it speaks; ``far`` is its end of the line."""
    made = pools._Worker(multiprocessing.get_context("forkserver"), FakeGrader())
    made.line, made.far = multiprocessing.Pipe()
    made.task, made.tries, made.heard = (
        Task(key="k", source=b"", submission="5" * 64, exercises=()),
        1,
        time.monotonic(),
    )
    return made


def test_each_case_is_a_sign_of_life_and_patience_begins_anew(worker):
    said, again = [], deque()
    worker.heard -= 100
    worker.far.send(("tv_loss, case 2",))
    assert list(pools._collect([worker], again, 99, said.append)) == []
    assert list(pools._collect([worker], again, 99, said.append)) == []
    assert worker.doing().startswith("55555555 (tv_loss, case 2, ")
    assert not again
    worker.heard -= 100
    task = worker.task
    assert list(pools._collect([worker], again, 99, said.append)) == []
    assert list(again) == [(task, 2)]
    assert "no sign of life for 99 s while it had 55555555 (tv_loss, case 2" in said[0]


def test_a_long_wait_says_whom_it_is_for(tmp_path, monkeypatch):
    monkeypatch.setattr(pools, "NEWS", 0.0)
    said = []
    run = partial(pool, workers=2, say=said.append)
    grade_class(hand_in(tmp_path / "in", 2, sleep=1.5), Store(tmp_path / "store"), FakeGrader(), run)
    assert any(re.match(r"Waiting for s000\d \(starting, \d+ s\); s000\d \(", line) for line in said)


COMPUTING = """
import sys
import torch
from functools import partial
from autograder.pool import pool
from autograder.record import Record
from autograder.work import Grader, Task
from tests.autograder._fake import FakeGrader

def convolve():
    x = torch.rand(4, 16, 96, 96)
    return torch.nn.functional.conv2d(x, torch.rand(16, 16, 5, 5)).sum().item()

class Computing(FakeGrader):
    def grade(self, submission, exercises, tell=None):
        convolve()
        return Record(submission="0" * 64, seed=1, results={}, key="k")

if __name__ == "__main__":
    torch.set_num_threads(4)
    convolve()
    tasks = [Task(key=str(n), source=b"x", submission=DIGEST, exercises=()) for n in range(3)]
    done = list(pool(tasks, Computing(), workers=2, patience=120))
    assert all(one.record for one in done), done
    print(len(done), "finished")
""".replace("DIGEST", repr(sha256(b"x").hexdigest()))


def test_workers_compute_although_the_process_that_started_them_has_used_threads(tmp_path):
    """Forked from it, they would wait for its OpenMP threads for ever."""
    script = tmp_path / "run.py"
    script.write_text(COMPUTING)
    environment = users_environment(PYTHONPATH=str(ROOT))
    done = subprocess.run([sys.executable, str(script)], env=environment, capture_output=True, text=True, check=False)
    assert done.stdout == "3 finished\n", done.stderr


PROGRAM = """
import sys
from functools import partial
from pathlib import Path
from autograder.grading import grade_class
from autograder.pool import pool
from autograder.store import Store
from tests.autograder._fake import FakeGrader
if __name__ == "__main__":
    grade_class({p.stem: p for p in Path(sys.argv[1]).iterdir()}, Store(Path(sys.argv[2])), FakeGrader(),
                partial(pool, workers=3), say=lambda text: print(text, flush=True))
"""


def _in_one_process(submissions, folder):
    """Start grading in a fork of this process, which spares it the imports; return (process number, what it says)."""
    mouth, ear = os.pipe()[::-1]
    say = partial(os.write, mouth)
    how = {"say": lambda text: say(text.encode() + b"\n")}
    copy = in_a_copy(lambda: grade_class(submissions, Store(folder), FakeGrader(), one_by_one, **how))
    os.close(mouth)
    return copy, os.fdopen(ear)


def _in_a_pool(submissions, folder):
    script = folder.parent / "run.py"
    script.write_text(PROGRAM)
    command = [sys.executable, str(script), str(next(iter(submissions.values())).parent), str(folder)]
    child = subprocess.Popen(command, env={**os.environ, "PYTHONPATH": str(ROOT)}, stdout=subprocess.PIPE, text=True)
    return child.pid, child.stdout


@pytest.mark.parametrize(
    ("start", "kills"), [(_in_one_process, (1, 7, 13)), pytest.param(_in_a_pool, (5,), marks=pytest.mark.slow)]
)
def test_a_run_killed_at_any_moment_goes_on_and_grades_nothing_twice(tmp_path, trace, start, kills):
    submissions = hand_in(tmp_path / "in", 40, trace=str(trace), sleep=0.01)
    grade_class(submissions, Store(tmp_path / "expected"), FakeGrader(), one_by_one)
    expected = content(tmp_path / "expected")
    for path in trace.iterdir():
        path.unlink()
    graded: set[str] = set()
    for lines in (*kills, 10**6):
        pid, said = start(submissions, tmp_path / "store")
        for _ in zip(range(lines), said, strict=False):
            pass
        if lines < 10**6:
            os.kill(pid, signal.SIGKILL)
        ended(pid)
        whole = content(tmp_path / "store")
        assert all(whole[name] == expected[name] for name in whole)
        assert not {line.partition("-")[0] for line in called(trace)} & graded
        graded = {path.stem for path in (tmp_path / "store" / "students").glob("[!.]*.json")}
        assert lines <= len(graded) < 40 or (lines == 10**6 and len(graded) == 40)
        for path in trace.iterdir():
            path.unlink()
    assert whole == expected


def test_equal_submissions_are_graded_once(tmp_path, trace):
    submissions = hand_in(tmp_path / "in", 2, trace=str(trace))
    submissions["s0001"].write_bytes(submissions["s0000"].read_bytes())
    store = Store(tmp_path / "store")
    grade_class(submissions, store, FakeGrader(), partial(pool, workers=2))
    assert len(called(trace)) == 1
    assert len(list(store.records.iterdir())) == 1
    assert set(store.current()) == {"s0000", "s0001"}


def test_a_changed_exercise_runs_only_itself_and_gives_what_a_fresh_run_gives(tmp_path, trace):
    submissions = hand_in(tmp_path / "in", 5, trace=str(trace))
    store = Store(tmp_path / "store")
    grade_class(submissions, store, FakeGrader(), one_by_one)
    for path in trace.iterdir():
        path.unlink()
    changed = FakeGrader(versions=(("tv_loss", 2),))
    assert grade_class(submissions, store, changed, one_by_one).graded == 5
    assert called(trace) == [f"s000{number}-tv_loss" for number in range(5)]
    fresh = Store(tmp_path / "fresh")
    grade_class(submissions, fresh, changed, one_by_one)
    assert {name: (e, r.to_json()) for name, (e, r) in store.current().items()} == {
        name: (e, r.to_json()) for name, (e, r) in fresh.current().items()
    }


def test_going_back_to_an_earlier_definition_runs_nothing(tmp_path, trace):
    submissions = hand_in(tmp_path / "in", 2, trace=str(trace))
    store = Store(tmp_path / "store")
    for grader in (FakeGrader(), FakeGrader(versions=(("tv_loss", 2),)), FakeGrader()):
        tally = grade_class(submissions, store, grader, one_by_one)
    assert (tally.graded, tally.known) == (0, 2)


def test_a_failed_regrade_takes_the_place_of_the_score_and_is_flagged_until_it_succeeds(tmp_path):
    submissions = hand_in(tmp_path / "in", 1)
    store = Store(tmp_path / "store")
    grade_class(submissions, store, FakeGrader(), one_by_one)
    good = store.entry("s0000").record
    whole = submissions["s0000"].read_text()
    submissions["s0000"].write_text(json.dumps(json.loads(whole) | {"broken": "the box fell over"}))
    tally = grade_class(submissions, store, FakeGrader(), one_by_one)
    assert tally.failed == {"s0000": "RuntimeError: the box fell over"}
    entry, record = store.current()["s0000"]
    assert record.points is None
    assert entry.flag == "RuntimeError: the box fell over"
    assert entry.before == good
    grade_class(submissions, store, FakeGrader(), one_by_one)
    assert store.entry("s0000").before == good
    submissions["s0000"].write_text(whole)
    grade_class(submissions, store, FakeGrader(), one_by_one)
    assert store.entry("s0000").flag == ""
    assert store.current()["s0000"][1].points is not None


def test_grading_again_on_purpose_gives_the_same_bytes(tmp_path, trace):
    submissions = hand_in(tmp_path / "in", 3, trace=str(trace))
    store = Store(tmp_path / "store")
    grade_class(submissions, store, FakeGrader(), one_by_one)
    before = content(tmp_path / "store")
    assert grade_class(submissions, store, FakeGrader(), one_by_one, again=True).graded == 3
    assert len(called(trace)) == 6
    assert content(tmp_path / "store") == before


def test_a_damaged_record_is_graded_again(tmp_path):
    submissions = hand_in(tmp_path / "in", 1)
    store = Store(tmp_path / "store")
    grade_class(submissions, store, FakeGrader(), one_by_one)
    whole = content(tmp_path / "store")
    next(store.records.iterdir()).write_bytes(b'{"half": ')
    assert grade_class(submissions, store, FakeGrader(), one_by_one).graded == 1
    assert content(tmp_path / "store") == whole


def test_two_runs_over_the_same_part_are_refused_and_over_different_parts_are_not(tmp_path):
    store = Store(tmp_path)
    first, second, same = store.writing("1-of-2"), store.writing("2-of-2"), store.writing("1-of-2")
    with first, second, pytest.raises(Busy, match=str(os.getpid())), same:
        pass
    with store.writing("1-of-2"):
        pass


def test_a_submission_that_changes_under_the_grader_is_not_given_the_wrong_name(tmp_path):
    submissions = hand_in(tmp_path / "in", 2)

    def late(tasks, grader):
        for task in tasks:
            task.source.write_text('{"who": "somebody else"}')
            yield from one_by_one([task], grader)

    tally = grade_class(submissions, Store(tmp_path / "store"), FakeGrader(), late)
    assert "changed while" in tally.failed["s0000"]


@pytest.mark.parametrize("text", ["0/4", "5/4", "x", "1", "1/0", "-1/4"])
def test_a_part_that_does_not_exist_is_refused(text):
    with pytest.raises(ValueError, match="1/4"):
        Shard.parse(text)


def test_a_part_is_read_as_it_is_written():
    assert Shard.parse("2/4") == Shard(2, 4)
