"""Published numbers, drawn from one table that names the line of the file that holds each."""

from __future__ import annotations

import tomllib
from functools import lru_cache
from pathlib import Path
from typing import Any

from srkit.models._registry import Score

__all__ = ["SETS", "published", "sources"]

SETS = ("set5", "set14", "b100", "urban100", "manga109")


@lru_cache(maxsize=1)
def sources() -> list[dict[str, Any]]:
    """Return the table ``published.toml``: files of repositories at a commit, each with its rows."""
    text = Path(__file__).with_name("published.toml").read_text("utf-8")
    found: list[dict[str, Any]] = tomllib.loads(text)["source"]
    return found


def published(network: str) -> tuple[Score, ...]:
    """Return the published scores of a network at every scale the table has."""
    return tuple(
        Score(
            dataset=dataset,
            scale=row["scale"],
            psnr=row[dataset][0],
            ssim=row[dataset][1] if len(row[dataset]) > 1 else None,
            source=f"{source['file']}, line {row['line']}, of {source['repository']} at {source['commit'][:12]}, "
            f"{source['words']}",
        )
        for source in sources()
        for row in source["rows"]
        if row["network"] == network
        for dataset in SETS
        if dataset in row
    )
