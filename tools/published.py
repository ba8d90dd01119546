"""Compare the published numbers with the lines they are said to stand in: ``python -m tools.published``."""

from __future__ import annotations

import sys
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import quote

from srkit.models._published import SETS, sources

__all__ = ["main", "wrong"]


def wrong(source: dict[str, Any], lines: list[str]) -> Iterator[str]:
    """Yield a sentence for every row whose numbers do not stand in the line it names."""
    for row in source["rows"]:
        line = lines[row["line"] - 1] if row["line"] <= len(lines) else ""
        for number in (number for dataset in SETS for number in row.get(dataset, ())):
            if not _holds(line, number):
                yield f"{row['network']} x{row['scale']}: {number} is not in line {row['line']} of {source['file']}"


def _holds(line: str, number: float) -> bool:
    """Tell whether a number stands in a line, with or without zeros at its end, and not as part of a longer one."""
    words = "".join(c if c.isdigit() or c == "." else " " for c in line).split()
    return any(word.count(".") == 1 and word.strip(".") and float(word.strip(".") or 0) == number for word in words)


def _text(source: dict[str, Any], folder: Path | None) -> str:
    if folder is not None:
        return (folder / source["repository"].replace("/", "+") / source["file"]).read_text("utf-8")
    address = f"https://raw.githubusercontent.com/{source['repository']}/{source['commit']}/{quote(source['file'])}"
    with urllib.request.urlopen(address, timeout=30) as answer:
        return str(answer.read().decode("utf-8"))


def main(arguments: list[str]) -> int:
    """Read the files of all sources, from the network or below a folder OWNER+NAME/FILE, and print what is wrong."""
    folder = Path(arguments[0]) if arguments else None
    found = [words for source in sources() for words in wrong(source, _text(source, folder).splitlines())]
    rows = sum(len(source["rows"]) for source in sources())
    print("\n".join(found) or f"All {rows} rows stand where they are said to.")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
