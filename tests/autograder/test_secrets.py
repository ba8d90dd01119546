"""The process that runs student code holds nothing worth stealing: it is searched from inside, for text."""

import json
from pathlib import Path

import pytest

from autograder import sandboxes
from autograder.box import Job
from autograder.engine import grade_submission
from autograder.inside import frames
from autograder.limits import Limits
from autograder.masks import ROOT, beside, hidden_names, library, masked
from autograder.outcomes import judged
from srkit.exercises import EXERCISES
from tests.autograder._grading import SEED, SETUP, notebook, processes, solution, the_box

pytestmark = [pytest.mark.needs("bubblewrap"), pytest.mark.timeout(900)]
MASKS = {hidden_names(name): name for name in reversed(EXERCISES.names())}
"""What is hidden -> the first exercise that hides it; most hide nothing of the library around them."""
ROOMS = ("models", "training", "methods", "widgets", "losses", "degrade", "discriminators", "evaluation", "inference")
CANARY = "a line that only the student before wrote 4711"
PATIENT = Limits(cpu_seconds=60, wall_seconds=240)
SEARCH = '''
import ctypes, gc, json, os

def readable():
    """Yield the memory of this process, found without /proc: a page that write() takes is mapped."""
    out, into = os.pipe()
    libc = ctypes.CDLL(None, use_errno=True)
    libc.sbrk.restype = ctypes.c_void_p
    libc.write.argtypes = (ctypes.c_int, ctypes.c_void_p, ctypes.c_size_t)
    end = libc.sbrk(0)
    seen = set()
    arenas = {id(one) & ~0xFFFFF for one in gc.get_objects()}  # Python's small objects lie in blocks of a megabyte
    large = ctypes.addressof(ctypes.create_string_buffer(1 << 20))
    for start in (end - 1, id(object()), id(json), large, *sorted(arenas)):
        for step in (-4096, 4096):
            page, holes = start & ~4095, 0
            while holes < 64 and page > 0 and page not in seen:
                seen.add(page)
                if libc.write(into, page, 1) == 1:
                    os.read(out, 1)
                    holes = 0
                    yield ctypes.string_at(page, 4096)
                else:
                    holes += 1
                page += step
            seen.discard(start & ~4095)

def search(words, lines):
    """Return which words and which whole lines are there; 1 is added to each byte, or the lists would be found."""
    found, seen, tail, pages = set(), set(), b"", 0
    lines = {line: index for index, line in enumerate(lines)}
    shift = bytes((byte + 1) % 256 for byte in range(256))
    for page in readable():
        pages += 1
        text = (page + tail[:256]).translate(shift)
        found |= {index for index, word in enumerate(words) if word in text}
        parts = text.replace(b"]o", b"\\x0b").split(b"\\x0b")  # ends of lines, in a text and in JSON
        seen |= {lines[part] for part in map(bytes.strip, parts) if part in lines}
        seen |= {lines[part] for part in (part.lstrip(b"!") for part in parts) if part in lines}  # a shifted blank
        tail = page
    return found, seen, pages
'''


def look(code, name, inputs, hidden):
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


def secret_lines(name):
    """Return lines of the masked definitions that stand nowhere else in the library."""
    hidden = hidden_names(name)
    files = library() | masked(hidden)
    rest = "\n".join(files.values())
    lines = {line.strip() for path in masked(hidden) for line in library()[path].splitlines()}
    return sorted(line for line in lines if len(line) > 24 and line not in rest and not line.startswith(('"', "#")))


def test_a_walk_up_the_stack_ends_within_the_box_and_meets_nothing_of_the_grader():
    code = """
import sys
def answer(x):
    frame, seen = sys._getframe(), []
    while frame:
        seen.append([frame.f_code.co_filename, sorted(map(str, frame.f_locals))])
        frame = frame.f_back
    return seen
"""
    stack = look(code, "frames", 0, hidden_names("tv_loss"))
    files = [file for file, _ in stack]
    assert files[0] == "cell 1"
    assert set(files) == {"cell 1", "<srkit trial>", "<srkit autograder.inside.student>"}
    assert not [name for _, names in stack for name in names if name in ("start", "tree", "reports", "requests")]


def lines_of_all_exercises(name):
    """Return lines of every exercise, with its references, slips and cases, that nothing in the box holds."""
    inside = [path.read_text(encoding="utf-8") for path in Path(frames.__file__).parent.glob("*.py")]
    held = "\n".join([*(library() | masked(hidden_names(name))).values(), *(text for _, text in beside(name)), *inside])
    texts = [path.read_text(encoding="utf-8") for path in sorted((ROOT / "exercises").rglob("*.py"))]
    lines = {line.strip() for text in texts for line in text.splitlines()}
    return sorted(line for line in lines if len(line) > 24 and line not in held and line.isascii() and "\\" not in line)


@pytest.mark.parametrize("name", ["tv_loss", pytest.param("a2001sr", marks=pytest.mark.slow)])
def test_no_masked_line_no_exercise_no_other_notebook_and_no_seed_is_in_the_memory_of_a_student(name):
    grade_submission(
        notebook(SETUP, f"{CANARY!r}\ndef {name}(*x):\n    return '{CANARY}'"), [name], seed=SEED, box=the_box()
    )
    masked_lines, exercises = secret_lines(name), lines_of_all_exercises(name)
    assert masked_lines
    assert len(exercises) > 3000
    own = ["memory of my own 0815", "a line of my own that is long enough 0815"]
    words, lines = [*masked_lines, CANARY, str(SEED), own[0]], [*exercises, own[1]]
    shifted = [[bytes((byte + 1) % 256 for byte in word.encode()) for word in part] for part in (words, lines)]
    code = (
        f"{SEARCH}\nmine = 'memory of my own ' + str(815).zfill(4)\n"
        "line = 'x\\n    a line of my own that is long enough ' + str(815).zfill(4) + '\\ny'\n"
        "def answer(x):\n    keep = [mine.encode() * 2, (line * 50).encode()]\n"
        "    found, seen, pages = search(*x)\n"
        "    return [sorted(found), sorted(seen), pages]\n"
    )
    found, seen, pages = look(code, name, shifted, hidden_names(name))
    assert pages > 1000
    assert [words[index] for index in found] == own[:1]
    assert [lines[index] for index in seen] == own[1:]


@pytest.mark.slow
@pytest.mark.parametrize("name", MASKS.values())
def test_a_solution_that_uses_every_room_of_the_library_around_it_is_right_in_the_box(name):
    exercise = EXERCISES.get(name)
    case = exercise.cases(SEED)[0]
    rooms = "".join(f"import srkit.{room}\n" for room in ROOMS)
    used = "assert srkit.models.create('bicubic', scale=2)(torch.zeros(1, 3, 8, 8)).shape == (1, 3, 16, 16)\n"
    job = Job(
        name=exercise.answer,
        pieces=[("cell 1", f"{SETUP}\nimport numpy as np\nimport math\nimport os\n{rooms}{used}{solution(name)}")],
        beside=beside(name),
        perform=name,
        inputs=case.inputs,
        hidden=hidden_names(name),
    )
    reply = the_box().run(job, PATIENT)
    assert reply.end == "answered", reply
    assert judged(exercise, case, reply).outcome == "correct", reply.observation["message"]


def test_neither_the_case_before_nor_its_files_are_there_for_the_next_case_of_a_submission():
    shifted = [bytes((byte + 1) % 256 for byte in word) for word in (b"a case of before 0815", b"a case of now 0815")]
    first = "import os\ndef answer(x):\n    open('/tmp/note', 'w').close()\n    return len(x)"
    second = (
        f"{SEARCH}\ndef answer(x):\n    keep = ['a case of now ' + str(815).zfill(4)]\n"
        "    return [sorted(search(x, [])[0]), os.listdir('/tmp'), os.listdir('/.srkit/course')]"
    )
    with the_box().sitting():
        keeper = processes()
        assert look(first, "first", "a case of before " + "0815", hidden_names("tv_loss")) == 21
        found, files, trees = look(second, "second", shifted, hidden_names("tv_loss"))
        assert processes() > keeper, "one keeper for both"
        assert look("def answer(x):\n    return x", "third", 1, hidden_names("self_ensemble")) == 1
    assert processes() == keeper
    assert found == [1]
    assert "note" not in files
    assert trees == ["srkit"]


def test_a_network_of_the_library_can_be_used_in_an_answer_whose_own_is_masked():
    code = "import srkit.models\ndef answer(x):\n    return list(srkit.models.create('bicubic', scale=2)(x).shape)"
    import torch

    assert look(code, "a2001sr", torch.zeros(1, 3, 8, 8), hidden_names("a2001sr")) == [1, 3, 16, 16]


def test_a_mask_keeps_the_signature_and_only_use_fails():
    import inspect

    for hidden in MASKS:
        for path, text in masked(hidden).items():
            compile(text, path, "exec")
    (text,) = masked(hidden_names("tv_loss")).values()
    space = {"__name__": "copy"}
    exec(compile(text.replace("@register_loss('TV')", ""), "copy", "exec"), space)
    from srkit.losses.smoothness import tv

    assert str(inspect.signature(space["tv"])) == str(inspect.signature(tv)).replace("torch.Tensor", "Tensor")
    assert json.dumps(text)
