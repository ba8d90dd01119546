"""One frame crosses from the student's side, and everything in it may be forged: four parts, each of every kind.

``outputs`` (plain values and tensors by name), ``trouble``, ``message``, ``printed``. How long a run took, what it
used, whether it changed its inputs and which case it was are measured and known outside, so there is nothing to forge.
A forged frame is no answer, or a wrong one; it never fails the grader, costs it no more than to read it, and earns
nothing.
"""

import json
import math
import pickle
import struct
import time
from dataclasses import replace

import pytest
import torch

from autograder.inside.frames import encode
from autograder.limits import LIMITS
from autograder.outcomes import judged, reached, told
from autograder.process import _reply
from srkit.exercises import EXERCISES
from srkit.exercises._references import expected_outputs
from tests.autograder._grading import SEED

HONEST = {"trouble": "", "message": "", "printed": ""}
TYPES = ("bool", "uint8", "int8", "int16", "int32", "int64", "float16", "bfloat16", "float32", "float64", "complex64")
LONG = 1 << 16


def replies(outputs, **parts):
    data = encode({"outputs": outputs, **HONEST, **parts})
    return reply_to(data)


def reply_to(data):
    return _reply({"end": "answered", "detail": "", "answer": data, "printed": b"\x1b]0;pwned\x07<script>"})


def values(expected):
    """Yield forged values to stand in the place of one that is expected."""
    yield from (
        None,
        True,
        False,
        0,
        -1,
        2**63 - 1,
        -(2**63),
        2**64,
        math.nan,
        math.inf,
        -math.inf,
        5e-324,
        -0.0,
        1e308,
    )
    yield from (
        "",
        "x" * LONG,
        "(a+)+$" * 1000,
        "\ud800",
        "\0\x1b[2J",
        b"bytes",
        [],
        {},
        [[[[[[[[[[]]]]]]]]]],
        object(),
        {"a": 1},
    )
    yield from ([0.0] * 1000, [True, None, "x"], {"tensor": ["float32", [1], 0]}, {"foreign": "Tensor"})
    for dtype in TYPES:
        yield torch.zeros(3, 3).to(getattr(torch, dtype))
    for shape in ((), (0,), (1,), (1,) * 32, (2, 0, 3), (1 << 20,), (3, 700, 700)):
        yield torch.full(shape, math.nan)
    if isinstance(expected, torch.Tensor):
        same = expected.double() if not expected.is_complex() else expected
        yield from (
            torch.full_like(same, math.nan),
            torch.full_like(same, math.inf),
            same.unsqueeze(0),
            same.flatten()[:-1],
        )
        yield from (
            torch.full_like(same, 1e300),
            same.to(torch.complex128) * 1j if not same.is_complex() else same.real,
        )
    if isinstance(expected, list):
        yield from (expected * 2, expected[:-1], [expected], [math.nan] * len(expected), {"0": expected})


def judge(exercise, case, reply):
    """Return what comes of a reply, as the engine does."""
    met = told(reply, LIMITS) or judged(exercise, case, reply)
    assert met.outcome != "infrastructure", met.message
    assert len(met.message) + len(met.printed) < 10_000
    assert met.message.replace("\n", "").replace("\t", "").isprintable() or not met.message
    assert "\x1b" not in met.printed + met.message
    assert reached(met, reply, LIMITS) == ""
    return met


@pytest.mark.parametrize("name", EXERCISES.names())
def test_a_forged_output_of_any_kind_earns_nothing_and_costs_no_more_than_to_read_it(name):
    exercise = EXERCISES.get(name)
    case = exercise.cases(SEED)[0]
    expected = dict(expected_outputs(exercise, case)[0])
    judge(exercise, case, replies(expected))  # the references are computed once
    for key, value in expected.items():
        for forged in values(value):
            start = time.process_time()
            met = judge(exercise, case, replies({**expected, key: forged}))
            assert time.process_time() - start < 2, type(forged)
            if met.outcome == "correct":
                assert type(forged) is type(value) or isinstance(value, (int, float)), (key, forged)
    for wrong in (
        {},
        {"value": 1.0} if "value" not in expected else {"other": 1.0},
        {"outcome": "correct", "points": 99},
    ):
        assert judge(exercise, case, replies(wrong)).outcome == "wrong", wrong


@pytest.mark.parametrize("name", ["tv_loss", "a2001sr", "find_pairs"])
def test_no_word_about_itself_makes_an_answer_right(name):
    exercise = EXERCISES.get(name)
    case = exercise.cases(SEED)[0]
    expected = dict(expected_outputs(exercise, case)[0])
    for message in (
        "",
        "x" * LONG,
        "a" * 30_000 + "!",
        "must match the size " * 3000,
        "\x1b[2J<img src=x onerror=alert(1)>",
        "\ud800",
    ):
        for trouble in ("stub", "unusable", "error"):
            for outputs in (expected, None):
                met = judge(exercise, case, replies(outputs, trouble=trouble, message=message))
                assert met.outcome in ("no answer", "wrong", "error", "memory")
    assert judge(exercise, case, replies(expected, printed="\x1b[2J" * 9999)).outcome == "correct"
    assert replies(expected, changed=[]).end == "died", "whether its inputs changed is not for it to say"
    assert judge(exercise, case, replace(replies(expected), changed=tuple(case.inputs))).outcome == "wrong"


def frame(head, *blobs):
    text = head if isinstance(head, bytes) else json.dumps(head).encode()
    return struct.pack(">I", len(text)) + text + b"".join(blobs)


def tensor(*description, blobs=(b"\0" * 4,), lengths=None):
    outputs = {"map": {"value": {"tensor": list(description)}}}
    return frame([{"map": {"outputs": outputs, **HONEST}}, lengths or [len(blob) for blob in blobs]], *blobs)


def broken_streams():
    good = encode({"outputs": {"value": torch.zeros(())}, **HONEST})
    yield "twice", good + good
    yield "once and again its beginning", good + good[:9]
    yield "cut", good[:-1]
    yield "nothing", b""
    yield "a pickle", pickle.dumps({"outcome": "correct"})
    yield "an archive", b"PK\x03\x04" + bytes(100)
    yield "a head longer than all there is", struct.pack(">I", 0xFFFFFFFF) + good
    yield "deep", frame(b"[" * 300_000)
    yield "a number of many digits", frame(b"[" + b"9" * 100_000 + b",[]]")
    for name, head in (("a list", []), ("a text", "x"), ("null", None), ("a number", 1), ("three", [1, [], 2])):
        yield f"a head that is {name}", frame(head)


def broken_tensors():
    for lengths in ([-4], [True], [4.0], ["4"], [1 << 62], {"0": 4}, [2, 1], [[4]]):
        yield f"lengths {lengths}", tensor("float32", [1], 0, lengths=lengths)
    shapes = (
        [-1],
        [True],
        [1.0],
        ["1"],
        "1",
        {"0": 1},
        1,
        None,
        [1 << 62],
        [1 << 30, 1 << 30],
        [1] * 33,
        [2],
        [0],
        [[1]],
    )
    for shape in shapes:
        yield f"shape {shape}", tensor("float32", shape, 0)
    for dtype in ("object", "float128", "quint8", "", None, 1, ["float32"], {"a": 1}, "torch.float32", "__class__"):
        yield f"dtype {dtype}", tensor(dtype, [1], 0)
    for place in (-1, 1, True, "0", None, 0.0, [0]):
        yield f"place {place}", tensor("float32", [1], place)
    yield "four parts of a tensor", tensor("float32", [1], 0, 0)
    yield "no truth values", tensor("bool", [4], 0, blobs=(b"\0\1\2\3",))


def broken_parts():
    for value in (
        {"a": 1},
        {},
        {"map": {}, "tensor": []},
        {"map": []},
        {"foreign": 1},
        {"bytes": "0"},
        {"pickle": "x"},
    ):
        yield f"the value {value}", frame([value, []])
    parts = {"outputs": {"map": {}}, **HONEST}
    for key in parts:
        yield f"without {key}", frame([{"map": {k: v for k, v in parts.items() if k != key}}, []])
        allowed = {"outputs": [{"map": {}}], "message": ["correct"], "printed": ["correct"]}.get(key, [])
        for value in (1, None, {"map": {}}, [1], "correct", True):
            if value not in allowed:
                yield f"{key} that is {value}", frame([{"map": {**parts, key: value}}, []])
    yield "a part more", frame([{"map": {**parts, "points": 4}}, []])
    yield "neither outputs nor trouble", frame([{"map": {**parts, "outputs": None}}, []])


BROKEN = [*broken_streams(), *broken_tensors(), *broken_parts()]


@pytest.mark.parametrize(("name", "data"), [pytest.param(name, data, id=name[:60]) for name, data in BROKEN])
def test_a_frame_that_is_none_is_the_end_of_its_writer(name, data):
    start = time.process_time()
    reply = reply_to(data)
    assert time.process_time() - start < 1
    assert reply.end == "died", name
    assert reply.observation is None
    assert "no answer" in reply.detail
    assert len(reply.detail) < 500
