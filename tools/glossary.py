"""Print docs/GLOSSARY.md from solutions/glossary.toml; with --check, only compare.

Usage: python tools/glossary.py [--check]
"""

from __future__ import annotations

import sys
import tomllib
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
PAGE = ROOT / "docs" / "GLOSSARY.md"
TEXT = """# Glossary

The words of the course, and the Korean word its translations use. This page is printed by `python tools/glossary.py`
from `solutions/glossary.toml`; edit that, not this page.

| term | Korean | meaning | lesson |
|---|---|---|--:|
{rows}
"""


def terms() -> dict[str, dict[str, str | int]]:
    """Return term -> ``ko``, ``lesson`` and ``meaning``."""
    return tomllib.loads((ROOT / "solutions" / "glossary.toml").read_text("utf-8"))


def page() -> str:
    """Return the text of the page, in alphabetical order."""
    entries = sorted(terms().items(), key=lambda entry: entry[0].lower())
    rows = (f"| {term} | {facts['ko']} | {facts['meaning']} | {facts['lesson']:02d} |" for term, facts in entries)
    return TEXT.format(rows="\n".join(rows))


def main(arguments: list[str]) -> int:
    """Write the page, or compare it; return the exit status."""
    same = PAGE.exists() and PAGE.read_text("utf-8") == page()
    if "--check" in arguments:
        if not same:
            print("docs/GLOSSARY.md is out of date; run: python tools/glossary.py", file=sys.stderr)
        return int(not same)
    PAGE.write_text(page(), "utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
