"""Reading a short formula from left to right, with errors that point at the place.

The losses (``"1*L1+0.001*TV"``) and the degradations (``"blur(1.6) > down(4)"``) have small languages of their own;
numbers, words, quoted text and the caret under a mistake are the same in both.
"""

from __future__ import annotations

import contextlib
import difflib
import math
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

from srkit._options import unfit
from srkit.errors import BadInput, SrkitError

__all__ = ["NUMBER", "WORD", "Reader", "is_whole", "near", "read_value"]

_LONGEST, _MOST_DIGITS, _SHOWN = 10_000, 40, 160  # characters of a formula, of a number, and of what a message shows

NUMBER = re.compile(
    r"[-+]?(?>\d++\.?\d*+|\.\d++)(?>[eE][-+]?\d++)?+(?![\w.])|[-+]?(?:nan|inf|infinity)\b", re.IGNORECASE
)
WORD = re.compile(r"[A-Za-z_]\w*")
_QUOTED = re.compile(r"'([^']*)'|\"([^\"]*)\"")
_CONSTANTS = {"True": True, "False": False, "None": None}


@dataclass
class Reader:
    """A formula and how far it has been read."""

    text: str  # the formula
    place: int = 0  # where the next token begins
    before: int = 0  # where the last token began

    def __post_init__(self) -> None:
        if len(self.text) > _LONGEST:
            raise BadInput(f"A formula of {len(self.text)} characters; at most {_LONGEST} are read.")

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
        """Return a message with the formula (of a long one, the part around it) and a caret under ``place``."""
        start = max(0, place - _SHOWN // 2) if len(self.text) > _SHOWN else 0
        shown = "".join(c if c.isprintable() else " " for c in self.text[start : start + _SHOWN])
        return f"{message}.\n  {shown}\n  {' ' * (place - start)}^"

    def error(self, message: str, *, back: bool = False, place: int | None = None) -> BadInput:
        """Return the error for the current place, the last token (``back``), or ``place``."""
        where = place if place is not None else self.before if back else self.place
        return BadInput(self.pointed(message, where))

    @contextlib.contextmanager
    def pointing(self, title: str, place: int) -> Iterator[None]:
        """Turn whatever is raised in the block into an error of the project that points at ``place``."""
        try:
            yield
        except SrkitError as error:
            raise type(error)(self.pointed(f"{title}: {str(error).rstrip('.')}", place)) from error
        except Exception as error:
            reason = str(error).strip().rstrip(".") or type(error).__name__
            raise self.error(f"{title}: {reason}", place=place) from error

    def check(self, title: str, name: str, value: Any, hint: Any, place: int, *, drawn: bool = False) -> None:
        """Refuse a value that is not what the annotation ``hint`` of the option ``name`` of ``title`` says."""
        if wrong := unfit(value, hint, drawn=drawn):
            raise self.error(f"{title}: {name} {wrong}", place=place)


def read_value(reader: Reader) -> Any:
    """Read a number, a word (True, False and None have their Python meaning) or quoted text."""
    start = reader.place
    if number := reader.match(NUMBER):
        text = number.group()
        if len(text) > _MOST_DIGITS or not math.isfinite(float(text)):
            raise reader.error(f"A finite number of at most {_MOST_DIGITS} characters is expected here", place=start)
        return int(text) if is_whole(text) else float(text)
    if quoted := reader.match(_QUOTED):
        return quoted.group(1) if quoted.group(1) is not None else quoted.group(2)
    if word := reader.match(WORD):
        return _CONSTANTS.get(word.group(), word.group())
    raise reader.error("A value is expected here: a number, a word or quoted text")


def is_whole(text: str) -> bool:
    """Tell whether a number is written without point and exponent."""
    return re.fullmatch(r"[-+]?\d+", text) is not None


def near(word: str, known: Iterable[str]) -> str:
    """Return `` Did you mean 'x'?`` for the nearest of the known words, or nothing."""
    found = difflib.get_close_matches(word, list(known), n=1)
    return f" Did you mean {found[0]!r}?" if found else ""
