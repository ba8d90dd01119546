"""The configuration that people have: what the tests set for the sake of speed is taken away again."""

from __future__ import annotations

import os

__all__ = ["users_environment"]

_OURS = ("PYTEST", "SRKIT_", "MPLBACKEND")


def users_environment(**also: str) -> dict[str, str]:
    """Return the environment of a user's own shell: default threads, no variable of the tests, and ``also``."""
    plain = {k: v for k, v in os.environ.items() if not k.endswith("_NUM_THREADS") and not k.startswith(_OURS)}
    return {**plain, **also}
