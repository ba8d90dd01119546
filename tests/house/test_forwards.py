"""Rule 5: say the shape, in the docstring of every forward and at the end of every line that changes it."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator

from tests.house._code import ROOT, SRKIT, Function, functions, lines

SHAPE = re.compile(r"\([^()]*,[^()]*(\([^()]*\)[^()]*)*\)|\bscalar\b|\(b\)")
COMMENT = re.compile(r"#.*(\(.*\)|scalar)")
CHANGERS = {
    *("view", "reshape", "permute", "transpose", "flatten", "unflatten", "squeeze", "unsqueeze", "chunk", "expand"),
    *("interpolate", "pixel_shuffle", "pixel_unshuffle", "unfold", "fold", "pad", "cat", "stack", "imresize", "einsum"),
}


def forwards() -> Iterator[tuple[str, Function]]:
    """Yield every forward with arguments of its own, and the file it stands in."""
    return ((where, node) for where, node in functions(SRKIT) if node.name == "forward" and len(node.args.args) > 1)


def test_every_forward_has_a_docstring_that_states_shapes() -> None:
    assert len(list(forwards())) >= 5
    silent = [where for where, node in forwards() if not SHAPE.search(ast.get_docstring(node) or "")]
    assert not silent, f"say the shape, such as (b, 3, h, w) -> (b, 3, scale*h, scale*w): {silent}"


def test_every_line_of_a_forward_that_changes_the_shape_says_what_it_becomes() -> None:
    silent = [f"{where.split(':')[0]}:{number}" for where, node in forwards() for number in _silent_lines(where, node)]
    assert not silent, f"end these lines with a comment such as  # (b, 64, h, w): {silent}"


def test_the_docstring_pattern_tells_shapes_from_other_brackets() -> None:
    assert SHAPE.search("Enlarge ``(b, 3, h, w)``.")
    assert SHAPE.search("Return a scalar.")
    assert not SHAPE.search("Enlarge the image (see section 3).")


def _silent_lines(where: str, node: Function) -> Iterator[int]:
    text = lines(ROOT / where.split(":")[0])
    for statement in ast.walk(node):
        if isinstance(statement, ast.Assign | ast.Return | ast.AugAssign | ast.AnnAssign) and _changes(statement):
            span = text[statement.lineno - 1 : statement.end_lineno]
            if not any(COMMENT.search(line) for line in span):
                yield statement.lineno


def _changes(statement: ast.stmt) -> bool:
    calls = (node.func for node in ast.walk(statement) if isinstance(node, ast.Call))
    return any((f.attr if isinstance(f, ast.Attribute) else getattr(f, "id", "")) in CHANGERS for f in calls)
