"""Where the tests find what is too large or not free to ship: benchmark images and official checkpoints."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]


def shared(relative: str) -> Path:
    """Return a path below the shared folder, or skip the calling test with the reason.

    The folder is ``../shared`` beside the project, or ``$SRKIT_SHARED``.
    """
    home = Path(os.environ.get("SRKIT_SHARED", ROOT.parent / "shared"))
    path = home / relative
    if not path.exists():
        pytest.skip(f"needs {relative}, which is not below {home} (set SRKIT_SHARED to a folder that has it)")
    return path
