"""``python -m benchmarks`` lists the measurements; ``python -m benchmarks NAME [words]`` makes one of them."""

from __future__ import annotations

import ast
import runpy
import sys
from pathlib import Path

HERE = Path(__file__).parent


def measurements() -> dict[str, str]:
    """Return the name of each measurement and what it says about itself."""
    files = (path for path in sorted(HERE.glob("*.py")) if not path.name.startswith("_"))
    return {path.stem: _first_line(path) for path in files}


def _first_line(path: Path) -> str:
    return (ast.get_docstring(ast.parse(path.read_text("utf-8"))) or "").partition("\n")[0]


def main(words: list[str]) -> int:
    """List the measurements, or hand the words after the name to one of them."""
    known = measurements()
    name = words[0].replace("-", "_") if words else ""
    if name not in known:
        wrong = f"There is no measurement called {words[0]!r}.\n\n" if words and not words[0].startswith("-") else ""
        lines = [f"  {name:12s} {line}" for name, line in known.items()]
        print(f"{wrong}Measurements (make bench ARGS=NAME, with --help for what it needs):\n", *lines, sep="\n")
        return 2 if wrong else 0
    sys.argv = [f"benchmarks {words[0]}", *words[1:]]
    runpy.run_module(f"benchmarks.{name}", run_name="__main__", alter_sys=True)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
