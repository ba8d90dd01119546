"""Code without what a copier changes first: comments, docstrings, spacing."""

from __future__ import annotations

import ast

__all__ = ["normalised"]


def normalised(source: str) -> str:
    """Return code without comments, docstrings and its author's spacing; what does not parse is returned as it is."""
    try:
        tree = ast.parse(source)
        for node in ast.walk(tree):
            if isinstance(node, (ast.Module, ast.ClassDef, ast.FunctionDef, ast.AsyncFunctionDef)):
                node.body = _without_docstring(node.body) or [ast.Pass()]
        return ast.unparse(tree) + "\n"
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return source if source.endswith("\n") else f"{source}\n"


def _without_docstring(body: list[ast.stmt]) -> list[ast.stmt]:
    first = body[0] if body else None
    text = isinstance(first, ast.Expr) and isinstance(first.value, ast.Constant) and isinstance(first.value.value, str)
    return body[1:] if text else body
