"""The recorded public surface. After a change on purpose: ``make print``.

A name that vanishes unnoticed breaks every notebook that uses it; a name that appears unnoticed must be kept for ever.
"""

from __future__ import annotations

import importlib
import json
import re
import sys

from tests.house._code import ROOT, SRKIT
from tests.house.test_words import offered

RECORD = ROOT / "tests" / "house" / "surface.json"
MODULES = re.search(r"Public modules: ([\w,\s]+)\.", importlib.import_module("srkit.ops").__doc__ or "")
BY_MODULE = {f"srkit.ops.{name}" for name in re.findall(r"\w+", MODULES[1] if MODULES else "")}
"""The modules of ``srkit.ops`` that are used by name (``srkit.ops.resize.imresize``): its docstring lists them."""


def surface() -> dict[str, list[str]]:
    """Return the public names of srkit, of its rooms, and of the modules that are used by their own name."""
    found = {}
    for path in SRKIT:
        name = ".".join(path.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__")
        private = any(part.startswith("_") for part in name.split("."))
        public = path.name == "__init__.py" or name.count(".") == 1 or name in BY_MODULE
        if public and not private and name.split(".")[1:2] != ["cli"]:
            found[name] = offered(path) or []
    return dict(sorted(found.items()))


def former_names(room: str) -> list[str]:
    """Return the names that were public in a room once and can still be had from it."""
    table = getattr(importlib.import_module(room), "_FORMER", {})
    return [entry.partition("=")[0] for names in table.values() for entry in names.split()]


def main(arguments: list[str]) -> int:
    """Write the record, or with ``--check`` compare it; return the exit status."""
    text = json.dumps(surface(), indent=1) + "\n"
    same = RECORD.exists() and RECORD.read_text("utf-8") == text
    if "--check" not in arguments:
        RECORD.write_text(text, "utf-8")
    return int("--check" in arguments and not same)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
