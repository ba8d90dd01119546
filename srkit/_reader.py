"""Reading a short formula from left to right, with errors that point at the place.

The losses (``"1*L1+0.001*TV"``) and the degradations (``"blur(1.6) > down(4)"``) have small languages of their own;
numbers, words, quoted text, options in brackets and the caret under a mistake are the same in both.
"""

from __future__ import annotations

import contextlib
import difflib
import inspect
import math
import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import Any, Protocol

from srkit._options import unfit
from srkit.errors import BadInput, SrkitError

__all__ = [
    "NUMBER",
    "WORD",
    "Optioned",
    "Reader",
    "is_whole",
    "near",
    "read_fitting",
    "read_options",
    "read_value",
    "takes",
]

_LONGEST, _MOST_DIGITS, _SHOWN = 10_000, 40, 160  # characters of a formula, of a number, and of what a message shows

NUMBER = re.compile(
    r"[-+]?(?>\d++\.?\d*+|\.\d++)(?>[eE][-+]?\d++)?+(?![\w.])|[-+]?(?:nan|inf|infinity)\b", re.IGNORECASE
)
WORD = re.compile(r"[A-Za-z_]\w*")
_NAMED = re.compile(r"([A-Za-z_]\w*)\s*=")
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
        """Turn any exception raised in the block into an error of the project that points at ``place``."""
        try:
            yield
        except SrkitError as error:
            raise type(error)(self.pointed(f"{title}: {str(error).rstrip('.')}", place)) from error
        except Exception as error:
            reason = str(error).strip().rstrip(".") or type(error).__name__
            raise self.error(f"{title}: {reason}", place=place) from error


class Optioned(Protocol):
    """Something a formula calls by name, with options in brackets."""

    @property
    def title(self) -> str:
        """How the formula spells it."""
        ...

    def options(self) -> dict[str, inspect.Parameter]:
        """Return what may be set, by name, in order."""
        ...


def takes(entry: Optioned) -> str:
    """Say which options something takes."""
    return f"{entry.title} takes {', '.join(entry.options()) or 'no options'}"


def read_fitting(reader: Reader, title: str, name: str, hint: Any) -> Any:
    """Read a value and refuse one that is not what the annotation ``hint`` of the option ``name`` of ``title`` says."""
    start, value = reader.place, read_value(reader)
    if wrong := unfit(value, hint):
        raise reader.error(f"{title}: {name} {wrong}", place=start)
    return value


def read_options(
    reader: Reader,
    entry: Optioned,
    value: Callable[[Reader, str, str, Any], Any] = read_fitting,
    *,
    by_name: bool = False,
) -> dict[str, Any]:
    """Read the options behind an opening bracket, and the closing one.

    Args:
        value: reads one, with the title, the name and the annotation of the option.
        by_name: options without a name, in the order of the signature, are refused.
    """
    opening, known = reader.before, entry.options()
    options: dict[str, Any] = {}
    named = False
    while not reader.take(")"):
        if reader.at_end():
            raise reader.error("This bracket is never closed", place=opening)
        if options and not reader.take(","):
            raise reader.error("Options are separated by ',' and closed by ')'")
        start, found = reader.place, reader.match(_NAMED)
        if found is None and by_name:
            raise reader.error(f"An option is written name=value; {takes(entry)}", place=start)
        if found is None and (named or len(options) >= len(known)):
            reason = "After an option with a name, every option needs one" if named else "That is one option too many"
            raise reader.error(f"{reason}; {takes(entry)}", place=start)
        named = named or found is not None
        name = list(known)[len(options)] if found is None else found.group(1)
        if name not in known:
            wrong = f"{entry.title} has no option {name!r}.{near(name, list(known))} {takes(entry)}"
            raise reader.error(wrong, place=start)
        if name in options:
            raise reader.error(f"The option {name!r} is given twice", place=start)
        options[name] = value(reader, entry.title, name, known[name].annotation)
    return options


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
