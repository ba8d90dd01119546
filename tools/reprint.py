"""Print all that a source decides: atlas, glossary, lessons, references, weights, real-world table, public names.

python tools/reprint.py                write what differs
python tools/reprint.py --only names   the record of public names alone; likewise any other printer
python tools/reprint.py --check        leave with 1 and name what differs, write nothing
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from benchmarks import real_world
from tests.house import _surface
from tools import atlas, glossary, press, references, weights

__all__ = ["PRINTERS", "main"]


PRINTERS: dict[str, Callable[[list[str]], int]] = {
    "atlas": atlas.main,
    "glossary": glossary.main,
    "lessons": press.main,
    "references": references.main,
    "weights": weights.main,
    "real-world": real_world.press,
    "names": _surface.main,
}


def main(arguments: list[str]) -> int:
    """Let every printer print, or compare; return the highest exit status."""
    only = arguments[arguments.index("--only") + 1 :] if "--only" in arguments else list(PRINTERS)
    if not only or not set(only) <= set(PRINTERS):
        print(f"--only is followed by names out of: {', '.join(PRINTERS)}.", file=sys.stderr)
        return 2
    return max(PRINTERS[name]([word for word in arguments if word == "--check"]) for name in only)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
