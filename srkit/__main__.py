"""``python -m srkit`` and the ``srkit`` command."""

from __future__ import annotations

from srkit.cli import main

__all__ = ["main"]

if __name__ == "__main__":
    main()
