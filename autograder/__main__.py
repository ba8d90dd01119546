"""``python -m autograder``: grade a class."""

from __future__ import annotations

from autograder.cli import main

__all__ = ["main"]

if __name__ == "__main__":
    main(prog_name="srkit grade")
