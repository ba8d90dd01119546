"""``source``: the library's code in the lesson, with file and lines."""

from __future__ import annotations

import functools
import importlib
import inspect
import sys
import textwrap
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType
from typing import Any

from srkit.errors import BadInput
from srkit.widgets._static import fill, style

__all__ = ["Source", "source"]


@dataclass(frozen=True)
class Source:
    """The code of one thing: a notebook draws it coloured, ``print`` shows it plain."""

    name: str  # qualified
    path: str  # file, relative to the folder that holds the package
    first_line: int  # number of the first line in that file
    code: str  # without common indentation
    summary: str  # first sentence of the docstring, or an empty string

    @property
    def place(self) -> str:
        """File and lines in words."""
        last = self.first_line + len(self.code.splitlines()) - 1
        return f"{self.path}, lines {self.first_line} to {last}"

    def __repr__(self) -> str:
        return f"# {self.place}\n{self.code}"

    def _repr_html_(self) -> str:
        """Return numbered lines in a ``<pre>``; with styles stripped, the text and its numbers remain."""
        lines = _lines(self.code)
        width = len(str(self.first_line + len(lines) - 1))
        numbered = [(f"{number:>{width}}", spans) for number, spans in enumerate(lines, self.first_line)]
        return fill("source", source=self, lines=numbered, style=style("source"))


def source(obj: Any) -> Source:
    """Show the code of a function, a class, a method, a module, or of the class of an object.

    Args:
        obj: the thing itself, for example ``srkit.losses.tv``; decorators and ``functools.partial`` are seen through,
            and an instance (a network, a loss) stands for its class.

    Raises:
        BadInput: it has no Python code (built-in functions, plain values, names given as text).

    Example:
        >>> source(srkit.losses.tv)                                                       # doctest: +SKIP
    """
    target = _target(obj)
    try:
        lines, number = inspect.getsourcelines(target)
    except (OSError, TypeError):
        raise BadInput(_no_code(obj, target)) from None
    code = textwrap.dedent("".join(lines))
    return Source(
        name=_name(target),
        path=_path(target),
        first_line=max(number, 1),
        code=code.rstrip("\n"),
        summary=(inspect.getdoc(target) or "").partition("\n")[0] if not inspect.ismodule(target) else "",
    )


def _target(obj: Any) -> Any:
    while isinstance(obj, functools.partial):
        obj = obj.func
    if isinstance(obj, property):
        obj = obj.fget
    if isinstance(obj, (staticmethod, classmethod)):
        obj = obj.__func__
    obj = inspect.unwrap(obj) if callable(obj) else obj
    kinds = (inspect.isfunction, inspect.ismethod, inspect.isclass, inspect.ismodule, inspect.isbuiltin)
    if isinstance(obj, (str, bytes, int, float, complex, list, tuple, dict, set, type(None))):
        raise BadInput(
            f"source() was given {obj!r:.60}, which is a value. Hand it the thing itself, without quotes and without "
            "calling it: source(srkit.losses.tv)."
        )
    return obj if any(kind(obj) for kind in kinds) else type(obj)


def _name(target: Any) -> str:
    return str(getattr(target, "__qualname__", None) or getattr(target, "__name__", target))


def _path(target: Any) -> str:
    file = Path(inspect.getsourcefile(target) or inspect.getfile(target))
    module = target if isinstance(target, ModuleType) else inspect.getmodule(target)
    if module is None or module.__name__ == "__main__" or not file.exists():
        return (
            "a cell of this notebook" if not file.exists() or file.parent.name.startswith("ipykernel_") else file.name
        )
    top = sys.modules.get(module.__name__.partition(".")[0]) or importlib.import_module(module.__name__)
    home = Path(str(top.__file__)).resolve().parent if getattr(top, "__file__", None) else file.parent
    base = home.parent if hasattr(top, "__path__") else home
    resolved = file.resolve()
    return resolved.relative_to(base).as_posix() if resolved.is_relative_to(base) else file.name


def _no_code(obj: Any, target: Any) -> str:
    home = getattr(target, "__module__", None) or "Python"
    return (
        f"{getattr(obj, '__name__', type(obj).__name__)!r} has no Python code to show: it is built into {home} or "
        "was typed where no file remembers it. source() reads functions, classes and methods written in Python, "
        "such as source(srkit.losses.tv)."
    )


def _lines(code: str) -> list[list[tuple[str, str]]]:
    """Return the lines as pieces (class, text); coloured where pygments is installed, plain otherwise."""
    try:
        from pygments.lexers import PythonLexer  # type: ignore[import-untyped]
    except ImportError:
        return [[("", line)] for line in code.split("\n")]
    lines: list[list[tuple[str, str]]] = [[]]
    for kind, text in PythonLexer(stripnl=False, ensurenl=False).get_tokens(code):
        first, *more = ((_class_of(str(kind)), line) for line in text.split("\n"))
        lines[-1].append(first)
        lines += [[piece] for piece in more]
    return lines


def _class_of(kind: str) -> str:
    classes = {
        "Token.Keyword": "kw", "Token.Operator.Word": "kw", "Token.Literal.String": "st", "Token.Literal.Number": "nu",
        "Token.Comment": "co", "Token.Name.Function": "na", "Token.Name.Class": "na", "Token.Name.Decorator": "na",
    }  # fmt: skip
    return next((name for prefix, name in classes.items() if kind.startswith(prefix)), "")
