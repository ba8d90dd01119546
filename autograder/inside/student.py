"""The last thing that runs before student code, in the same process: nothing here is trusted afterwards.

Nothing of the grader calls it: it is what Python does when every frame has ended. It knows the student's own code and
the inputs of one case, which the student gets anyway.
"""

from __future__ import annotations

import linecache
import os
import sys
import types
from collections.abc import Callable, Mapping
from typing import Any

from autograder.inside.frames import encode

__all__ = ["module", "run"]


def run(request: Mapping[str, Any], answer: int, *ended: object) -> None:
    """Define the student's code, run it on one case as ``perform`` does, and write what was observed to ``answer``."""
    del ended
    for name in ("last_type", "last_value", "last_traceback", "last_exc"):
        vars(sys).pop(name, None)
    sys.excepthook = sys.__excepthook__
    try:
        beside = [module(name, code) if code else sys.modules[name] for name, code in request["beside"]]
        student_module = types.ModuleType("__main__")
        vars(student_module).update(display=_nothing, get_ipython=_Shell)  # which a notebook has without an import
        perform = getattr(beside[-1], request["perform"])

        def load_and_perform(_: None, nothing: Mapping[str, Any]) -> Any:
            _define(student_module, request["pieces"])
            return perform(getattr(student_module, request["name"]), request["inputs"])

        seen = beside[0].measure(load_and_perform, None, {})  # whether the inputs change is seen by who watches
        observation = {name: getattr(seen, name) for name in ("outputs", "trouble", "message", "printed")}
        data = encode(observation)
    except BaseException as problem:
        data = encode({"outputs": None, "trouble": "error", "message": _told(problem), "printed": ""})
    view = memoryview(data)
    try:
        while view:
            view = view[os.write(answer, view) :]
    finally:
        os._exit(0)


def _nothing(*shown: object, **how: object) -> None:
    """Show nothing: nobody looks."""


class _Shell:
    """Stands for the shell of a notebook, of which an answer may call anything; nothing comes of it."""

    def __getattr__(self, name: str) -> Callable[..., None]:
        return _nothing


def _define(module: types.ModuleType, pieces: list[list[str]]) -> None:
    sys.modules["__main__"] = module
    for name, code in pieces:
        lines = code.splitlines(keepends=True)
        linecache.cache[name] = (len(code), None, lines, name)
        exec(compile(code, name, "exec"), vars(module))


def module(name: str, code: str) -> types.ModuleType:
    """Make a module of a text; what comes later imports it by its name, though the library here has no such file."""
    made = sys.modules[name] = types.ModuleType(name)
    exec(compile(code, f"<srkit {name}>", "exec"), vars(made))
    return made


def _told(problem: BaseException) -> str:
    try:
        return f"{type(problem).__name__}: {problem}"[:600]
    except BaseException:
        return "an exception whose text cannot be had"
