"""Foreign text before anybody sees it: names go to terminals and pages through these functions."""

from __future__ import annotations

import re

__all__ = ["one_line", "plain"]

_ACTING = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u200e\u200f\u2028\u2029\u202a-\u202e\u2066-\u2069\ud800-\udfff]")


def plain(text: object) -> str:
    """Return text without what a terminal or a browser acts on: control codes, changes of direction, half letters."""
    return _ACTING.sub("\N{REPLACEMENT CHARACTER}", str(text))


def one_line(text: object) -> str:
    """Return plain text that stays in its line, as a name does that must not pass for two."""
    return plain(text).replace("\n", "\N{REPLACEMENT CHARACTER}").replace("\t", " ")
