"""One notebook made of several that one student handed in."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

from autograder.notebooks import read_notebook

__all__ = ["merged"]


def merged(notebooks: Sequence[bytes]) -> bytes:
    """Return a notebook with the cells of all, in their order; cell ids are made anew where they meet.

    Raises:
        Unreadable: one of them is no notebook.
    """
    cells: list[dict[str, Any]] = []
    seen: set[str] = set()
    for number, data in enumerate(notebooks, 1):
        for raw in read_notebook(data).get("cells") or []:
            if isinstance(raw, dict):
                name = str(raw.get("id", ""))
                cells.append({**raw, "id": f"{number}-{len(cells)}"} if not name or name in seen else raw)
                seen.add(name)
    first = read_notebook(notebooks[0])
    made = {"cells": cells, "metadata": first.get("metadata") or {}, "nbformat": 4, "nbformat_minor": 5}
    return json.dumps(made, ensure_ascii=True).encode()
