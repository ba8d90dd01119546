"""A student who looks through all memory of the process for text that must not be there: in the box, from inside."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path
from typing import Any

from autograder import sandboxes
from autograder.box import Job
from autograder.engine import grade_submission
from autograder.inside import frames
from autograder.limits import Limits
from autograder.masks import ROOT, beside, hidden_names, library, masked
from srkit.exercises import EXERCISES
from tests.autograder._grading import SEED, SETUP, notebook, the_box

__all__ = ["MASKS", "PATIENT", "SEARCH", "look", "search_the_memory_of"]

MASKS = {hidden_names(name): name for name in reversed(EXERCISES.names())}
"""What is hidden -> the first exercise that hides it; most hide nothing of the library around them."""
ANYBODYS = re.compile(r"\w+: [\w\[\]|., ]+( = [\w.]+)?,|return func\(\*args, \*\*\(kwargs or \{\}\)\)")
"""Lines that PyTorch has, too: parameters such as ``bias: Tensor | None = None,``, the end of a torch function."""
CANARY = "a line that only the student before wrote 4711"
PATIENT = Limits(cpu_seconds=60, wall_seconds=600)
SEARCH = '''
import ctypes, gc, itertools, json, os
import numpy

out, into = os.pipe()
libc = ctypes.CDLL(None, use_errno=True)
libc.sbrk.restype = ctypes.c_void_p
libc.write.argtypes = (ctypes.c_int, ctypes.c_void_p, ctypes.c_size_t)

def mapped(page):
    """Tell whether a page can be read, without /proc: write() takes it."""
    return libc.write(into, page, 1) == 1 and bool(os.read(out, 1))

def pages():
    """Return the pages of this process around what is known to be memory, in order."""
    arenas = {id(one) & ~0xFFFFF for one in gc.get_objects()}  # Python's small objects lie in blocks of a megabyte
    large = ctypes.addressof(ctypes.create_string_buffer(1 << 20))
    found, seen = set(), set()
    for start in (libc.sbrk(0) - 1, id(object()), id(json), large, *sorted(arenas)):
        for step in (-4096, 4096):
            page, holes = start & ~4095, 0
            while holes < 64 and page > 0 and page not in seen:
                seen.add(page)
                holes = 0 if mapped(page) else holes + 1
                if not holes:
                    found.add(page)
                page += step
            seen.discard(start & ~4095)
    return sorted(found)

def search(needles):
    """Return which needles are there, and how many pages were read; 1 was added to each byte of a needle, or the list
    itself would be found. Positions are found by two bytes, then by eight, and compared whole last."""
    keys = numpy.array([int.from_bytes(one[8:16], "little") - 0x0101010101010101 for one in needles], numpy.uint64)
    begins = numpy.zeros(1 << 16, bool)
    begins[(keys & 0xFFFF).astype(numpy.uint16)] = True
    owners = {}
    for number, key in enumerate(keys.tolist()):
        owners.setdefault(key, []).append(number)
    shift, found, wanted = bytes((byte + 1) % 256 for byte in range(256)), set(), numpy.unique(keys)
    there = pages()
    for _, run in itertools.groupby(enumerate(there), lambda one: one[1] // 4096 - one[0]):
        run = [page for _, page in run]
        for first in range(0, len(run), 256):
            part = run[first : first + 257]  # one page more, for what lies across
            if not all(map(mapped, part)):
                continue
            text = ctypes.string_at(part[0], 4096 * len(part))
            for start in (0, 1):
                pairs = numpy.frombuffer(text[start : len(text) - start], numpy.uint16)
                places = numpy.flatnonzero(begins[pairs]) * 2 + start
                places = places[places < len(text) - 8]
                eight = numpy.lib.stride_tricks.sliding_window_view(numpy.frombuffer(text, numpy.uint8), 8)[places]
                eight = numpy.ascontiguousarray(eight).view(numpy.uint64).ravel()
                for place in places[numpy.isin(eight, wanted)].tolist():
                    for number in owners[int.from_bytes(text[place : place + 8], "little")]:
                        whole = text[max(0, place - 8) : place - 8 + len(needles[number])]
                        if whole.translate(shift) == needles[number]:
                            found.add(number)
    return sorted(found), len(there)
'''


def look(code: str, name: str, inputs: Any, hidden: frozenset[str]) -> Any:
    """Run ``answer(x)`` in the box and return what it gives."""
    job = Job(
        name="answer",
        pieces=[("cell 1", code)],
        beside=[("trial", sandboxes._TRIAL)],
        perform="perform",
        inputs={"x": inputs},
        hidden=hidden,
    )
    reply = the_box().run(job, PATIENT)
    assert reply.end == "answered", (name, reply)
    assert not reply.observation["trouble"], (name, reply)
    return reply.observation["outputs"]["value"]


def search_the_memory_of(name: str) -> None:
    """Fail where a masked line, a line of any exercise, the seed or another's notebook is in a student's memory."""
    canary = f"{CANARY!r}\ndef {EXERCISES.get(name).answer}(*x):\n    return '{CANARY}'"
    grade_submission(notebook(SETUP, canary), [name], seed=SEED, box=the_box())  # the student before
    own = ["memory of my own that is long enough 0815", "    a line of my own that is long enough 0815"]
    needles = [*_secret_lines(name), *_lines_of_all_exercises(name), CANARY, str(SEED), *own]
    assert len(needles) > 3000
    code = (
        f"{SEARCH}\nmine = 'memory of my own that is long enough ' + str(815).zfill(4)\n"
        "line = 'x\\n    a line of my own that is long enough ' + str(815).zfill(4) + '\\ny'\n"
        "def answer(x):\n    keep = [mine.encode() * 2, (line * 50).encode()]\n    return search(x)\n"
    )
    shifted = [bytes((byte + 1) % 256 for byte in needle.encode()) for needle in needles]
    found, pages = look(code, name, shifted, hidden_names(name))
    assert pages > 1000
    assert [needles[number] for number in found] == own


def _secret_lines(name: str) -> list[str]:
    """Return lines of the masked definitions that stand nowhere else in the library."""
    hidden = hidden_names(name)
    files = library() | masked(hidden)
    rest = "\n".join(files.values())
    lines = {line.strip() for path in masked(hidden) for line in library()[path].splitlines()}
    found = [line for line in lines if len(line) > 24 and line not in rest and not line.startswith(('"', "#"))]
    assert found or not hidden
    return sorted(line for line in found if line.isascii() and not ANYBODYS.fullmatch(line))


def _lines_of_all_exercises(name: str) -> list[str]:
    """Return lines of every exercise, with its references, slips and cases, that nothing in the box holds.

    Shorter ones stand in PyTorch, too: ``raise NotImplementedError(``.
    """
    inside = [path.read_text(encoding="utf-8") for path in Path(frames.__file__).parent.glob("*.py")]
    held = "\n".join([*(library() | masked(hidden_names(name))).values(), *(text for _, text in beside(name)), *inside])
    home = ROOT / "exercises"
    texts = [path.read_text(encoding="utf-8") for path in sorted(home.rglob("*.py"))]
    texts += _strings([tomllib.loads(path.read_text(encoding="utf-8")) for path in sorted(home.rglob("*.toml"))])
    lines = {line.strip() for text in texts for line in text.splitlines()}
    return sorted(line for line in lines if len(line) > 32 and line not in held and line.isascii() and "\\" not in line)


def _strings(value: Any) -> list[str]:
    """Return every text of nested tables and lists."""
    inner = value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()
    return [value] if isinstance(value, str) else [text for one in inner for text in _strings(one)]
