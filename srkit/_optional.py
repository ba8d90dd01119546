"""Optional packages: imported where they are used; if one is missing, the error names the extra that installs it."""

from __future__ import annotations

import importlib
from typing import Any

from srkit.errors import BadInput

__all__ = ["optional"]


def optional(module: str, extra: str) -> Any:
    """Import a module of a package that srkit does not install by itself.

    Args:
        extra: the extra of srkit that brings it: ``python -m pip install 'srkit[<extra>]'``.
    """
    try:
        return importlib.import_module(module)
    except ModuleNotFoundError as error:
        if error.name is None or module.partition(".")[0] != error.name.partition(".")[0]:
            raise
        package = module.partition(".")[0]
        raise BadInput(
            f"This needs {package}, which is not installed. Run: python -m pip install 'srkit[{extra}]'"
        ) from error
