"""From ``"1*L1+0.001*TV"`` to a loss.

The grammar::

    formula = term { "+" term }
    term    = [ weight "*" ] NAME [ "(" [ option { "," option } ] ")" ]
    option  = name "=" value
    value   = number | word | "quoted text"          (True, False and None are words with their Python meaning)

Every error shows the formula with a caret under the place where reading stopped.
"""

from __future__ import annotations

import difflib
import math
import re
from dataclasses import dataclass
from typing import Any

from srkit.errors import BadInput, UnknownName
from srkit.losses._loss import Loss, Term
from srkit.losses._registry import LOSSES, LossEntry

__all__ = ["parse"]

_NUMBER = re.compile(r"[-+]?(?:\d+\.?\d*|\.\d+)(?:[eE][-+]?\d+)?(?![\w.])|[-+]?(?:nan|inf|infinity)\b", re.IGNORECASE)
_WORD = re.compile(r"[A-Za-z_]\w*")
_QUOTED = re.compile(r"'([^']*)'|\"([^\"]*)\"")
_CONSTANTS = {"True": True, "False": False, "None": None}


def parse(formula: str) -> Loss:
    """Build the loss that a formula describes.

    Args:
        formula: weighted terms joined by ``+``: ``"1*L1+0.001*TV"``, ``"L1 + 0.1*SSIM(window=7) + 1e-3*TV"``. A name
            alone has weight 1; case and blanks do not matter; a repeated name gives separate terms ``L1``, ``L1#2``.
            Weights are finite and not negative (a negative weight would reward the error).

    Returns:
        A module: ``loss(sr, hr)`` is the weighted sum, ``loss.terms(sr, hr)`` its parts, ``str(loss)`` the formula.

    Raises:
        BadInput: bad syntax, weight or option; the message points at the place.
        UnknownName: a loss nobody registered; the message lists what exists.
    """
    if not isinstance(formula, str):
        raise BadInput(f"A loss formula is text such as '1*L1+0.001*TV'; {type(formula).__name__} was given.")
    reader = _Reader(formula)
    reader.blanks()
    if reader.at_end():
        raise reader.error("The formula is empty; the simplest one is 'L1'")
    terms = [_term(reader)]
    while not reader.at_end():
        if not reader.take("+"):
            raise reader.error(_between_terms(reader))
        if reader.at_end():
            raise reader.error("A term is missing after this '+'", back=True)
        terms.append(_term(reader))
    return Loss(terms)


@dataclass
class _Reader:
    """A formula and how far it has been read."""

    text: str
    place: int = 0
    before: int = 0  # where the last token began

    def blanks(self) -> None:
        while self.place < len(self.text) and self.text[self.place].isspace():
            self.place += 1

    def at_end(self) -> bool:
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
        return f"{message}.\n  {self.text}\n  {' ' * place}^"

    def error(self, message: str, *, back: bool = False, place: int | None = None) -> BadInput:
        """Return the error for the current place, the last token (``back``), or ``place``."""
        where = place if place is not None else self.before if back else self.place
        return BadInput(self.pointed(message, where))


def _term(reader: _Reader) -> Term:
    weight = _weight(reader)
    start = reader.place
    word = reader.match(_WORD)
    if word is None:
        raise reader.error(f"The name of a loss is expected here ({_known()})")
    entry = _entry(reader, word.group(), start)
    options = _options(reader, entry) if reader.take("(") else {}
    try:
        module = entry.make(**options)
    except (BadInput, TypeError, ValueError) as error:
        raise reader.error(f"{entry.title}: {str(error).rstrip('.')}", place=start) from error
    return Term(entry.title, weight, module, options)


def _weight(reader: _Reader) -> float:
    start = reader.place
    number = reader.match(_NUMBER)
    if number is None:
        return 1.0
    if not reader.take("*"):
        raise reader.error(f"A weight is followed by '*' and a name, as in '{number.group()}*L1'")
    weight = float(number.group())
    if not math.isfinite(weight):
        raise reader.error(f"The weight {number.group()!r} is not a finite number", place=start)
    if weight < 0:
        raise reader.error("A negative weight would reward the error; weights are zero or positive", place=start)
    return weight


def _entry(reader: _Reader, word: str, start: int) -> LossEntry:
    try:
        return LOSSES.get(word)
    except UnknownName as error:
        raise UnknownName(reader.pointed(str(error).rstrip("."), start)) from None


def _options(reader: _Reader, entry: LossEntry) -> dict[str, Any]:
    opening = reader.before
    options: dict[str, Any] = {}
    while not reader.take(")"):
        if reader.at_end():
            raise reader.error("This bracket is never closed", place=opening)
        if options and not reader.take(","):
            raise reader.error("Options are separated by ',' and closed by ')'")
        start = reader.place
        name, value = _option(reader, entry)
        if name in options:
            raise reader.error(f"The option {name!r} is given twice", place=start)
        options[name] = value
    return options


def _option(reader: _Reader, entry: LossEntry) -> tuple[str, Any]:
    start, known = reader.place, list(entry.options())
    takes = f"{entry.title} takes {', '.join(known)}" if known else f"{entry.title} takes no options"
    word = reader.match(_WORD)
    if word is None or not reader.take("="):
        raise reader.error(f"An option is written name=value; {takes}", place=start)
    if word.group() not in known:
        near = difflib.get_close_matches(word.group(), known, n=1)
        hint = f" Did you mean {near[0]!r}?" if near else ""
        raise reader.error(f"{entry.title} has no option {word.group()!r}.{hint} {takes}", place=start)
    return word.group(), _value(reader)


def _value(reader: _Reader) -> Any:
    if number := reader.match(_NUMBER):
        text = number.group()
        return int(text) if re.fullmatch(r"[-+]?\d+", text) else float(text)
    if quoted := reader.match(_QUOTED):
        return quoted.group(1) if quoted.group(1) is not None else quoted.group(2)
    if word := reader.match(_WORD):
        return _CONSTANTS.get(word.group(), word.group())
    raise reader.error("A value is expected here: a number, a word or quoted text")


def _between_terms(reader: _Reader) -> str:
    symbol = reader.text[reader.place]
    if symbol == "-":
        return "Terms are added, never subtracted; weights are zero or positive"
    if symbol == ")":
        return "This bracket was never opened"
    if symbol == "*":
        return "The weight comes before the name, as in '0.5*L1'"
    return "Terms are joined by '+'"


def _known() -> str:
    return ", ".join(LOSSES.get(name).title for name in LOSSES)
