"""HTML pages from templates: every value is escaped, unless it is marked as HTML."""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from jinja2 import Environment

__all__ = ["render"]


def render(template: Path, **values: object) -> str:
    """Render a Jinja2 template; a missing value is an error.

    Args:
        **values: what it uses. Text is escaped; ``markupsafe.Markup`` is taken as HTML.
    """
    return _environment(template.parent).get_template(template.name).render(**values)


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
