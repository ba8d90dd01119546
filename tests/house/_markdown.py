"""Reading Markdown: links, anchors and fenced blocks."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

FENCE = re.compile(r"^```(\w*)\n(.*?)^```", re.MULTILINE | re.DOTALL)
LINK = re.compile(r"!?\[[^\]]*\]\(([^)\s]+)(?:\s+\"[^\"]*\")?\)")


@dataclass(frozen=True)
class Block:
    """A fenced block.

    Attributes:
        language: the word after the fence.
        text: what is inside.
        before: the paragraph that introduces it.
    """

    language: str
    text: str
    before: str


def blocks(text: str) -> list[Block]:
    """Return the fenced blocks of a page, in order."""
    return [Block(m[1], m[2], text[: m.start()].rstrip().split("\n\n")[-1]) for m in FENCE.finditer(text)]


def links(text: str) -> list[str]:
    """Return the targets of all links and pictures outside of code."""
    return LINK.findall(re.sub(r"`[^`\n]*`", "", FENCE.sub("", text)))


def anchors(text: str) -> set[str]:
    """Return the names by which the headings of a page can be linked to."""
    heads = re.findall(r"^#+\s+(.*)$", FENCE.sub("", text), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", head.lower().replace("`", "")).strip().replace(" ", "-") for head in heads}


def section(text: str, title: str) -> str:
    """Return the part of a page below a heading of the second level."""
    _, _, rest = text.partition(f"\n## {title}\n")
    assert rest, f"no section called {title!r}"
    return rest.partition("\n## ")[0]


def pages(paths: tuple[Path, ...]) -> list[Path]:
    """Return the Markdown pages among some files."""
    return [path for path in paths if path.suffix == ".md"]
