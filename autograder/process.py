"""A box that is a process: started when it is needed, spoken to through two pipes, replaced when it breaks."""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import select
import struct
import subprocess
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path
from typing import Any, Literal, cast

from autograder.box import End, Job, Reply
from autograder.inside import given
from autograder.inside.frames import BadFrame, decode, read_frame, write_frame
from autograder.limits import Limits, deadline
from autograder.masks import ROOT, hidden_names, library, masked
from autograder.starved import group_of, killed_anywhere, killed_in
from srkit.exercises import EXERCISES
from srkit.exercises._beside import Foreign

__all__ = ["ProcessBox", "Start", "longest"]

COURSE, STAGE = "/.srkit/course", "/.srkit/stage"  # folders of the box, by names that nothing of the user's has
Walls = Literal["nested", "plain", "none"]
_PATIENCE = 30  # seconds beyond the wall time before the box itself is taken for hung
_STARTING = 120  # seconds for the start of a box, which imports PyTorch
_LAST_WORDS = 5  # seconds for what a box that was ended has written
_TRIES = 2
_COMMON = "common"  # the files of the library that are the same in every tree
_LONGEST_ANSWER = 1 << 20  # bytes of single values, names and text in an answer: some tenths of a second to read
_MODULES = ("frames", "calls", "given", "walls", "watch", "student", "worker")
BOOTSTRAP = """
import json, os, struct, sys, types
requests, reports = os.dup(0), os.dup(1)
os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
os.dup2(2, 1)
def take(n):
    data = b""
    while len(data) < n:
        part = os.read(requests, n - len(data))
        if not part:
            sys.exit(0)
        data += part
    return data
for name in ("autograder", "autograder.inside"):
    sys.modules[name] = types.ModuleType(name)
    sys.modules[name].__path__ = []
path, sources = json.loads(take(struct.unpack(">Q", take(8))[0]))
sys.path[:] = path or sys.path
for name, source in sources:
    module = sys.modules[name] = types.ModuleType(name)
    setattr(sys.modules[name.rpartition(".")[0]], name.rpartition(".")[2], module)
    exec(compile(source, "<srkit " + name + ">", "exec"), vars(module))
sys.modules["autograder.inside.worker"].serve(requests, reports)
"""


@dataclass(frozen=True, kw_only=True)
class Start:
    """How the worker of a box is started.

    Attributes:
        title: what the box is called in messages.
        command: limits -> the command line that runs Python's ``-I -c`` in the box, without what follows.
        walls: what the worker builds around each case, see :mod:`autograder.inside.worker`.
        outside: the user and group, as the system knows them, that student code has within nested walls.
        stop: ends what killing the command does not end.
        environment: the environment of the command itself; None for this process'.
        path: ``sys.path`` in the box; empty for what its own Python takes.
        kept: folder that every case gets anew -> what must stay visible below it.
        grouped: whether the command runs in a control group of its own, whose memory the system limits.
    """

    title: str
    command: Callable[[Limits], list[str]]
    walls: Walls
    outside: tuple[int, int] = (65534, 65534)
    stop: Callable[[], None] = lambda: None
    environment: Mapping[str, str] | None = None
    path: Sequence[str] = ()
    kept: Mapping[str, Sequence[str]] = field(default_factory=dict)
    grouped: bool = False


def longest(limits: Limits) -> float:
    """Return the seconds after which :meth:`ProcessBox.run` has certainly returned, whatever code and box do."""
    return _TRIES * (3 * _STARTING + limits.wall_seconds + 2 * _PATIENCE)  # two trees are unpacked, a keeper leaves


class ProcessBox:
    """Runs jobs in a worker behind walls.

    With nested walls one worker serves many submissions: it never runs student code itself, and what runs it, for one
    case, has its own processes and files, which end with the case, and its own network and user, which end with the
    submission. With plain walls the worker shares them with the student's code, so it lives for one exercise of one
    submission.
    """

    def __init__(self, start: Start) -> None:
        self.start = start
        self._process: subprocess.Popen[bytes] | None = None
        self._serves: object = None
        self._stays = self._kept = False  # whether one keeper serves several jobs; whether there is one
        self._held = frozenset[tuple[str, str]]()  # of what runs beside answers, what it has
        self._trees: set[str] = set()
        self._group: Path | None = None

    @property
    def title(self) -> str:
        """What the box is called in messages."""
        return self.start.title

    @contextlib.contextmanager
    def sitting(self) -> Iterator[None]:
        """Let one keeper serve all jobs of this block, which are one submission's."""
        self._stays = True
        try:
            yield
        finally:
            self._stays = False
            self._leave()

    def run(self, job: Job, limits: Limits) -> Reply:
        """Run one job; nothing it started is alive and nothing it wrote is left when this returns."""
        told = ""
        for _ in range(_TRIES):
            before = killed_in(self._group), killed_anywhere()
            try:
                report = self._ask(job, limits)
            except (OSError, BadFrame, ValueError) as problem:
                report = {"end": "broken", "detail": problem}
            if starved := self._starved(report, *before):
                report = {"printed": b"", **report, **starved}
            if report["end"] != "broken":
                return _reply(report)
            told = f"{report['detail']} {self._last_words()}".strip()
            self.close()
        return Reply(end="broken", detail=f"{self.start.title}: {told}"[:600])

    def _starved(self, report: Mapping[str, Any], in_group: int, anywhere: int) -> Mapping[str, Any]:
        """Return what to say of a run that the system ended for want of memory; nothing where it did not.

        The box's own group is full of what student code takes; that the machine is full is nobody's answer.
        """
        if report["end"] not in ("died", "broken"):
            return {}
        if killed_in(self._group) > in_group:
            if report["end"] == "broken":
                self.close()
            return {"end": "memory", "detail": "group"}
        if "SIGKILL" in str(report["detail"]) and killed_anywhere() > anywhere:
            return {"end": "broken", "detail": "the system killed it, since the machine had no memory left"}
        return {}

    def close(self) -> None:
        """End the box. It may be called twice."""
        process, self._process, self._serves, self._kept = self._process, None, None, False
        self._trees, self._group = set(), None
        if process is None:
            return
        self.start.stop()
        process.kill()
        process.wait()
        for pipe in (process.stdin, process.stdout, process.stderr):
            with contextlib.suppress(OSError):  # what was not read any more is written when the pipe is closed
                cast("Any", pipe).close()

    def _ask(self, job: Job, limits: Limits) -> Mapping[str, Any]:
        self._serve(job, limits)
        tree = self._tree(job.hidden)  # before it is asked whether there is a keeper
        words: list[Mapping[str, Any]] = []
        if not self._kept:
            words, self._kept, self._held = [{"beside": list(map(list, job.beside))}], True, frozenset(job.beside)
        request = {
            **{name: getattr(job, name) for name in ("name", "perform", "inputs")},
            "pieces": [list(piece) for piece in job.pieces],
            "beside": [[name, "" if (name, text) in self._held else text] for name, text in job.beside],
        }
        words += [{"limits": limits.to_dict(), "tree": tree, "given": given.spans(job.inputs)}, request]
        report = self._say(words, limits.wall_seconds + _PATIENCE)
        if "status" in report:
            return {"end": "broken", "detail": f"the keeper of the box ended with status {report['status']}"}
        if not self._stays:
            self._leave()
        return {**report, "changed": _changed(job.inputs, report.get("given", {}))}

    def _leave(self) -> None:
        """End the keeper, and with plain walls the box; a box that does not obey is ended."""
        if not self._kept:
            return
        self._kept = False
        try:
            if self.start.walls != "plain" and self._say([{"leave": True}], _PATIENCE) == {"status": 0}:
                return
        except (OSError, BadFrame):
            pass
        self.close()

    def _tree(self, hidden: frozenset[str]) -> str:
        """Have the library without what must not be had unpacked in the box; return the name of that tree there."""
        walls = self.start.walls
        if walls == "none":
            return ""
        shared, own = _trees(hidden)
        name = "" if walls == "plain" else hashlib.sha256(repr(sorted(hidden)).encode()).hexdigest()
        trees = {"": shared | own} if walls == "plain" else {_COMMON: shared, name: own}
        for tree, files in trees.items():
            if tree not in self._trees:
                self._leave()  # a keeper unpacks nothing
                common = _COMMON if tree == name != "" else ""
                asked = {"tree": tree, "common": common, "files": files}
                if self._say([asked], _STARTING) != {"status": 0}:
                    raise BadFrame("the library could not be unpacked in the box")
                self._trees.add(tree)
        return name

    def _say(self, words: Sequence[Mapping[str, Any]], seconds: float, before: bytes = b"") -> Mapping[str, Any]:
        """Write some frames, after what comes before them, and return the one that comes back.

        Raises:
            OSError, BadFrame: the box is gone, or was ended because it took too long.
        """
        process = self._process
        assert process is not None
        assert process.stdin is not None
        assert process.stdout is not None
        with deadline(process, seconds):
            process.stdin.write(before)
            for word in words:
                write_frame(process.stdin.write, word)
            process.stdin.flush()
            answer: Mapping[str, Any] = read_frame(process.stdout.read)
        return answer

    def _serve(self, job: Job, limits: Limits) -> None:
        """Have a worker that may serve this job."""
        nested = self.start.walls == "nested"
        walls = (limits.processes, limits.memory_bytes, limits.folder_bytes)  # of limits, the box itself has these
        serves = None if nested else (job.name, job.hidden, tuple(job.pieces), walls)
        if self._process is not None and self._process.poll() is None and self._serves == serves:
            return
        self.close()
        command = [*self.start.command(limits), "-I", "-c", BOOTSTRAP]
        pipe = subprocess.PIPE
        process = subprocess.Popen(command, stdin=pipe, stdout=pipe, stderr=pipe, env=self.start.environment)
        self._process, self._serves = process, serves
        sources = json.dumps([list(self.start.path), _sources()]).encode()
        places = {"root": str(ROOT.parent), "course": COURSE, "stage": STAGE, "kept": self.start.kept}
        kind = {"walls": self.start.walls, "outside": list(self.start.outside)}
        self._say([kind | places], _STARTING, before=struct.pack(">Q", len(sources)) + sources)
        self._group = group_of(process.pid) if self.start.grouped else None

    def _last_words(self) -> str:
        if self._process is None or self._process.stderr is None:
            return ""
        self._process.kill()
        said = select.select([self._process.stderr], [], [], _LAST_WORDS)[0]  # not to its end: others may have it open
        return os.read(self._process.stderr.fileno(), 4096).decode("utf-8", "replace").strip()[-400:] if said else ""


@lru_cache
def _trees(hidden: frozenset[str]) -> tuple[dict[str, bytes], dict[str, bytes]]:
    """Return path -> bytes of what no exercise hides anything of in the library, and of the rest without ``hidden``."""
    every = frozenset().union(*map(hidden_names, EXERCISES))
    files = {path: text.encode() for path, text in (library() | masked(hidden)).items()}
    apart = masked(every).keys() | masked(hidden).keys()
    own = {path: files[path] for path in apart}
    return {path: data for path, data in files.items() if path not in own}, own


@lru_cache
def _sources() -> list[tuple[str, str]]:
    folder = Path(__file__).resolve().parent / "inside"
    return [(f"autograder.inside.{name}", (folder / f"{name}.py").read_text(encoding="utf-8")) for name in _MODULES]


def _reply(report: Mapping[str, Any]) -> Reply:
    """Read what came from the student's side, which may be anything."""
    end, detail = cast("End", report["end"]), str(report["detail"])
    printed = bytes(report["printed"]).decode("utf-8", "replace")
    observation = None
    if end == "answered":
        try:
            observation = _observation(decode(report["answer"], Foreign, most=_LONGEST_ANSWER))
        except BadFrame as problem:
            end, detail = "died", f"what came out of it is no answer ({problem})"
    spent = {str(name): float(value) for name, value in dict(report.get("spent", {})).items()}
    changed = tuple(report.get("changed", ()))
    return Reply(end=end, observation=observation, changed=changed, detail=detail, printed=printed, spent=spent)


def _changed(inputs: Mapping[str, Any], found: Mapping[str, str]) -> list[str]:
    """Return the inputs that the keeper found otherwise than they were sent."""
    where = given.spans(inputs)
    room = bytearray(given.size(where))
    given.lay(inputs, room)
    return [name for name, digest in given.digests(room, where).items() if found.get(name) != digest]


def _observation(value: Any) -> Mapping[str, Any]:
    kinds = {"outputs": (dict, type(None)), "trouble": str, "message": str, "printed": str}
    if not isinstance(value, dict) or value.keys() != kinds.keys():
        raise BadFrame("an observation has four parts")
    for name, kind in kinds.items():
        if not isinstance(value[name], kind):  # type: ignore[arg-type]
            raise BadFrame(f"the part {name!r} of an observation is of the wrong kind")
    if value["trouble"] not in ("", "stub", "unusable", "error") or (not value["trouble"] and value["outputs"] is None):
        raise BadFrame("an observation holds outputs or says why not")
    return value
