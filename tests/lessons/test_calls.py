"""What a lesson takes from the library is there, and takes the options that the lesson gives it."""

from __future__ import annotations

import ast
import importlib
import inspect
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

import srkit
from tools import press
from tools._lesson import read_lesson

LESSONS = press.sources()


def dotted(node: ast.AST) -> list[str]:
    """Return the names of ``a.b.c``, or nothing for any other expression."""
    if isinstance(node, ast.Name):
        return [node.id]
    before = dotted(node.value) if isinstance(node, ast.Attribute) else []
    return [*before, node.attr] if before and isinstance(node, ast.Attribute) else []


def found(names: list[str]) -> Any:
    """Return what the library has under ``srkit.a.b``."""
    thing: Any = srkit
    for name in names[1:]:
        thing = getattr(thing, name)
    return thing


def faults(source: str) -> Iterator[str]:
    """Yield each name, option and registered name of the library in a lesson's code that does not exist."""
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.ImportFrom) and (node.module or "").partition(".")[0] == "srkit":
            home = importlib.import_module(str(node.module))
            yield from (f"{node.module}.{one.name}" for one in node.names if not hasattr(home, one.name))
        names = dotted(node.func if isinstance(node, ast.Call) else node)
        if names[:1] != ["srkit"]:
            continue
        try:
            thing = found(names)
        except AttributeError:
            yield ".".join(names)
            continue
        if isinstance(node, ast.Call):
            yield from wrong_call(".".join(names), thing, node)


def wrong_call(name: str, thing: Any, call: ast.Call) -> Iterator[str]:
    """Yield the options that a function of the library does not have, and what it cannot create."""
    if name.endswith(".create") and call.args and isinstance(call.args[0], ast.Constant):
        known = found(name.split(".")[:-1]).names()
        yield from [] if call.args[0].value in known else [f"{name}({call.args[0].value!r})"]
    taken = inspect.signature(thing).parameters
    if not any(one.kind is one.VAR_KEYWORD for one in taken.values()):
        yield from (f"{name}({one.arg}=)" for one in call.keywords if one.arg and one.arg not in taken)


@pytest.mark.parametrize("path", LESSONS, ids=lambda path: path.stem)
def test_everything_a_lesson_takes_from_the_library_exists_with_the_options_it_gives(path: Path) -> None:
    cells = [cell.source for cell in read_lesson(path) if cell.kind != "text"]
    own = {f"srkit.models.create({name!r})" for source in cells for name in re.findall(r'register\w*\("(\w+)"', source)}
    assert [fault for source in cells for fault in faults(source) if fault not in own] == []


def test_a_name_an_option_and_a_network_that_do_not_exist_are_found() -> None:
    assert list(faults("import srkit\nsrkit.upscal(x)")) == ["srkit.upscal", "srkit.upscal"]
    assert list(faults("srkit.upscale(x, net, tyle=3)")) == ["srkit.upscale(tyle=)"]
    assert list(faults("srkit.models.create('rcann', scale=2)")) == ["srkit.models.create('rcann')"]
    assert list(faults("from srkit.ops import imresise")) == ["srkit.ops.imresise"]
