"""The box student code runs in: what goes in and what comes out."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from typing import Any, Literal, Protocol

from autograder.limits import Limits
from srkit.exercises import Value

__all__ = ["Box", "BoxError", "End", "Job", "Reply"]

End = Literal["answered", "died", "timeout", "memory", "too large", "broken"]


class BoxError(RuntimeError):
    """The box itself does not work; nothing is known about the student's code."""


@dataclass(frozen=True, kw_only=True)
class Job:
    """One case of one exercise, as it goes into the box. No expected value, tolerance, point or seed is in it.

    Attributes:
        name: the function or class the student defines.
        pieces: (label, code) of the student's code, in the order of the notebook.
        beside: (module, text) of what runs the answer, see :func:`autograder.masks.beside`; the first has ``measure``.
        perform: the name of the function in the last of them that is given the answer.
        inputs: the inputs of this case.
        hidden: what must not be importable, as ``"module:name"``.
    """

    name: str
    pieces: Sequence[tuple[str, str]]
    beside: Sequence[tuple[str, str]]
    perform: str
    inputs: Mapping[str, Value]
    hidden: frozenset[str] = frozenset()


@dataclass(frozen=True, kw_only=True)
class Reply:
    """What came out of the box for one job; what is observed and printed may be a lie of the student's code.

    Attributes:
        end: how it ended. ``"broken"`` is the box's fault, all others the code's.
        observation: for ``"answered"``: keys ``outputs``, ``trouble``, ``message``, ``printed``.
        changed: names of the inputs whose tensors are otherwise than they were given, as the box sees it from outside.
        detail: what is known about the end: a signal, an exit status, what was too much.
        printed: the beginning of what was printed.
        spent: what the box measured, which is no lie: ``cpu`` in seconds and ``output`` in bytes; with walls also the
            most at one moment of ``processes`` with threads, ``bytes`` and ``files`` below the temporary folder.
    """

    end: End
    observation: Mapping[str, Any] | None = None
    changed: tuple[str, ...] = ()
    detail: str = ""
    printed: str = ""
    spent: Mapping[str, float] = field(default_factory=dict)


class Box(Protocol):
    """Runs student code where it can harm nothing. One box serves one grading process, one job at a time."""

    def sitting(self) -> AbstractContextManager[None]:
        """Return a block within which all jobs are one submission's; a job outside of one is a submission by itself."""

    @property
    def title(self) -> str:
        """What the box is called in messages."""

    def run(self, job: Job, limits: Limits) -> Reply:
        """Run one job; nothing it started is alive and nothing it wrote is left when this returns."""

    def close(self) -> None:
        """End the box. It may be called twice."""
