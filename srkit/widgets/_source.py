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

__all__ = ["Source", "source"]

_STYLE = """
.srkit-source{border:1px solid var(--jp-border-color2,#8888);border-radius:4px;margin:4px 0;overflow:hidden}
.srkit-source-head{padding:4px 8px;border-bottom:1px solid var(--jp-border-color2,#8888);opacity:.85}
.srkit-source pre{margin:0;padding:6px 8px!important;line-height:1.35;background:none}
.srkit-source .n{user-select:none;opacity:.7}
.srkit-source .kw{color:color-mix(in srgb,var(--jp-mirror-editor-keyword-color,#1a7f37) 65%,currentColor)}
.srkit-source .kw{font-weight:600}
.srkit-source .st{color:color-mix(in srgb,var(--jp-mirror-editor-string-color,#b3261e) 65%,currentColor)}
.srkit-source .co{color:color-mix(in srgb,var(--jp-mirror-editor-comment-color,#3f7f7f) 65%,currentColor)}
.srkit-source .co{font-style:italic}
.srkit-source .nu{color:color-mix(in srgb,var(--jp-mirror-editor-number-color,#1a7f6b) 65%,currentColor)}
.srkit-source .na{color:color-mix(in srgb,var(--jp-mirror-editor-def-color,#1f5fd0) 65%,currentColor)}
""".strip()


@dataclass(frozen=True)
class Source:
    """The code of one thing: a notebook draws it coloured, ``print`` shows it plain.

    Attributes:
        name: qualified name.
        path: file, relative to the folder that holds the package.
        first_line: number of the first line in that file.
        code: the text, without common indentation.
        summary: first sentence of the docstring, or an empty string.
    """

    name: str
    path: str
    first_line: int
    code: str
    summary: str

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
            f'<div class="srkit-source"><style>{_STYLE}</style><div class="srkit-source-head"><b>{escape(self.name)}'
            f"</b> <small>{escape(self.place)}</small>{summary}</div>"
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
