"""``python -m srkit`` and the ``srkit`` command."""

from __future__ import annotations

import sys

if __name__ == "__main__" and not sys.flags.safe_path:
    del sys.path[0]  # for `python -m` that is the folder one stands in, and nothing is imported from there

from srkit.cli import main

__all__ = ["main"]

if __name__ == "__main__":
    main()
