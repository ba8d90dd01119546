"""Where an answer is missing: what in the notebook was perhaps meant, in a sentence that tells how to write it."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence

from autograder.notebooks import Cell

__all__ = ["almost"]

_LOOK_ALIKE = str.maketrans(
    "\u0430\u0435\u043e\u0440\u0441\u0443\u0445\u0456\u0455\u0458\u04bb\u0501\u051b\u0261\u0131"
    "\u0410\u0412\u0415\u041a\u041c\u041d\u041e\u0420\u0421\u0422\u0425\u0405\u0406"
    "\u03b1\u03bf\u03c1\u03c5\u03bd\u0391\u0392\u0395\u0396\u0397\u0399\u039a\u039c\u039d\u039f\u03a1\u03a4\u03a5\u03a7",
    "aeopcyxisjhdwgiABEKMHOPCTXSIaopuvABEZHIKMNOPTYX",
)
_NAMES = re.compile(r"[^\W\d]\w*")


def almost(cells: Sequence[Cell], name: str) -> str:
    """Return the end of the sentence "There is no `name` in the notebook": what stands there instead, if anything.

    Args:
        cells: the cells of the notebook.
        name: the function or class that was asked for.
    """
    for cell in (cell for cell in cells if not cell.text):
        text = cell.code or cell.hidden
        if found := _look_alike(text, name):
            return (
                f", but almost: `{found}` in {cell.label} is spelt with letters that only look like those of `{name}`."
            )
        if _by_text(text, name):
            return (
                f", but almost: {cell.label} makes `{name}` by exec() or globals(). The grader reads the notebook "
                f"without running it: write `def {name}` or `class {name}` at the left edge of a cell."
            )
        if not cell.code and _defines(cell.hidden, name):
            return f", but almost: {cell.label} begins with a cell magic (%%), and the grader does not read such cells."
        if other := _other_case(text, name):
            return f", but almost: {cell.label} defines `{other}`. Rename it to `{name}`."
    if any(cell.text and _defines(cell.hidden, name) for cell in cells):
        return f", but almost: a text cell holds `{name}`. Make it a code cell: click beside it and press y."
    runs = next((cell for cell in cells if cell.code and cell.hidden), None)
    if runs is not None:
        return f"; {runs.label} runs another file, which the grader does not have. Write its code into a cell."
    return ": was its cell deleted, or is it called otherwise?"


def _defines(text: str, name: str) -> bool:
    return name in text and re.search(rf"\b(?:def|class)\s+{re.escape(name)}\b", text) is not None


def _look_alike(text: str, name: str) -> str:
    if text.isascii():
        return ""
    words = set(_NAMES.findall(text))
    return next((w for w in sorted(words) if not w.isascii() and _plain(w) == _plain(name)), "")


def _plain(word: str) -> str:
    return unicodedata.normalize("NFKC", word).translate(_LOOK_ALIKE)


def _by_text(text: str, name: str) -> bool:
    quoted = rf"[\"']{re.escape(name)}[\"']"
    spaces = rf"(?:globals|locals|vars)\(\)(?:\[{quoted}\]|\.(?:update|setdefault|__setitem__)\()"
    made = rf"{spaces}|setattr\([^()\n]{{0,80}}{quoted}"
    if name not in text:
        return False
    return re.search(made, text) is not None or (
        re.search(r"\bexec\s*\(", text) is not None
        and re.search(rf"(?:def|class) +{re.escape(name)}\b", text) is not None
    )


def _other_case(text: str, name: str) -> str:
    wanted = name.lower().replace("_", "")
    defined = re.findall(r"^(?:async )?(?:def|class) +(\w+)", text, re.M)
    return next((one for one in defined if one != name and one.lower().replace("_", "") == wanted), "")
