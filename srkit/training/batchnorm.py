"""Moved to :mod:`srkit.papers.batchnorm`; older copies of lesson 10 import it from here."""

from __future__ import annotations

import importlib
from typing import Any

__all__ = ["__getattr__"]


def __getattr__(name: str) -> Any:
    """Return a name of the module as it is now."""
    return getattr(importlib.import_module("srkit.papers.batchnorm"), name)
