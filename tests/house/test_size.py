"""Rule 10: it fits in one look."""

from __future__ import annotations

import ast
import statistics

from tests.house._code import LIBRARY, functions, relative, tree


def test_every_file_parses_with_the_oldest_python_supported() -> None:
    broken = [relative(path) for path in LIBRARY if not tree(path).body and path.stat().st_size]
    assert not broken


def test_no_file_is_longer_than_300_lines() -> None:
    long = {relative(path): n for path in LIBRARY if (n := len(path.read_text("utf-8").splitlines())) > 300}
    assert not long, f"split by idea: {long}"


def test_no_function_is_longer_than_40_lines() -> None:
    long = {where: n for where, node in functions(LIBRARY) if (n := _length(node)) > 40}
    assert not long, f"name the parts: {long}"


def test_no_forward_is_longer_than_20_lines() -> None:
    long = {where: n for where, node in functions(LIBRARY) if node.name == "forward" and (n := _length(node)) > 20}
    assert not long, f"head, body, tail: {long}"


def test_nine_functions_in_ten_have_at_most_25_lines() -> None:
    lengths = [_length(node) for _, node in functions(LIBRARY)]
    assert len(lengths) > 5
    assert statistics.quantiles(lengths, n=10)[-1] <= 25


def _length(node: ast.FunctionDef | ast.AsyncFunctionDef) -> int:
    """Count the lines from ``def`` to the end, without the docstring: explaining is never too long."""
    total = (node.end_lineno or node.lineno) - node.lineno + 1
    first = node.body[0]
    if isinstance(first, ast.Expr) and isinstance(first.value, ast.Constant) and isinstance(first.value.value, str):
        total -= (first.end_lineno or first.lineno) - first.lineno + 1
    return total
