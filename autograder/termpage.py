"""The instructor's page of the whole class: every lesson in one table, and every file that was not used."""

from __future__ import annotations

from autograder.page import render
from autograder.term import TermView

__all__ = ["term_page"]


def term_page(term: TermView) -> str:
    """Return the page; it lies in the report's folder, with a folder for each lesson beside it.

    Args:
        term: the lessons that were graded.
    """
    return render("term.html", title="The class", term=term, attention=_attention(term))


def _attention(term: TermView) -> list[tuple[str, str, str, str]]:
    rows = [(name, "", "bad", why) for name, why in term.nothing.items()]
    rows += [(name, "", "wait", why) for name, why in term.asks.items()]
    for number, view in term.lessons.items():
        for one in view.students:
            if one.flag or one.score is None:
                rows.append((one.name, str(number), "wait", one.flag or "something waits for a person"))
        rows += [(name, str(number), "soft", why) for name, why in view.missing.items() if name not in term.nothing]
    return rows
