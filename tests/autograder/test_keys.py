"""A record's key changes with everything that could change a score, and with nothing else."""

import shutil
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace

import pytest

import autograder
from autograder import keys
from autograder.limits import LIMITS
from autograder.masks import ROOT

HERE = Path(autograder.__file__).parent


def key(exercises=("tv_loss",), submission="s", seed=1, limits=LIMITS):
    return keys.record_key(submission, exercises, seed, limits)


@pytest.fixture
def copied(tmp_path, monkeypatch):
    """Let the keys be made from a copy of the library, which a test may change."""
    shutil.copytree(ROOT, tmp_path / "srkit", ignore=shutil.ignore_patterns("__pycache__"))
    monkeypatch.setattr(keys, "ROOT", tmp_path / "srkit")

    def change(path):
        file = tmp_path / "srkit" / path
        file.write_text(file.read_text() + "\n")
        keys._common.cache_clear()
        keys._definition.cache_clear()

    keys._common.cache_clear()
    keys._definition.cache_clear()
    yield change
    keys._common.cache_clear()
    keys._definition.cache_clear()


def test_each_part_of_a_key_changes_it(monkeypatch):
    found = [key(), key(submission="t"), key(seed=2), key(("psnr",)), key(("tv_loss", "psnr"))]
    for name, value in LIMITS.to_dict().items():
        found.append(key(limits=replace(LIMITS, **{name: value + 1})))
    environment = {"platform.python_version": lambda: "3", "platform.machine": lambda: "abacus"}
    environment |= {"torch.__version__": "0", "numpy.__version__": "0"}
    for name, value in environment.items():
        with monkeypatch.context() as other:
            other.setattr(name, value)
            found.append(key())
    assert len(set(found)) == len(found)
    assert key() == found[0]


def test_an_exercises_record_changes_its_own_key_and_no_other(copied):
    mine, other = key(("tv_loss",)), key(("psnr",))
    copied("exercises/references/tv_loss.json")
    assert key(("tv_loss",)) != mine
    assert key(("psnr",)) == other


def test_another_exercises_module_changes_no_key_and_the_library_changes_all(copied):
    mine = key()
    copied("exercises/psnr.py")
    copied("exercises/__init__.py")
    copied("exercises/_beside/lesson_02.py")
    assert key() == mine
    copied("exercises/_beside/__init__.py")
    assert key() != mine
    mine = key()
    copied("ops/resize.py")
    assert key() != mine


def test_what_defines_an_exercise_and_what_performs_it_are_in_its_key(monkeypatch):
    monkeypatch.setattr(keys, "_digest", lambda paths: [path.name for path in paths])
    assert keys._definition.__wrapped__("tv_loss") == ["tv_loss.py", "lesson_11.py", "tv_loss.json"]


def test_what_is_said_about_an_exercise_is_in_its_key_and_in_no_other(monkeypatch):
    known, mine, other = keys.EXERCISES, key(("tv_loss",)), key(("psnr",))
    exercise = known.get("tv_loss")
    slip = replace(exercise.slips["no_root"], message="Something else.")
    worth = (replace(exercise.criteria[0], points=7), *exercise.criteria[1:])
    for change in ({"slips": {**exercise.slips, "no_root": slip}}, {"criteria": worth}, {"title": "Another title"}):
        changed = replace(exercise, **change)
        said = SimpleNamespace(get=lambda name, changed=changed: changed if name == "tv_loss" else known.get(name))
        monkeypatch.setattr(keys, "EXERCISES", said)
        assert key(("tv_loss",)) != mine
        assert key(("psnr",)) == other


def test_the_engine_is_what_grading_imports_and_not_what_shows_it():
    names = {path.relative_to(HERE).as_posix() for path in keys.engine_files()}
    assert {"engine.py", "box.py", "answers.py", "sandboxes.py", "process.py", "inside/worker.py"} <= names
    assert not {"report.py", "cli.py", "course.py", "store.py", "pool.py", "intake.py"} & names
