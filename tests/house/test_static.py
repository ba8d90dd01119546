"""What may not lie in the project: large files, foreign addresses in pages, traces of one person's machine."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from tests.house._code import ROOT, relative, tracked

LARGEST = 500_000
ROOMY = ("data/", "docs/picture")  # trained weights, sample photographs and the one picture of the README
PAGES = {".html", ".js", ".mjs", ".css", ".j2", ".tpl", ".svg"}
BINARY = {".png", ".jpg", ".jpeg", ".npz", ".npy", ".safetensors", ".bmp", ".tif", ".tiff", ".webp", ".gif", ".pt"}
NAMESPACES = ("http://www.w3.org/", "https://www.w3.org/")
FETCHED = re.compile(
    r"""(?<!<a )(?:src|href|url|import|fetch|from|action)\s*[=(:]?\s*\(?\s*["'`]?((?:https?:)?//[^\s"'`)>]+)"""
)
PRIVATE = re.compile(
    r"(?<![\w.~-])/(?:work|root|opt)/(?!\*)[a-z.]|/home/(?!student|you|runner)[a-z]+/|/Users/(?!you)[A-Za-z]+/|C:\\Users\\(?!you)"
)
TICKET = re.compile(r"\bissues? " + r"#?\d", re.IGNORECASE)


def texts() -> list[Path]:
    """Return every file of the project a person can read."""
    return [path for path in tracked() if path.suffix.lower() not in BINARY and path != Path(__file__).resolve()]


def read(path: Path) -> str:
    """Return the text of a file."""
    return path.read_text("utf-8", errors="replace")


def test_no_file_is_larger_than_half_a_megabyte() -> None:
    large = {relative(p): p.stat().st_size for p in tracked() if p.stat().st_size > LARGEST}
    assert not {name: size for name, size in large.items() if not name.startswith(ROOMY)}


def test_the_whole_project_stays_small_enough_to_clone_in_seconds() -> None:
    assert sum(path.stat().st_size for path in tracked()) < 60e6


@pytest.mark.parametrize(
    "line",
    [
        '<img src="https://a.example/x.png">',
        "@import url('//a.example/x.css')",
        "fetch('https://a.example')",
        "import x from 'https://a.example/x.js'",
    ],
)
def test_the_pattern_for_foreign_requests_knows_one(line: str) -> None:
    assert FETCHED.search(line)


def test_a_link_that_a_reader_may_click_is_no_foreign_request() -> None:
    assert not FETCHED.search('<a href="https://a.example/paper" target="_blank">')


def test_no_page_style_or_script_asks_another_machine_for_anything() -> None:
    guilty = [
        f"{relative(path)}: {address}"
        for path in texts()
        if path.suffix in PAGES or (path.suffix == ".py" and "<html" in read(path))
        for address in FETCHED.findall(read(path))
        if not address.startswith(NAMESPACES)
    ]
    assert not guilty


def test_no_file_tells_of_one_persons_machine() -> None:
    guilty = [
        f"{relative(path)}:{number}: {line.strip()[:80]}"
        for path in texts()
        for number, line in enumerate(read(path).splitlines(), 1)
        if PRIVATE.search(line)
    ]
    assert not guilty


def test_no_file_refers_to_a_ticket_that_readers_cannot_see() -> None:
    guilty = [f"{relative(path)}: {found[0]}" for path in texts() if (found := TICKET.search(read(path)))]
    assert not guilty


def test_no_editor_or_system_litter_is_kept() -> None:
    litter = {".DS_Store", "Thumbs.db", ".ipynb_checkpoints", "__pycache__", ".idea", ".vscode"}
    assert not [relative(path) for path in tracked() if litter & set(path.relative_to(ROOT).parts)]


def test_text_files_end_with_one_newline_and_use_unix_line_ends() -> None:
    sources = [path for path in texts() if path.suffix in {".py", ".md", ".toml", ".yml", ".js", ".css", ".lock"}]
    assert not [relative(p) for p in sources if (raw := p.read_bytes()) and (b"\r\n" in raw or not raw.endswith(b"\n"))]
