"""Helpers for help texts."""

from __future__ import annotations

__all__ = ["examples"]


def examples(*lines: str) -> str:
    """Return an epilog that shows command lines as they are typed, each on its own line."""
    return "\b\nExamples:\n" + "\n".join(f"  {line}" for line in lines)
