"""What the pages say is true: links lead somewhere, commands and names exist."""

from __future__ import annotations

import ast
import importlib
import inspect
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from tests.house._code import ROOT, TESTS, relative, tracked
from tests.house._markdown import anchors, blocks, links, pages

PAGES = pages(tracked())
MAKE = re.compile(r"(?<![-\w])make ([a-z]+)\b")
COMMAND = re.compile(r"(?:^|[ /`])srkit ([a-z][a-z-]*)(?: ([a-z][a-z-]*))?")
SCRIPT = re.compile(r"python3? ((?:tools|tests|benchmarks|autograder)/[\w/]+\.py)")


def commands(path: Path) -> list[str]:
    """Return every line of shell and every piece of inline code on a page."""
    text = path.read_text("utf-8")
    lines = [
        line
        for block in blocks(text)
        if block.language in {"sh", "bash", "console"}
        for line in block.text.splitlines()
    ]
    return lines + re.findall(r"`([^`\n]+)`", text)


def test_there_is_a_readme_a_map_and_a_page_for_contributors() -> None:
    assert {"README.md", "CONTRIBUTING.md", "CHANGELOG.md", "docs/MAP.md"} <= {relative(page) for page in PAGES}


@pytest.mark.parametrize("page", PAGES, ids=relative)
def test_every_link_on_the_page_leads_somewhere(page: Path) -> None:
    dead = []
    for link in links(page.read_text("utf-8")):
        target, _, anchor = link.partition("#")
        if re.match(r"[a-z]+:", link):
            continue
        file = (page.parent / target).resolve() if target else page
        if not file.exists() or (anchor and file.suffix == ".md" and anchor not in anchors(file.read_text("utf-8"))):
            dead.append(link)
    assert not dead


@pytest.mark.parametrize("page", PAGES, ids=relative)
def test_every_make_target_on_the_page_exists(page: Path) -> None:
    targets = set(re.findall(r"^([a-z]+):", (ROOT / "Makefile").read_text("utf-8"), re.MULTILINE))
    asked = {word for line in commands(page) for word in MAKE.findall(line)}
    assert asked <= targets


@pytest.mark.parametrize("page", PAGES, ids=relative)
def test_every_script_on_the_page_exists(page: Path) -> None:
    asked = {script for line in commands(page) for script in SCRIPT.findall(line)}
    assert not {script for script in asked if not (ROOT / script).is_file()}


@pytest.mark.parametrize("page", PAGES, ids=relative)
def test_every_srkit_command_on_the_page_exists(page: Path) -> None:
    asked = {words for line in commands(page) for words in COMMAND.findall(line)}
    group = importlib.import_module("srkit.cli").cli if asked else None
    unknown = [words for words in asked if not _known(group, *words)]
    assert not unknown


def test_the_python_of_the_readme_names_only_what_exists_and_fits() -> None:
    code = "".join(b.text for b in blocks((ROOT / "README.md").read_text("utf-8")) if b.language == "python")
    calls = [node for node in ast.walk(ast.parse(code)) if isinstance(node, ast.Call) and _is_srkit(node.func)]
    assert len(calls) >= 4
    for call in calls:
        function = _resolve(ast.unparse(call.func))
        inspect.signature(function).bind(*call.args, **{str(k.arg): k.value for k in call.keywords})


def test_the_readme_fits_on_one_screen_and_has_a_picture_with_words() -> None:
    text = (ROOT / "README.md").read_text("utf-8")
    assert len(text.splitlines()) <= 90
    assert re.search(r"!\[[^\]]{20,}\]\(docs/picture\.jpg\)", text)


def test_the_map_names_every_folder_of_the_tests_and_every_room_has_one() -> None:
    row = next(line for line in (ROOT / "docs/MAP.md").read_text("utf-8").splitlines() if line.startswith("| [tests/]"))
    named = set(re.findall(r"`tests/(\w+)`", row))
    beside = {path.name for path in ROOT.iterdir() if path.is_dir()}
    rooms = {path.name for path in (ROOT / "srkit").iterdir() if (path / "__init__.py").is_file()}
    folders = {path.parts[0] for path in (test.relative_to(ROOT / "tests") for test in TESTS)}
    assert rooms <= folders, "one folder for each room"
    assert not folders - rooms - named - beside, "name it on the map"
    assert all(any((ROOT / "tests" / name).glob("*.py")) for name in named)


@pytest.mark.processes
def test_make_help_and_the_bootstrap_tell_of_the_same_two_verbs() -> None:
    said = subprocess.run(
        [sys.executable, str(ROOT / "tools" / "bootstrap.py")], capture_output=True, text=True, check=False
    )
    makefile = (ROOT / "Makefile").read_text("utf-8")
    for verb in ("lab", "test"):
        assert re.search(rf"^    {verb} ", said.stderr, re.MULTILINE)
        assert f"tools/bootstrap.py {verb}" in makefile


def _known(group: Any, verb: str, sub: str) -> bool:
    import click

    command = group.get_command(click.Context(group), verb)
    if command is None:
        return False
    takes_commands = isinstance(command, click.Group)
    return not (takes_commands and sub) or command.get_command(click.Context(command), sub) is not None


def _is_srkit(node: ast.expr) -> bool:
    return ast.unparse(node).startswith("srkit.")


def _resolve(dotted: str) -> Any:
    thing: Any = importlib.import_module("srkit")
    for part in dotted.split(".")[1:]:
        thing = getattr(thing, part)
    return thing
