"""Read what students wrote in a process of its own, with limits: what is slow, deep or huge there harms nobody here.

The process parses and never runs anything. It knows the standard library only, so it starts in a moment; one that dies
over a notebook is replaced, and that notebook is unreadable. One that is killed from outside, by a system without
memory say, says nothing about a notebook: another one reads it, and if that is killed, too, the grader has failed.
"""

from __future__ import annotations

import atexit
import json
import signal
import subprocess
import sys
import threading
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from autograder.answers import Answer, Sources, Survey, survey
from autograder.limits import deadline
from autograder.merge import merged
from autograder.notebooks import Unreadable, read_cells, shown_cells
from autograder.prints import Print, fingerprint

__all__ = ["Reader", "close_readers", "reading", "serve"]

_ROOT = Path(__file__).resolve().parents[1]
_PROGRAM = f"import sys; sys.path.insert(0, {str(_ROOT)!r}); from autograder.reader import serve; serve()"
CPU_SECONDS = 2.0  # and as much again for each 16 MB: reading an honest notebook of that size takes a tenth of it
CLOCK_SECONDS = 120.0  # where the machine is so busy that two processor seconds take two minutes
MEMORY_BYTES = 2 << 30
_TRIES = 2
LONGEST_REPLY = 32 << 20  # bytes beyond four times what was asked about
_GIVEN_UP = (
    "The notebook could not be read within {seconds:g} s and {memory} GiB: no notebook of the course is like that."
)


class Reader:
    """Asks the process; use it as a context manager, which ends it.

    Args:
        names: the names of functions and classes that a survey looks for.

    Raises:
        BoxError: by every method that asks, where the process is killed from outside again and again.
    """

    def __init__(self, names: Sequence[str]) -> None:
        self.names = list(names)
        self._known: dict[str, Survey] = {}
        self._process: subprocess.Popen[bytes] | None = None

    def __enter__(self) -> Reader:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """End the process; another one is started when it is needed."""
        if self._process is not None:
            self._process.kill()
            self._process.wait()
            for pipe in (self._process.stdin, self._process.stdout):
                if pipe is not None:
                    pipe.close()
            self._process = None

    def survey(self, notebook: bytes, digest: str = "") -> Survey:
        """Return what a notebook answers; what cannot be read is a survey that says so.

        Args:
            notebook: its bytes.
            digest: of the bytes; equal ones are read once.
        """
        if digest and digest in self._known:
            return self._known[digest]
        answer = self._ask({"what": "survey", "names": self.names}, [notebook])
        found = Survey(problem=self._given_up([notebook])) if answer is None else _survey(json.loads(answer))
        if digest:
            self._known[digest] = found
        return found

    def answers(self, notebook: bytes, names: Sequence[str]) -> tuple[str, dict[str, Answer]]:
        """Return why the notebook cannot be read, or "", and the answer of each name.

        Args:
            notebook: its bytes.
            names: of functions and classes.
        """
        told = self._ask({"what": "answers", "names": list(names)}, [notebook])
        found = {"problem": self._given_up([notebook])} if told is None else json.loads(told)
        if problem := found["problem"]:
            return problem, {name: Answer(problem=problem) for name in names}
        pieces = {name: tuple((label, code) for label, code in one["pieces"]) for name, one in found["answers"].items()}
        return "", {name: Answer(**{**one, "pieces": pieces[name]}) for name, one in found["answers"].items()}

    def cells(self, notebook: bytes) -> list[tuple[str, str, str]]:
        """Return (name, kind, source) of each cell, as :func:`autograder.notebooks.shown_cells`; [] if unreadable."""
        return [
            (name, kind, source) for name, kind, source in json.loads(self._ask({"what": "cells"}, [notebook]) or "[]")
        ]

    def fingerprint(self, source: str, name: str = "") -> Print:
        """Return an answer's fingerprint; of code that takes too much to read there is the code only.

        Args:
            source: the code.
            name: of its function or class.
        """
        data = source.encode("utf-8", "replace")
        answer = self._ask({"what": "print", "name": name}, [data])
        if not answer:
            return Print(source)
        plain = json.loads(answer)
        return Print(**{**plain, "pieces": frozenset(plain["pieces"]), "called": frozenset(plain["called"])})

    def merged(self, notebooks: Sequence[bytes]) -> bytes | None:
        """Return one notebook with the cells of several, or None where they cannot be read."""
        return self._ask({"what": "merge"}, notebooks) or None

    def _given_up(self, notebooks: Sequence[bytes]) -> str:
        return _GIVEN_UP.format(seconds=_seconds(notebooks), memory=MEMORY_BYTES >> 30)

    def _ask(self, question: dict[str, Any], notebooks: Sequence[bytes]) -> bytes | None:
        head = {**question, "sizes": [len(one) for one in notebooks], "seconds": _seconds(notebooks)}
        for _ in range(_TRIES):
            process = self._process or self._start()
            try:
                assert process.stdin is not None
                with deadline(process, CLOCK_SECONDS):
                    process.stdin.write(json.dumps(head).encode() + b"\n" + b"".join(notebooks))
                    process.stdin.flush()
                    return _answer(process, LONGEST_REPLY + 4 * sum(head["sizes"]))
            except (OSError, EOFError, ValueError):
                killed = _killed(process)
                self.close()
            if not killed:
                return None
        from autograder.box import BoxError  # the process that reads does without it, and so without PyTorch

        raise BoxError(
            f"What reads notebooks was killed {_TRIES} times: the system has no memory left, or is so busy that "
            f"{_seconds(notebooks):g} s of processor time took {CLOCK_SECONDS:g} s. Fewer --workers may help."
        )

    def _start(self) -> subprocess.Popen[bytes]:
        words = [sys.executable, "-I", "-S", "-c", _PROGRAM]
        self._process = subprocess.Popen(
            words, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, cwd="/"
        )
        return self._process


_readers: dict[int, Reader] = {}


def reading() -> Reader:
    """Return the reader of this thread; its process is started when it is needed and ended with this one."""
    return _readers.setdefault(threading.get_ident(), Reader(()))


@atexit.register
def close_readers() -> None:
    """End the process of every reader that :func:`reading` gave."""
    while _readers:
        _readers.popitem()[1].close()


def _seconds(notebooks: Sequence[bytes]) -> float:
    return CPU_SECONDS * (1 + sum(map(len, notebooks)) / (16 << 20))


def _survey(plain: dict[str, Any]) -> Survey:
    sets = {name: frozenset(plain.get(name, ())) for name in ("defined", "stubs", "broken")}
    return Survey(answers=dict(plain.get("answers", {})), problem=str(plain["problem"]), **sets)


def _killed(process: subprocess.Popen[bytes]) -> bool:
    """Tell whether it was killed: what a text costs ends it by another signal, or by an error of its own."""
    try:
        return process.wait(1) == -signal.SIGKILL
    except subprocess.TimeoutExpired:  # it lives, and has said too much
        return False


def _answer(process: subprocess.Popen[bytes], longest: int) -> bytes:
    """Return the process's answer.

    Raises:
        EOFError: it died, or the answer is too long.
    """
    assert process.stdout is not None
    head = process.stdout.read(8)
    size = int.from_bytes(head, "big")
    answer = process.stdout.read(size) if len(head) == 8 and size <= longest else None
    if answer is None or len(answer) < size:
        raise EOFError
    return answer


def serve() -> None:
    """Answer questions until there are no more; the limits end this process where one takes too much."""
    import resource

    questions, answers = sys.stdin.buffer, sys.stdout.buffer
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY_BYTES, MEMORY_BYTES))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    while line := questions.readline():
        head = json.loads(line)
        notebooks = [questions.read(size) for size in head["sizes"]]
        used = resource.getrusage(resource.RUSAGE_SELF)
        ceiling = int(used.ru_utime + used.ru_stime + head["seconds"]) + 1
        resource.setrlimit(resource.RLIMIT_CPU, (ceiling, resource.RLIM_INFINITY))
        try:
            answer = _ANSWERS[head["what"]](notebooks, head)
        except Exception as problem:  # whatever it is, the text brought it about
            told = json.dumps({"problem": f"It cannot be read: {problem!r}."[:600]}).encode()
            answer = told if head["what"] in ("survey", "answers") else b""
        answers.write(len(answer).to_bytes(8, "big") + answer)
        answers.flush()


def _printed(source: bytes, name: str) -> bytes:
    found = fingerprint(source.decode("utf-8", "replace"), name)
    return json.dumps({**vars(found), "pieces": sorted(found.pieces), "called": sorted(found.called)}).encode()


def _answered(notebook: bytes, names: Sequence[str]) -> bytes:
    try:
        cells = read_cells(notebook)
    except Unreadable as problem:
        return json.dumps({"problem": str(problem)}).encode()
    sources, claims = Sources(cells), dict(claim for cell in cells for claim in cell.claims)
    found = {name: {**vars(sources.find(name)), "claimed": claims.get(name, False)} for name in names}
    return json.dumps({"problem": "", "answers": found}).encode()


def _plain(found: Survey) -> bytes:
    sets = {name: sorted(getattr(found, name)) for name in ("defined", "stubs", "broken")}
    return json.dumps({"answers": found.answers, "problem": found.problem, **sets}).encode()


_ANSWERS: dict[str, Callable[[Sequence[bytes], dict[str, Any]], bytes]] = {
    "answers": lambda notebooks, head: _answered(notebooks[0], head["names"]),
    "cells": lambda notebooks, head: json.dumps(shown_cells(notebooks[0])).encode(),
    "survey": lambda notebooks, head: _plain(survey(notebooks[0], head["names"])),
    "merge": lambda notebooks, head: merged(notebooks),
    "print": lambda notebooks, head: _printed(notebooks[0], head["name"]),
}
