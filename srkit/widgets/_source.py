"""``source``: the library's code in the lesson, with file and lines."""

from __future__ import annotations

import functools
import importlib
import inspect
import sys
import textwrap
from dataclasses import dataclass
from html import escape
from pathlib import Path
from types import ModuleType
from typing import Any

from srkit.errors import BadInput
from srkit.widgets._static import style

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
        last = self.first_line + len(self.code.splitlines()) - 1
        width = len(str(last))
        lines = _coloured(self.code).split("\n")
        body = "\n".join(
            f'<span class="n">{number:>{width}}  </span>{line}' for number, line in enumerate(lines, self.first_line)
        )
        summary = f"<br>{escape(self.summary)}" if self.summary else ""
        return (
            f'<div class="srkit-source"><style>{style("source")}</style><div class="srkit-source-head">'
            f"<b>{escape(self.name)}</b> <small>{escape(self.place)}</small>{summary}</div>"
            f'<pre tabindex="0" style="white-space:pre;overflow-x:auto;word-break:normal" '
            f'aria-label="Source code of {escape(self.name)}">{body}</pre></div>'
        )


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


def _coloured(code: str) -> str:
    """Return the code as HTML; coloured where pygments is installed, plain otherwise."""
    try:
        from pygments.lexers import PythonLexer  # type: ignore[import-untyped]
    except ImportError:
        return escape(code)
    return "".join(_span(str(kind), text) for kind, text in PythonLexer(stripnl=False, ensurenl=False).get_tokens(code))


def _span(kind: str, text: str) -> str:
    classes = {
        "Token.Keyword": "kw", "Token.Operator.Word": "kw", "Token.Literal.String": "st", "Token.Literal.Number": "nu",
        "Token.Comment": "co", "Token.Name.Function": "na", "Token.Name.Class": "na", "Token.Name.Decorator": "na",
    }  # fmt: skip
    found = next((name for prefix, name in classes.items() if kind.startswith(prefix)), None)
    if found is None:
        return escape(text)
    return "\n".join(f'<span class="{found}">{escape(line)}</span>' if line else "" for line in text.split("\n"))
