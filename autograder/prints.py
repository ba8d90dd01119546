"""What an answer looks like when names, comments and spacing do not count: its normal form and its fingerprint."""

from __future__ import annotations

import ast
import hashlib
import io
import tokenize
from dataclasses import dataclass

from autograder.normal import normalised

__all__ = ["Print", "fingerprint"]

LENGTH = 6  # tokens of a piece: half a line of code


@dataclass(frozen=True)
class Print:
    """An answer's fingerprint.

    Attributes:
        code: without comments, docstrings and its author's spacing.
        whole: digest of all tokens, with the author's own names alike.
        pieces: digests of every run of tokens.
        called: last names of what is called: ``fold`` for ``F.fold(x)``.
    """

    code: str
    whole: str = ""
    pieces: frozenset[str] = frozenset()
    called: frozenset[str] = frozenset()


def fingerprint(source: str, name: str = "") -> Print:
    """Return the fingerprint of code; what is no Python has a code and nothing else.

    Names that the code itself binds are alike, so that renaming changes nothing; names of the language, of modules and
    of their functions stay what they are. Imports do not count.

    Args:
        source: an answer, with all it needs.
        name: of the function or class whose tokens are the answer's own; "" for everything.
    """
    code = normalised(source)
    try:
        tree = _bare(ast.parse(code))
        bound = _bound(tree)
        body = [node for node in tree.body if not isinstance(node, ast.Import | ast.ImportFrom)]
        own = [node for node in body if name and getattr(node, "name", "") == name] or body
        words, mine = _words(body, bound), _words(own, bound)
    except (SyntaxError, ValueError, RecursionError, MemoryError, tokenize.TokenError):
        return Print(code)
    runs = (" ".join(words[start : start + LENGTH]) for start in range(max(1, len(words) - LENGTH + 1)))
    return Print(code, _digest(" ".join(mine)), frozenset(map(_digest, runs)), _called(tree))


def _bare(tree: ast.Module) -> ast.Module:
    """Return the tree without annotations and decorators, which a copier leaves out."""
    for node in ast.walk(tree):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            node.decorator_list, node.returns = [], None
        elif isinstance(node, ast.ClassDef):
            node.decorator_list = []
        elif isinstance(node, ast.arg):
            node.annotation = None
    return tree


def _called(tree: ast.Module) -> frozenset[str]:
    """Return what is called, under the names the modules give it: ``from m import fold as g`` is ``fold``."""
    imports = [alias for node in ast.walk(tree) if isinstance(node, ast.ImportFrom) for alias in node.names]
    known = {alias.asname or alias.name: alias.name for alias in imports}
    own = {node.name for node in tree.body if isinstance(node, ast.FunctionDef | ast.ClassDef)}
    calls = [node.func for node in ast.walk(tree) if isinstance(node, ast.Call)]
    names = {known.get(one.id, one.id) for one in calls if isinstance(one, ast.Name) and one.id not in own}
    return frozenset(names | {one.attr for one in calls if isinstance(one, ast.Attribute)})


def _words(body: list[ast.stmt], bound: set[str]) -> list[str]:
    kinds = (tokenize.NAME, tokenize.OP, tokenize.NUMBER, tokenize.STRING)
    text = ast.unparse(ast.Module(body=body, type_ignores=[]))
    found = tokenize.generate_tokens(io.StringIO(text).readline)
    return ["V" if token.string in bound else token.string for token in found if token.type in kinds]


def _bound(tree: ast.Module) -> set[str]:
    """Return the variables, arguments and functions that the code defines; imported names are not its own."""
    names = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
            names.add(node.id)
        elif isinstance(node, ast.arg):
            names.add(node.arg)
        elif isinstance(node, ast.FunctionDef | ast.ClassDef):
            names.add(node.name)
    return names - {"self", "forward", "__init__"}


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode("utf-8", "replace")).hexdigest()[:16]
