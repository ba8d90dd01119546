"""Reading a short formula from left to right, with errors that point at the place.

The losses (``"1*L1+0.001*TV"``) and the degradations (``"blur(1.6) > down(4)"``) are written in little languages of
their own; numbers, words, quoted text and the caret under a mistake are the same in both.
"""

from __future__ import annotations

import difflib
import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from srkit.errors import BadInput

__all__ = ["NUMBER", "WORD", "Reader", "is_whole", "near", "read_value"]

NUMBER = re.compile(r"[-+]?(?:\d+\.?\d*|\.\d+)(?:[eE][-+]?\d+)?(?![\w.])|[-+]?(?:nan|inf|infinity)\b", re.IGNORECASE)
WORD = re.compile(r"[A-Za-z_]\w*")
_QUOTED = re.compile(r"'([^']*)'|\"([^\"]*)\"")
_CONSTANTS = {"True": True, "False": False, "None": None}


@dataclass
class Reader:
    """A formula and how far it has been read.

    Attributes:
        text: the formula.
        place: where the next token begins.
        before: where the last token began.
    """

    text: str
    place: int = 0
    before: int = 0

    def blanks(self) -> None:
        """Step over blanks."""
        while self.place < len(self.text) and self.text[self.place].isspace():
            self.place += 1

    def at_end(self) -> bool:
        """Tell whether everything has been read."""
        return self.place >= len(self.text)

    def take(self, symbol: str) -> bool:
        """Step over ``symbol`` if it comes next."""
        return self.match(re.compile(re.escape(symbol))) is not None

    def match(self, pattern: re.Pattern[str]) -> re.Match[str] | None:
        """Step over ``pattern`` if it comes next, and over the blanks behind it."""
        found = pattern.match(self.text, self.place)
        if found:
            self.before, self.place = self.place, found.end()
            self.blanks()
        return found

    def pointed(self, message: str, place: int) -> str:
        """Return a message with the formula and a caret under ``place``."""
        return f"{message}.\n  {self.text}\n  {' ' * place}^"

    def error(self, message: str, *, back: bool = False, place: int | None = None) -> BadInput:
        """Return the error for the current place, the last token (``back``), or ``place``."""
        where = place if place is not None else self.before if back else self.place
        return BadInput(self.pointed(message, where))


def read_value(reader: Reader) -> Any:
    """Read a number, a word (True, False and None have their Python meaning) or quoted text.

    Raises:
        BadInput: none of them comes next.
    """
    if number := reader.match(NUMBER):
        return int(number.group()) if is_whole(number.group()) else float(number.group())
    if quoted := reader.match(_QUOTED):
        return quoted.group(1) if quoted.group(1) is not None else quoted.group(2)
    if word := reader.match(WORD):
        return _CONSTANTS.get(word.group(), word.group())
    raise reader.error("A value is expected here: a number, a word or quoted text")


def is_whole(text: str) -> bool:
    """Tell whether a number is written without point and exponent."""
    return re.fullmatch(r"[-+]?\d+", text) is not None


def near(word: str, known: Sequence[str]) -> str:
    """Return `` Did you mean 'x'?`` for the nearest of the known words, or nothing."""
    found = difflib.get_close_matches(word, known, n=1)
    return f" Did you mean {found[0]!r}?" if found else ""
