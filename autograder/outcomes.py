"""From what came out of the box to an outcome and a sentence that helps."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from autograder.box import Reply
from autograder.evidence import magnitude, pictures, readable
from autograder.limits import Limits
from autograder.record import Outcome
from srkit.exercises import Case, Exercise, judge
from srkit.exercises._beside import Observation
from srkit.exercises._references import expected_outputs

__all__ = ["Met", "judged", "reached", "told"]

_NO_PROCESS = re.compile(r"^RuntimeError: can't start new thread|^BlockingIOError: \[Errno 11\]")
_MOST_FILES = 8192
_NO_MEMORY = re.compile(r"^MemoryError|allocate memory|bad_alloc|^OSError: \[Errno 12\]")


@dataclass(frozen=True)
class Met:
    """How one case, or one criterion up to its first failing case, came out."""

    outcome: Outcome
    message: str = ""
    slip: str = ""
    magnitude: float | None = None
    printed: str = ""
    images: Mapping[str, Any] = field(default_factory=dict)

    def after(self, earlier: Met) -> Met:
        """Return this, with what is kept of an earlier case of the same criterion that was met."""
        gaps = [gap for gap in (self.magnitude, earlier.magnitude) if gap is not None]
        images = self.images if self.outcome != "correct" or not earlier.images else earlier.images
        return replace(self, magnitude=max(gaps, default=None), printed=self.printed or earlier.printed, images=images)


def told(reply: Reply, limits: Limits) -> Met | None:
    """Return what is to be said of a run that gave no answer; None where it gave one."""
    printed = readable(reply.printed, limits.printed_bytes)
    if reply.end == "answered":
        return None
    if reply.end == "broken":
        return Met("infrastructure", f"The grader failed, not your code; it will be graded again. ({reply.detail})")
    if reply.end == "timeout":
        cpu = f"{limits.cpu_seconds} s of processor time, of all its processes together"
        limit = cpu if reply.detail == "processor time" else f"{limits.wall_seconds} s on the clock"
        message = f"Stopped after {limit}. Does a loop of yours never end, or wait for something?"
        return Met("timeout", message, printed=printed)
    if reply.end == "memory":
        return Met("memory", _memory(limits, reply.detail), printed=printed)
    if reply.end == "too large" and reply.detail == "output":
        message = "Stopped, because it prints without end: what all your answers together may write was written."
        return Met("error", message, printed=printed)
    if reply.end == "too large":
        message = f"Your answer is larger than {limits.answer_bytes >> 20} MiB, far more than was asked for."
        return Met("error", message, printed=printed)
    message = f"The process that ran your code ended before it gave an answer ({readable(reply.detail, 200)}). "
    return Met("died", message + "Does it call exit(), quit() or os._exit(), or kill its own kernel?", printed=printed)


def judged(exercise: Exercise, case: Case, reply: Reply) -> Met:
    """Compare what was observed with the references."""
    seen = reply.observation or {}
    observation = Observation(
        outputs=seen["outputs"],
        trouble=seen["trouble"],
        message=readable(seen["message"]),
        changed=reply.changed,
    )
    printed = readable(f"{seen['printed']}{reply.printed}", 2000)
    if observation.trouble == "error" and _NO_MEMORY.search(observation.message):
        return Met("memory", f"{observation.message}", printed=printed)
    try:
        outcome, message, slip = judge(exercise, case, observation)
        met = Met(_OUTCOMES[outcome], readable(message), slip, printed=printed)
        if observation.outputs is None:
            return met
        alternatives = expected_outputs(exercise, case)
        gap = None if outcome == "correct" else magnitude(observation.outputs, alternatives)
        return replace(met, magnitude=gap, images=pictures(observation.outputs, alternatives[0]))
    except Exception as problem:  # a defect of the exercise must not become a student's zero
        return Met("infrastructure", f"The grader could not compare your answer: {type(problem).__name__}: {problem}")


def reached(met: Met, reply: Reply, limits: Limits) -> str:
    """Return a sentence on each limit that a failed run had reached, or "": its own message may not say so."""
    found = []
    if reply.spent.get("processes", 0) >= limits.processes - 1 or _NO_PROCESS.search(met.message):  # one is the box's
        found.append(f"all {limits.processes} processes and threads that it may have")
    if reply.spent.get("bytes", 0) >= 0.95 * limits.folder_bytes:
        found.append(f"all {limits.folder_bytes >> 20} MiB of the temporary folder")
    if reply.spent.get("files", 0) >= 0.95 * _MOST_FILES:
        found.append(f"all {_MOST_FILES} files of the temporary folder")
    return f" It had used {' and '.join(found)}." if found else ""


def _memory(limits: Limits, detail: str) -> str:
    if detail == "regions":
        return "Your code holds memory in many thousands of separate pieces. Does a loop of yours never let go of any?"
    if detail == "group":
        return "The system ended your code, because all that it had the system hold was more than the sandbox may have."
    if detail == "hidden":
        return "Your code started a program that nobody may read, which hides its memory from whoever counts it."
    return f"Your code took more than the {limits.memory_bytes / 2**30:.3g} GiB of memory it may take."


_OUTCOMES: dict[str, Outcome] = {
    "correct": "correct",
    "wrong": "wrong",
    "error": "error",
    "unusable": "wrong",
    "stub": "no answer",
}
