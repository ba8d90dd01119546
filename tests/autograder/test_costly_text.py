"""Text made to be costly to read, of every kind: long, deep, wide, many. It costs the grader nothing, and scores 0."""

import contextlib
import json
import resource
import time

import pytest

from autograder import reader as readers
from autograder.answers import LONGEST
from autograder.autograded import autograded_notebook
from autograder.box import BoxError, Reply
from autograder.engine import grade_submission
from autograder.notebooks import SHOWN_CELL, shown_cells
from autograder.reader import CPU_SECONDS, reading
from tests.autograder._grading import SEED, notebook

SIZE = 250_000
EXERCISES = ["tv_loss", "find_pairs", "a2001sr"]
LINES = {  # a line that is repeated -> what stands before and after it
    "blank lines before a syntax error": ("\n", "", "x = ("),
    "a chain of variables": ("a{n} = a{m}\n", "", "def tv_loss(sr): return a0"),
    "magics": ("%a\n", "", ""),
    "shell lines with targets": ("x, ", "", "= %a"),
    "question marks": ("a.", "", "??"),
    "exclamation marks": ("!", "", ""),
    "a cell magic": ("tv_loss ", "%%bash\n", ""),
    "names of other letters": ("\u1d54\u1d5b_loss{n} = 1\n", "", ""),
    "a name that grows when it is normalised": ("\ufdfa", "", "=1"),
    "letters that look alike": ("\u0442v_l\u043ess ", "", ""),
    "one long name": ("a", "", ""),
    "a text without an end": ("a'", "tv_loss = '''", ""),
    "continued lines": ("tv_loss = \\\n", "", ""),
    "decorators": ("@a\n", "", "def tv_loss(x): return x"),
    "arguments": ("a{n},", "def tv_loss(", "): return 1"),
    "globals": ("a{n},", "def tv_loss(x): return [", "]"),
    "definitions": ("def tv_loss(x): return x\n", "", ""),
    "attributes set": ("tv_loss.a = 1\n", "def tv_loss(x): return x\n", ""),
    "imports of everything": ("from a import *\n", "", "def tv_loss(x): return x"),
    "methods": (" def f(self): pass\n", "class tv_loss:\n", ""),
    "comments": ("#\n", "", "def tv_loss(x): return x"),
    "zeros": ("\0", "", ""),
    "returns": ("\r", "", "("),
    "spaces": (" ", "", "def tv_loss(x): return x"),
    "calls of exec": ("exec (", "", ""),
    "walruses": ("(a:=1),", "tv_loss = [", "]"),
    "cases": (" case 1: tv_loss=1\n", "match x:\n", ""),
    "branches": (" elif x: pass\n", "def tv_loss(x):\n if x: pass\n", ""),
    "terminal sequences": ("\x1b[31m", "", ""),
    "digits": ("9", "tv_loss = ", ""),
    "minus signs": ("-", "tv_loss = ", "1"),
    "nots": ("not ", "tv_loss = ", "1"),
    "attributes": (".a", "tv_loss = a", ""),
    "calls of calls": ("()", "tv_loss = a", ""),
    "a long sum": ("+1", "tv_loss = 1", ""),
    "lambdas": ("lambda:", "tv_loss = ", "1"),
    "comprehensions": ("[x for x in ", "tv_loss = ", ""),
    "braces in a text": ("{", "tv_loss = f'", "'"),
    "tildes": ("~x", "", ""),
}
RAW = {  # a repeated piece of JSON -> what stands before and after it
    "lists": ("[", "", ""),
    "mappings": ('{"a":', "", ""),
    "a number": ("9", '{"cells": ', "}"),
    "a key again and again": ('"cells":[],', "{", '"cells":[]}'),
    "no numbers": ("NaN,", '{"cells":[', "1]}"),
    "escapes": ("\\u0041", '{"cells":["', '"]}'),
    "cells that are none": ("1,", '{"cells":[', "1]}"),
    "tags": ('"demo",', '{"cells":[{"cell_type":"code","source":"x","metadata":{"tags":[', "1]}}]}"),
    "lines of a source": ('"x",', '{"cells":[{"cell_type":"code","source":[', "1]}]}"),
    "a cell's name": ("a", '{"cells":[{"cell_type":"code","source":"x","id":"', '"}]}'),
    "sheets": ('{"cells":[]},', '{"worksheets":[', "1]}"),
}


class Nobody:
    """A box in which everything dies: only the reading counts."""

    title = "nobody"
    sitting = contextlib.nullcontext

    def run(self, job, limits):
        return Reply(end="died", detail="nobody is there")

    def close(self):
        pass


def repeated(piece, before, after):
    count = SIZE // len(piece)
    body = "".join(piece.replace("{n}", str(n)).replace("{m}", str(n + 1)) for n in range(count))
    return before + body + after


COSTLY = {  # what is costly -> what makes its bytes
    **{name: lambda parts=parts: notebook(repeated(*parts)) for name, parts in LINES.items()},
    **{f"json: {name}": lambda parts=parts: repeated(*parts).encode() for name, parts in RAW.items()},
    "brackets": lambda: notebook("tv_loss = " + "(" * SIZE + ")" * SIZE),
    "indentation": lambda: notebook("\n".join(" " * n + "if 1:" for n in range(600))),
    "many cells": lambda: notebook(*["x = 1"] * (SIZE // 80)),
    "another encoding": lambda: ("\ufeff" + "x" * SIZE).encode("utf-16"),
}


@pytest.mark.parametrize("make", COSTLY.values(), ids=COSTLY)
def test_text_that_is_costly_to_read_costs_its_limit_in_another_process_and_scores_nothing(make):
    data = make()
    before, theirs = time.process_time(), resource.getrusage(resource.RUSAGE_CHILDREN)
    record = grade_submission(data, EXERCISES, seed=SEED, box=Nobody())
    shown = autograded_notebook(notebook("x"), data, record)
    spent = time.process_time() - before
    reading().close()
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    child = after.ru_utime + after.ru_stime - theirs.ru_utime - theirs.ru_stime
    assert spent < 2, f"{spent:.1f} s of processor time in the grader's own process"
    assert child < 2 * (CPU_SECONDS + 2), f"{child:.1f} s of processor time to grade and to show it"
    assert record.points == 0
    assert not [result for result in record.results.values() if result.outcome == "infrastructure"]
    assert all(result.message for result in record.results.values())
    assert len(record.to_json()) < 300_000
    assert len(json.dumps(shown)) < 4 * len(data) + 100_000


def test_a_reader_that_was_ended_by_a_hostile_notebook_reads_the_next_one():
    lines = "".join(f"a{n} = a{n + 1}\n" for n in range(150_000))
    chain = notebook(lines + "def tv_loss(sr): return a0")
    assert "could not be read within" in grade_submission(chain, ["tv_loss"], seed=SEED, box=Nobody()).problem
    assert grade_submission(notebook("def tv_loss(sr): return 1"), ["tv_loss"], seed=SEED, box=Nobody()).problem == ""


@pytest.mark.parametrize("kills", [1, 2])
def test_a_reader_that_is_killed_from_outside_is_no_fault_of_a_notebook(kills, monkeypatch):
    data, left, answered, reader = notebook("def tv_loss(sr): return 1"), [kills], readers._answer, reading()

    def killed(process, longest):
        if left[0]:
            left[0] -= 1
            process.kill()  # before it could answer, or after: what it said is not heard
            raise EOFError
        return answered(process, longest)

    monkeypatch.setattr(readers, "_answer", killed)
    if kills == 1:
        assert grade_submission(data, ["tv_loss"], seed=SEED, box=Nobody()).results["tv_loss"].outcome == "died"
    else:
        for ask in (reader.survey, lambda data: reader.merged([data]), lambda data: reader.answers(data, ["tv_loss"])):
            left[0] = kills
            with pytest.raises(BoxError, match="killed 2 times"):
                ask(data)


def test_an_answer_that_needs_a_million_characters_is_refused_with_the_number():
    data = notebook("b = '" + "x" * LONGEST + "'", "def tv_loss(sr): return b", "def find_pairs(x): return x")
    record = grade_submission(data, ["tv_loss", "find_pairs"], seed=SEED, box=Nobody())
    assert "`tv_loss` with all it needs has 1,000,0" in record.results["tv_loss"].message
    assert record.results["find_pairs"].outcome == "died", "which needs none of it"


def test_a_cell_and_a_notebook_that_nobody_can_read_through_are_shown_cut_and_say_so():
    ((_, _, text),) = shown_cells(notebook("x" * (SHOWN_CELL + 5)))
    assert text.endswith("[cut: 200,005 characters]")
    found = shown_cells(notebook(*["x" * 100_000] * 100))
    assert 75 < len(found) < 85
    assert found[-1][2] == f"[cut: {101 - len(found)} more cells]"
