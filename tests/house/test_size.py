"""Rule 10: it fits in one look."""

from __future__ import annotations

import ast
import statistics
from pathlib import Path

from tests.house._code import LIBRARY, Function, functions, lines, nodes, relative, tree


def test_every_file_parses_with_the_oldest_python_supported() -> None:
    broken = [relative(path) for path in LIBRARY if not tree(path).body and path.stat().st_size]
    assert not broken


def test_no_file_has_more_than_250_lines_of_code() -> None:
    long = {relative(path): n for path in LIBRARY if (n := _lines_of_code(path)) > 250}
    assert not long, f"docstrings, comments and blank lines are not counted; divide by idea: {long}"


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


def test_only_lines_that_do_something_count_as_code(tmp_path: Path) -> None:
    path = tmp_path / "counted.py"
    path.write_text('"""Several\n\nlines."""\n\nX = 1  # one\n# none\ndef f():\n    """Of\n    two."""\n    return X\n')
    assert _lines_of_code(path) == 3


def _length(node: Function) -> int:
    """Count the lines from ``def`` to the end, without the docstring: explaining is never too long."""
    return (node.end_lineno or node.lineno) - node.lineno + 1 - len(_docstring(node))


def _lines_of_code(path: Path) -> int:
    """Count the lines of a file without docstrings, comments and blank lines."""
    documented = (node for node in nodes(path) if isinstance(node, ast.Module | ast.ClassDef | Function))
    explained = {number for node in documented for number in _docstring(node)}
    rest = (line.strip() for number, line in enumerate(lines(path), 1) if number not in explained)
    return sum(bool(line) and not line.startswith("#") for line in rest)


def _docstring(node: ast.Module | ast.ClassDef | Function) -> range:
    """Return the numbers of the lines a docstring takes."""
    if ast.get_docstring(node, clean=False) is None:
        return range(0)
    return range(node.body[0].lineno, (node.body[0].end_lineno or 0) + 1)
