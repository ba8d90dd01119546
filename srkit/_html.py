"""HTML pages from templates: every value is escaped, unless it is marked as HTML."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from jinja2 import Environment

__all__ = ["render", "table"]


def render(template: Path, **values: object) -> str:
    """Render a Jinja2 template; a missing value is an error.

    Args:
        **values: what it uses. Text is escaped; ``markupsafe.Markup`` is taken as HTML.
    """
    return _environment(template.parent).get_template(template.name).render(**values)


def table(rows: Iterable[Iterable[object]], *, caption: str = "", head: Sequence[str] = (), named: bool = False) -> str:
    """Return a plain table; with ``named`` the first cell of each row is its heading."""
    return render(Path(__file__).with_name("table.html"), rows=rows, caption=caption, head=head, named=named)


@lru_cache
def _environment(folder: Path) -> Environment:
    from jinja2 import Environment, FileSystemLoader, StrictUndefined

    return Environment(
        loader=FileSystemLoader(folder),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
