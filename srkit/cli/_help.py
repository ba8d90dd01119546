"""Helpers for help texts."""

from __future__ import annotations

from srkit._verdicts import verdicts

__all__ = ["examples", "measured"]


def examples(*lines: str) -> str:
    """Return an epilog that shows command lines as they are typed, each on its own line."""
    return "\b\nExamples:\n" + "\n".join(f"  {line}" for line in lines)


def measured(*names: str) -> str:
    """Return an epilog that says what the table of real-world systems has on each, a paragraph for each column."""
    found = [f"{name}: {line}." for name in names for line in verdicts(name)]
    return "\n\n".join(["Measured (docs/REAL_WORLD.md):", *found])
