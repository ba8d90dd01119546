"""The frame of every page: one file, no script, no request, readable in dark and light.

Pages are Jinja2 templates in ``templates/``. Everything that is put into one is escaped, and control characters in it
are replaced; a Content-Security-Policy in the page forbids scripts, frames, forms and every address but ``data:``
pictures, so that even a mistake in a template could not act.
"""

from __future__ import annotations

from collections.abc import Iterable
from functools import lru_cache
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

from autograder.plain import plain
from srkit.exercises import EXERCISES

__all__ = ["in_order", "label", "render"]

_MARKS = {
    "correct": ("good", "✓", "met"),
    "partial": ("bad", "◐", "partly"),
    "wrong": ("bad", "✗", "not met"),
    "error": ("bad", "✗", "error"),
    "timeout": ("bad", "✗", "took too long"),
    "memory": ("bad", "✗", "too much memory"),
    "died": ("bad", "✗", "ended by itself"),
    "no answer": ("bad", "–", "no answer"),
    "infrastructure": ("wait", "?", "waits for a person"),
}


def render(template: str, **values: Any) -> str:
    """Return a whole page.

    Args:
        template: name of the file in ``templates/``.
        values: what the template asks for; texts are escaped there.
    """
    return _environment().get_template(template).render(**values)


@lru_cache
def _environment() -> Environment:
    environment = Environment(
        loader=FileSystemLoader(Path(__file__).parent / "templates"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        finalize=_tame,
    )
    environment.globals.update(
        mark=_mark,
        number=lambda value: f"{value:g}",
        label=label,
        number_of=lambda name: EXERCISES.get(name).number,
        answer_of=lambda name: EXERCISES.get(name).answer,
    )
    return environment


def _tame(value: Any) -> Any:
    return plain(value) if isinstance(value, str) and not isinstance(value, Markup) else value


def _mark(outcome: str) -> tuple[str, str, str]:
    """Return an outcome as colour, sign and word, so that it does not depend on seeing colours."""
    return _MARKS.get(outcome, ("bad", "✗", outcome))


def label(exercise: str) -> str:
    """Return what an exercise is called in a table: its number and the name of its answer."""
    found = EXERCISES.get(exercise)
    return f"{found.number} {found.answer}"


def in_order(names: Iterable[str]) -> list[str]:
    """Return exercises in the order of the course; a record read from a file has them by name."""
    return sorted(names, key=lambda name: [int(part) for part in EXERCISES.get(name).number.split(".")])
