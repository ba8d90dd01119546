"""One call does not wander: how many files of srkit it enters is measured, and bounded."""

from __future__ import annotations

import json
import subprocess
import sys

import pytest

import srkit
from tests.house._code import ROOT, SRKIT, relative
from tests.house._walk import walk

MOST = {
    'models.create("rcan", scale=4)': 9,
    'upscale("photo.png", net)': 16,
    "the same with tile=16": 16,
    'exercises.check("tv_loss", f)': 11,
    "widgets.compare(...), displayed": 28,  # two of them templates
    "evaluate(net, pairs)": 35,
    "train(net, pairs), 3 steps": 25,
    "the same with out=folder": 30,
}
"""Files that each call may enter, images of the pairs read and pixel cache made; ``python -m tests.house._walk``."""


@pytest.mark.processes
def test_no_call_of_the_front_door_enters_more_files_than_it_is_allowed() -> None:
    """Counted in a process of its own: what other tests registered, cached or left to be cleared away is not there."""
    alone = [sys.executable, "-m", "tests.house._walk", "--warm"]
    entered = json.loads(subprocess.run(alone, cwd=ROOT, capture_output=True, text=True, check=True).stdout)
    assert entered.keys() == MOST.keys()
    too_many = {name: (MOST[name], files) for name, files in entered.items() if len(files) > MOST[name]}
    assert not too_many, "\n".join(
        f"{name}: {most} allowed: {', '.join(files)}" for name, (most, files) in too_many.items()
    )


def test_a_walk_counts_what_was_entered_and_leaves_out_what_an_import_runs() -> None:
    import srkit.ops.dct as module

    found = walk(lambda: srkit.ops.pixels.quantise(srkit.ops.dct.dct_matrix(4)))
    assert found.files == ["ops/dct.py", "ops/pixels.py"]
    assert found.row[2] == len({code.co_name for code in found.functions}) == 3
    assert ("dct_matrix", module.__file__) in {(code.co_name, code.co_filename) for code in found.functions}
    assert {f"srkit/{name}" for name in found.files} <= set(map(relative, SRKIT))
