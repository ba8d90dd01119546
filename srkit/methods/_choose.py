"""Presets of settings by name, with some of them changed, and errors that name the nearest known name."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import fields, replace
from typing import Any, TypeVar

from srkit._reader import near
from srkit.errors import BadInput, UnknownName

__all__ = ["choose"]

S = TypeVar("S")


def choose(presets: Mapping[str, S], name: str, changes: Mapping[str, Any], *, method: str) -> S:
    """Return the preset ``name`` with some settings changed."""
    key = name.strip().upper()
    if key not in presets:
        raise UnknownName(
            f"{method} has no preset {name!r}.{near(key, list(presets))} It has: {', '.join(sorted(presets))}."
        )
    known = [field.name for field in fields(presets[key])]  # type: ignore[arg-type]
    for change in changes:
        if change not in known:
            raise BadInput(f"{method} has no setting {change!r}.{near(change, known)} It has: {', '.join(known)}.")
    changed: S = replace(presets[key], **changes)  # type: ignore[type-var]
    return changed
